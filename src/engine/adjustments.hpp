// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "library.hpp"
#include "portcullis/findings/rule_info.hpp"

namespace portcullis::engine {

using SeverityByRule = std::map<const YR_RULE*, findings::Severity>;

/// What adjustments did to a set of rules.
struct Adjusted {
  SeverityByRule severities;
  std::string summary;            ///< each change on a line, for the hash; empty when there is none
  std::vector<std::string> idle;  ///< patterns that fit no rule, as written
};

/// Disables rules in `sets`, which nobody scans with yet, and tells which have another severity.
Adjusted adjust(const std::vector<YR_RULES*>& sets, const findings::RuleAdjustments& adjustments);

}  // namespace portcullis::engine
