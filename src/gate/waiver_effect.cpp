// SPDX-License-Identifier: Apache-2.0
#include "waiver_effect.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <set>
#include <utility>

#include "portcullis/util/safe_text.hpp"

namespace portcullis::gate {
namespace {

using findings::Action;
using findings::Finding;
using findings::Reason;
using findings::Source;

constexpr std::pair<std::string_view, Source> kFindingCodes[] = {
    {"rule:", Source::yara},
    {"layer:", Source::layer_check},
    {"config:", Source::config_check},
    {"manifest:", Source::manifest_check},
};
constexpr std::string_view kName = "name:";
constexpr std::string_view kOutcome = "outcome:";
constexpr std::string_view kCooldown = "cooldown";
constexpr std::size_t kLongestRuleInCode = 80;  // as policy cuts it

bool names_rule(std::string_view code_rule, const Finding& finding) {
  return util::safe_text(finding.rule, kLongestRuleInCode) == code_rule;
}

void each_finding(const policy::Inputs& inputs, const std::function<void(const Finding&)>& visit) {
  for (const auto& finding : inputs.structure) visit(finding);
  for (const auto& blob : inputs.blobs) {
    for (const auto& finding : blob.result.findings) visit(finding);
  }
}

bool has_finding(const policy::Inputs& inputs, std::string_view code_rule) {
  bool found = false;
  each_finding(inputs, [&](const Finding& finding) { found = found || names_rule(code_rule, finding); });
  return found;
}

bool has_outcome(const policy::Inputs& inputs, findings::Outcome outcome) {
  return std::ranges::any_of(inputs.blobs, [&](const auto& blob) { return blob.result.outcome == outcome; });
}

/// Adds what stands behind `reason` where no scan on record has it.
void make_up(const Reason& reason, bool scans_are_whole, policy::Inputs& inputs) {
  const std::string_view code = reason.code;
  for (const auto& [prefix, source] : kFindingCodes) {
    if (!code.starts_with(prefix)) continue;
    const auto rule = code.substr(prefix.size());
    if (scans_are_whole && has_finding(inputs, rule)) return;
    Finding finding;
    finding.source = source;
    finding.rule = rule;
    finding.severity = reason.severity;
    inputs.structure.push_back(std::move(finding));
    return;
  }
  if (code.starts_with(kName)) {
    const auto component = code.substr(kName.size());
    if (std::ranges::find(inputs.names, component, &findings::NameVerdict::component) != inputs.names.end())
      return;
    findings::NameVerdict verdict;
    verdict.component = component;
    verdict.severity = reason.severity;
    verdict.text = reason.text;
    inputs.names.push_back(std::move(verdict));
  }
  if (!code.starts_with(kOutcome)) return;
  const auto outcome = findings::parse_outcome(code.substr(kOutcome.size()));
  if (!outcome || has_outcome(inputs, *outcome)) return;
  policy::ScannedBlob blob{.digest = inputs.manifest};
  blob.result.outcome = *outcome;
  inputs.blobs.push_back(std::move(blob));
}

/// Under which everything blocks that no waiver covers.
policy::Policy strictest(const findings::Decision& decision) {
  policy::Policy policy;
  policy.block_at = findings::Severity::info;
  policy.warn_at = findings::Severity::info;
  policy.names.suspicions.alone = Action::block;
  const bool cooldown =
      std::ranges::any_of(decision.reasons, [](const Reason& reason) { return reason.code == kCooldown; });
  if (cooldown) policy.cooldown = std::chrono::days(36'500);
  return policy;
}

/// The reasons of `strict` that `reason` stands for: of the same file where that can be told, else all of
/// the same rule.
std::vector<const Reason*> counterparts(const Reason& reason, const std::vector<Reason>& strict) {
  std::vector<const Reason*> same_rule;
  std::vector<const Reason*> same_text;
  for (const auto& candidate : strict) {
    if (candidate.code != reason.code || candidate.severity != reason.severity) continue;
    same_rule.push_back(&candidate);
    if (candidate.text.substr(0, candidate.text.rfind("; waived by ")) == reason.text) {
      same_text.push_back(&candidate);
    }
  }
  return same_text.empty() ? same_rule : same_text;
}

/// The one file that the findings of a reason are about; empty when it is more than one, or none.
findings::Waiver scope_for(const Reason& reason, const policy::Inputs& inputs) {
  findings::Waiver waiver;
  waiver.rule = waiver_rule_of(reason.code);
  waiver.digest = inputs.manifest.text();
  if (waiver.rule == reason.code) return waiver;
  std::set<std::string> hashes;
  const auto code_rule = waiver.rule;
  each_finding(inputs, [&](const Finding& finding) {
    if (!names_rule(code_rule, finding)) return;
    waiver.rule = finding.rule;
    hashes.insert(finding.file_hash);
  });
  if (hashes.size() == 1) waiver.file_hash = *hashes.begin();
  return waiver;
}

tl::unexpected<util::Error> denied(const Reason& reason) {
  return util::fail(
      util::ErrorKind::invalid,
      "what policy denies by name or digest is changed in the policy, not waived: " + reason.text);
}

}  // namespace

bool is_pattern(std::string_view text) { return text.find_first_of("*?") != text.npos; }

std::string waiver_rule_of(std::string_view code) {
  for (const auto& [prefix, source] : kFindingCodes) {
    if (code.starts_with(prefix)) return std::string(code.substr(prefix.size()));
  }
  return std::string(code);
}

util::Result<RecordedInputs> recorded_inputs(records::Records& records,
                                             const records::DecisionRecord& decision, Missing missing) {
  RecordedInputs recorded{
      {.host = decision.host, .repository = decision.repository, .manifest = decision.manifest}};
  auto& inputs = recorded.inputs;
  inputs.names = decision.names;
  for (const auto& blob : decision.blobs) {
    auto scan = records.find_scan({blob.digest, blob.media_type, decision.profile});
    if (!scan) return tl::unexpected(scan.error());
    if (*scan) {
      inputs.blobs.push_back({blob.digest, blob.place, std::move((*scan)->result)});
    } else {
      ++recorded.missing;
    }
  }
  const bool whole = recorded.missing == 0 || missing == Missing::nothing;
  std::set<std::string> made_up;
  for (const auto& reason : decision.decision.reasons) {
    if (made_up.insert(reason.code).second) make_up(reason, whole, inputs);
  }
  return recorded;
}

DecisionEffect effect_on(const findings::Decision& decision, policy::Inputs inputs,
                         const std::vector<findings::Waiver>& fresh, util::TimePoint now) {
  // Of several waivers that cover a reason policy names the first by id, and here that has to be a fresh one.
  constexpr char kFirst = ' ';
  for (const auto& waiver : fresh) {
    inputs.waivers.push_back(waiver);
    inputs.waivers.back().id = kFirst + waiver.id;
  }
  const auto strict = policy::decide(strictest(decision), inputs, now).reasons;

  DecisionEffect effect;
  for (const auto& reason : decision.reasons) {
    if (reason.action == Action::allow || !reason.waiver.empty()) continue;
    const auto same = counterparts(reason, strict);
    const bool waived =
        !same.empty() && std::ranges::none_of(same, [](const auto* r) { return r->waiver.empty(); });
    const bool by_fresh =
        waived && std::ranges::any_of(same, [](const auto* r) { return r->waiver.front() == kFirst; });
    if (by_fresh) {
      effect.covered.push_back(reason.text);
      effect.worst = std::max(effect.worst.value_or(reason.severity), reason.severity);
    }
    if (!waived && reason.action == Action::block) effect.left.push_back(reason.text);
  }
  return effect;
}

util::Result<std::vector<findings::Waiver>> narrowest_scopes(const findings::Decision& decision,
                                                             const policy::Inputs& inputs) {
  std::vector<findings::Waiver> scopes;
  std::set<std::string> seen;
  for (const auto& reason : decision.reasons) {
    if (reason.action != Action::block || !seen.insert(reason.code).second) continue;
    if (reason.code.starts_with("deny:")) return denied(reason);
    scopes.push_back(scope_for(reason, inputs));
  }
  return scopes;
}

util::Result<std::vector<findings::Waiver>> narrowest_scopes(const records::NameDecision& blocked) {
  std::vector<findings::Waiver> scopes;
  for (const auto& reason : blocked.decision.reasons) {
    if (reason.action != Action::block) continue;
    if (reason.code.starts_with("deny:")) return denied(reason);
    auto& waiver = scopes.emplace_back();
    waiver.rule = reason.code;
    waiver.repository = blocked.host + '/' + blocked.repository;
  }
  return scopes;
}

}  // namespace portcullis::gate
