// SPDX-License-Identifier: Apache-2.0
#include "portcullis/findings/name_verdict.hpp"

namespace portcullis::findings {

std::string second_signal(const NameVerdict& verdict, const NameSignals& signals, const NameRules& rules) {
  if (signals.worst_finding && *signals.worst_finding >= rules.finding_at) {
    return "the image has a finding of severity " + std::string(to_string(*signals.worst_finding));
  }
  if (verdict.effect == NameVerdict::Effect::hint) return {};
  if (signals.seen_for.value_or(std::chrono::milliseconds(0)) < rules.new_for) {
    const auto days = std::chrono::ceil<std::chrono::days>(rules.new_for).count();
    return "the digest was first seen less than " + std::to_string(days) + (days == 1 ? " day" : " days") +
           " ago";
  }
  if (verdict.component == "namespace" && !signals.repository_served_before) {
    return "nothing of this repository was served here before";
  }
  return {};
}

Action action_of(const NameVerdict& verdict, const NameSignals& signals, const NameRules& rules) {
  if (verdict.effect == NameVerdict::Effect::block) return Action::block;
  return second_signal(verdict, signals, rules).empty() ? rules.alone : rules.with_second_signal;
}

}  // namespace portcullis::findings
