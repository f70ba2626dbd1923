// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "library.hpp"
#include "portcullis/findings/finding.hpp"
#include "portcullis/findings/rule_info.hpp"

namespace portcullis::engine {

/// One meta of a rule without libyara's union.
struct Meta {
  std::string_view name;
  std::string_view text;  ///< empty for numbers and booleans
  std::optional<std::int64_t> number;
};

/// Packs say it in many ways: a word, a score of 0-100 or of 0-10. Nullopt when `meta` says nothing
/// about severity, or nothing understandable.
std::optional<findings::Severity> severity_of(const Meta& meta);

/// ATT&CK ids in a text, `T1496` or `T1059.004`.
std::vector<std::string> techniques_in(std::string_view text);

/// What the rule says about itself. Unknown severity is medium.
findings::RuleInfo rule_info(const YR_RULE& rule);

/// A finding with everything that is known about its rule.
findings::Finding finding_of(findings::RuleInfo info);

}  // namespace portcullis::engine
