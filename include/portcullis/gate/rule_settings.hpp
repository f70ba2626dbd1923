// SPDX-License-Identifier: Apache-2.0
//
// What operators change about single rules (disable one, give it another severity, take that back), for the
// command line and the admin API alike. Pure: who calls stores the change and has the rules reloaded. Texts
// are raw; who shows them uses util::safe_text().
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/findings/rule_info.hpp"
#include "portcullis/policy/waiver_rules.hpp"
#include "portcullis/records/rule_settings.hpp"
#include "portcullis/util/clock.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::gate {

/// Who changes a rule, and why. `address` is of the client that asked; empty on the command line.
struct RuleGrounds {
  std::string reason = {};
  std::string author = {};
  std::string address = {};
};

/// Disables `rule`, or gives it `severity`, with its event `rule-disabled` or `rule-overridden`. Errors:
/// invalid (what to change).
util::Result<records::RuleChange> set_rule(const findings::RuleInfo& rule,
                                           std::optional<findings::Severity> severity,
                                           const RuleGrounds& grounds, const policy::WaiverLimits& limits,
                                           util::TimePoint now);

/// Back to what the rule and the configuration say, with the event `rule-restored`; the rule need not exist
/// any more.
util::Result<records::RuleChange> restore_rule(const records::RuleSetting& setting,
                                               const RuleGrounds& grounds, const policy::WaiverLimits& limits,
                                               util::TimePoint now);

/// Nullptr when there is none.
const records::RuleSetting* find_setting(const std::vector<records::RuleSetting>& settings,
                                         std::string_view file, std::string_view rule);

/// `settings` as they are after `change`. An error when there would be more than records::kMaxRuleSettings.
util::Result<std::vector<records::RuleSetting>> changed(std::vector<records::RuleSetting> settings,
                                                        const records::RuleChange& change);

/// What the configuration says, and `settings` on top: a rule that the configuration disables stays disabled.
findings::RuleAdjustments adjustments(findings::RuleAdjustments configured,
                                      const std::vector<records::RuleSetting>& settings);

}  // namespace portcullis::gate
