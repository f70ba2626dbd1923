// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "adjustments.hpp"
#include "library.hpp"
#include "portcullis/engine/rule_set.hpp"

namespace portcullis::engine {

struct Compiled {
  RulesHandle all_rules;   ///< those of RuleGroup::content, and after them those of RuleGroup::path
  RulesHandle path_rules;  ///< the latter once more, by themselves
  std::size_t files = 0;
  std::string hash;
  std::vector<SetAside> set_aside;
  std::vector<CompileWarning> warnings;
  SeverityByRule severities;               ///< that are not what the rule says
  std::vector<std::string> idle_patterns;  ///< of the adjustments
};

/// All files go into a set together at once, because each set is a pass over the bytes of a file. When one is
/// in the way (after one failed add libyara aborts on the next call on that compiler), every file is tried in
/// a throw-away compiler of its own, and only the good ones go into a set together. A file that compiles
/// without the path externals cannot depend on them.
util::Result<Compiled> compile_files(const std::vector<RuleFile>& files,
                                     const findings::RuleAdjustments& adjustments);

}  // namespace portcullis::engine
