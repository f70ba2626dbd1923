// SPDX-License-Identifier: Apache-2.0
//
// What waivers do to a decision on record. The decision is not made again under the server's policy,
// which another process need not know: which reasons block stands in the decision, and which of them a
// waiver covers is asked of policy::decide, so that a forecast and the gate cannot disagree.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/gate/recorded.hpp"
#include "portcullis/gate/waiving.hpp"
#include "portcullis/policy/policy.hpp"

namespace portcullis::gate {

/// Of one decision.
struct DecisionEffect {
  std::vector<std::string> covered = {};         ///< sentences of the reasons that `fresh` covers
  std::vector<std::string> left = {};            ///< sentences of those that go on blocking
  std::optional<findings::Severity> worst = {};  ///< of the covered ones
};

/// `inputs` are those of the decision, their waivers the ones that exist already. Pure.
DecisionEffect effect_on(const findings::Decision& decision, policy::Inputs inputs,
                         const std::vector<findings::Waiver>& fresh, util::TimePoint now);

/// Scopes that cover every reason that blocks. The error names the first one that cannot be waived. Pure.
util::Result<std::vector<findings::Waiver>> narrowest_scopes(const findings::Decision& decision,
                                                             const policy::Inputs& inputs);
/// The same for a name that was blocked by itself: no digest is known of it.
util::Result<std::vector<findings::Waiver>> narrowest_scopes(const records::NameDecision& blocked);

/// "miner_xmrig" of "rule:miner_xmrig": what a waiver calls the rule or check of a reason. Codes that are
/// no findings, such as "outcome:crashed" or "name:...", stay as they are.
std::string waiver_rule_of(std::string_view code);

bool is_pattern(std::string_view text);

}  // namespace portcullis::gate
