// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>
#include <utility>

#include "portcullis/policy/explanation.hpp"
#include "portcullis/util/safe_text.hpp"
#include "portcullis/util/text.hpp"
#include "text.hpp"
#include "waivers.hpp"

namespace portcullis::policy {
namespace {

using findings::Action;
using findings::Outcome;
using findings::Reason;
using findings::Severity;

constexpr std::size_t kMaxSummary = 200;
constexpr std::size_t kMaxDetail = 100;
constexpr std::size_t kMaxCode = 80;
/// With its suggestion, the best part of the sentence.
constexpr std::size_t kMaxName = 400;

std::string_view code_prefix(findings::Source source) {
  using enum findings::Source;
  switch (source) {
    case yara:
      return "rule:";
    case layer_check:
      return "layer:";
    case config_check:
      return "config:";
    case manifest_check:
      return "manifest:";
    case name_check:
      return "name:";
  }
  return "rule:";
}

/// The key that asks for something, and where it was set.
struct AskedBy {
  std::string setting = {};
  Origin origin = kOwn;
};

/// Collects the reasons of one decision, one method for each kind of input.
class Decider {
 public:
  Decider(const Policy& policy, const Inputs& inputs, util::TimePoint now)
      : policy_(policy),
        inputs_(inputs),
        now_(now),
        waivers_(inputs, now),
        name_(inputs.host + '/' + inputs.repository),
        settings_(effective(policy, name_)),
        allowed_by_(find_pattern(policy.allow_repositories)) {}

  Explanation explanation() && {
    denied_digests();
    denied_repository();
    for (const auto& finding : inputs_.structure) add_finding(finding, "the manifest");
    for (const auto& blob : inputs_.blobs) {
      outcome(blob);
      for (const auto& finding : blob.result.findings) add_finding(finding, blob.place);
      if (blob.result.findings_truncated) truncated(blob);
    }
    names();  // after the findings, which are what a suspicion waits for
    cooldown();
    return finished();
  }

  Explanation of_name() && {
    for (const auto& verdict : inputs_.names) {
      if (verdict.effect == findings::NameVerdict::Effect::block) name(verdict);
    }
    return finished();
  }

 private:
  Explanation finished() {
    other_mode();
    std::sort(reasons_.begin(), reasons_.end(), [](const WeighedReason& x, const WeighedReason& y) {
      const Reason& a = x.reason;
      const Reason& b = y.reason;
      return std::tie(b.action, b.severity, a.code, a.text) < std::tie(a.action, a.severity, b.code, b.text);
    });
    return {.name = std::move(name_),
            .settings = std::move(settings_),
            .reasons = std::move(reasons_),
            .waivers = waivers_.uses()};
  }

  const std::string* find_pattern(const std::vector<std::string>& patterns) const {
    const auto found = std::find_if(patterns.begin(), patterns.end(),
                                    [&](const std::string& p) { return util::glob_match(p, name_); });
    return found == patterns.end() ? nullptr : &*found;
  }

  struct Asked {
    Action action;
    AskedBy by;
  };
  /// A threshold that an override raised above what the policy blocks at is what decided, not warn_at.
  Asked by_severity(Severity severity) const {
    const AskedBy block_at{"block_at", settings_.from.block_at};
    if (severity >= settings_.block_at) return {Action::block, block_at};
    const auto action = severity >= settings_.warn_at ? Action::warn : Action::allow;
    if (block_at.origin != kOwn && severity >= policy_.block_at) return {action, block_at};
    return {action, {"warn_at", settings_.from.warn_at}};
  }

  /// For reasons that stay as they are.
  void add_final(Reason reason, AskedBy by) {
    if (by.origin != kOwn) reason.text += "; by " + override_name(policy_, by.origin);
    const auto asked = reason.action;
    reasons_.push_back({std::move(reason), asked, std::move(by.setting), by.origin, {}});
  }

  /// For reasons that a waiver or an allowed repository turns from block into warn.
  void add(Reason reason, AskedBy by, const Subject& subject) {
    add_final(std::move(reason), std::move(by));
    auto& added = reasons_.back();
    if (added.asked == Action::allow) return;
    auto& kept = added.reason;
    kept.waiver = waivers_.find(subject);
    if (!kept.waiver.empty()) kept.text += "; waived by " + util::safe_text(kept.waiver, kMaxCode);
    if (allowed_by_ != nullptr && added.asked == Action::block) {
      kept.text += "; the repository is allowed by policy";
      added.allowed_by = *allowed_by_;
    }
    if (allowed_by_ != nullptr || !kept.waiver.empty()) kept.action = std::min(kept.action, Action::warn);
  }

  void denied_digests() {
    const auto check = [this](const oci::Digest& digest, const std::string& what) {
      const auto& denied = policy_.deny_digests;
      if (std::find(denied.begin(), denied.end(), digest) == denied.end()) return;
      add_final({Action::block,
                 Severity::critical,
                 "deny:digest",
                 what + " is denied by its digest " + clip(digest.text(), kMaxDetail),
                 {}},
                {"deny_digests"});
    };
    check(inputs_.manifest, "the manifest");
    for (const auto& blob : inputs_.blobs) check(blob.digest, place_name(blob.place));
  }

  void denied_repository() {
    if (const auto* pattern = find_pattern(policy_.deny_repositories)) {
      add_final({Action::block,
                 Severity::critical,
                 "deny:repository",
                 "repository " + util::safe_text(name_, kMaxDetail) + " is denied by the pattern " +
                     util::safe_text(*pattern, kMaxCode - 20),
                 {}},
                {"deny"});
    }
  }

  void names() {
    for (const auto& verdict : inputs_.names) name(verdict);
  }

  void name(const findings::NameVerdict& verdict) {
    auto text = util::safe_text(verdict.text, kMaxName);
    if (text.empty()) {
      text = util::safe_text(verdict.component, kMaxDetail) + " looks like " +
             util::safe_text(verdict.target, kMaxDetail);
    }
    if (verdict.operation == kNameDenied) {
      return add_final({Action::block, Severity::critical, "deny:name", std::move(text), {}}, {"names.deny"});
    }
    const auto code = "name:" + util::safe_text(verdict.component, kMaxCode);
    auto [action, by] = asked_by_name(verdict, text);
    if (action == Action::allow) return;
    add({action, verdict.severity, code, std::move(text), {}}, std::move(by),
        {Subject::Kind::name, code, {}, verdict.severity});
  }

  /// Says in `text` what makes a block of a suspicion.
  Asked asked_by_name(const findings::NameVerdict& verdict, std::string& text) const {
    const auto& names = policy_.names;
    if (verdict.effect == findings::NameVerdict::Effect::block) {
      const bool known_bad = verdict.operation == kNameKnownBad;
      return {policy::asked_by_name(names, verdict), {known_bad ? "names.known_bad" : "names.registry"}};
    }
    const auto action = findings::action_of(verdict, signals(), names.suspicions);
    if (action > names.suspicions.alone) {
      text += " (" + findings::second_signal(verdict, signals(), names.suspicions) + ')';
    }
    return {action, {"names.squat"}};
  }

  findings::NameSignals signals() const {
    return {.worst_finding = worst_finding_,
            .seen_for = inputs_.first_seen ? std::optional(std::max(now_ - *inputs_.first_seen,
                                                                    std::chrono::milliseconds(0)))
                                           : std::nullopt,
            .repository_served_before = inputs_.repository_served_before};
  }

  void add_finding(const findings::Finding& finding, std::string_view place) {
    auto code = std::string(code_prefix(finding.source)) + util::safe_text(finding.rule, kMaxCode);
    auto [action, by] = by_severity(finding.severity);
    add({action, finding.severity, std::move(code), finding_sentence(finding, place), {}}, std::move(by),
        {Subject::Kind::finding, finding.rule, finding.file_hash, finding.severity});
    if (reasons_.back().reason.waiver.empty()) {
      worst_finding_ = std::max(worst_finding_.value_or(finding.severity), finding.severity);
    }
  }

  void outcome(const ScannedBlob& blob) {
    const auto& result = blob.result;
    if (result.outcome == Outcome::complete) return;
    auto text =
        place_name(blob.place) + " could not be judged: " + std::string(outcome_words(result.outcome));
    if (!result.reason.empty()) text += " (" + util::safe_text(result.reason, kMaxDetail) + ')';
    const auto index = static_cast<std::size_t>(result.outcome);
    if (index >= settings_.on_outcome.size()) {
      add_final({Action::block, Severity::critical, "outcome:unknown", std::move(text), {}}, {});
      return;
    }
    const std::string name(findings::to_string(result.outcome));
    const auto code = "outcome:" + name;
    // Anything that is not plainly allow or warn blocks.
    const auto asked = settings_.on_outcome[index];
    const auto action = asked == Action::allow || asked == Action::warn ? asked : Action::block;
    add({action, Severity::high, code, std::move(text), {}}, {"on." + name, settings_.from.on_outcome[index]},
        {Subject::Kind::outcome, code, {}, Severity::high});
  }

  void truncated(const ScannedBlob& blob) {
    add_final({Action::allow,
               Severity::info,
               "findings:truncated",
               place_name(blob.place) + " has more findings than are kept; the worst are kept",
               {}},
              {});
  }

  /// A manifest that was never met is met now. What the config claims about its age can only add to
  /// the wait; a claim to be from the future is no age at all.
  void cooldown() {
    const auto wanted = settings_.cooldown;
    if (wanted <= std::chrono::milliseconds(0)) return;
    const auto age = [this](util::TimePoint since) {
      return std::max(now_ - since, std::chrono::milliseconds(0));
    };
    const auto seen = age(inputs_.first_seen.value_or(now_));
    std::string text;
    if (seen < wanted) {
      text = "first seen " + rough_duration(seen) + " ago";
    } else if (inputs_.created && age(*inputs_.created) < wanted) {
      text = "created " + rough_duration(age(*inputs_.created)) + " ago by its own account";
    } else {
      return;
    }
    text += ", policy wants " + exact_duration(wanted);
    add({Action::block, Severity::medium, "cooldown", std::move(text), {}},
        {"cooldown", settings_.from.cooldown}, {Subject::Kind::cooldown, "cooldown", {}, Severity::medium});
  }

  /// Said wherever there is something to judge, so that what was waived does not change the list.
  void other_mode() {
    const auto origin = settings_.from.mode;
    if (origin == kOwn || settings_.mode == policy_.mode || reasons_.empty()) return;
    const bool audit = settings_.mode == Mode::audit;
    add_final({Action::allow,
               Severity::info,
               "policy:mode",
               audit ? "nothing is blocked here, audit mode" : "what is bad is blocked here, enforce mode",
               {}},
              {"mode", origin});
  }

  const Policy& policy_;
  const Inputs& inputs_;
  util::TimePoint now_;
  Waivers waivers_;
  std::string name_;
  Effective settings_;
  const std::string* allowed_by_;
  std::vector<WeighedReason> reasons_;
  std::optional<Severity> worst_finding_;  ///< that nobody waived
};

/// The worst reason, and how many ask for the same.
std::string summarize(const std::vector<Reason>& reasons) {
  const auto worst = reasons.front().action;
  const auto others = std::count_if(reasons.begin() + 1, reasons.end(),
                                    [worst](const Reason& reason) { return reason.action == worst; });
  const auto tail = others == 0 ? std::string() : " and " + std::to_string(others) + " more";
  return clip(reasons.front().text, kMaxSummary - tail.size()) + tail;
}

/// From the reasons to what is done.
Explanation concluded(Explanation explanation) {
  auto& decision = explanation.decision;
  for (const auto& weighed : explanation.reasons) decision.reasons.push_back(weighed.reason);
  decision.action = decision.reasons.empty() ? Action::allow : decision.reasons.front().action;
  if (decision.action != Action::allow) decision.summary = summarize(decision.reasons);
  if (decision.action == Action::block && explanation.settings.mode == Mode::audit) {
    decision.action = Action::warn;
    decision.would_block = true;
  }
  return explanation;
}

}  // namespace

Explanation explain(const Policy& policy, const Inputs& inputs, util::TimePoint now) {
  return concluded(Decider(policy, inputs, now).explanation());
}

findings::Decision decide(const Policy& policy, const Inputs& inputs, util::TimePoint now) {
  return explain(policy, inputs, now).decision;
}

findings::Decision decide_name(const Policy& policy, const Inputs& inputs, util::TimePoint now) {
  return concluded(Decider(policy, inputs, now).of_name()).decision;
}

std::optional<util::TimePoint> next_change(const Policy& policy, const Inputs& inputs, util::TimePoint now) {
  std::optional<util::TimePoint> earliest;
  const auto consider = [&](util::TimePoint time) {
    if (time > now && (!earliest || time < *earliest)) earliest = time;
  };
  for (const auto& waiver :
       waivers_for_image(inputs.waivers, inputs.host, inputs.repository, inputs.manifest)) {
    consider(waiver.expires);
  }
  const auto cooldown = effective(policy, inputs.host + '/' + inputs.repository).cooldown;
  if (cooldown > std::chrono::milliseconds(0)) {
    consider(inputs.first_seen.value_or(now) + cooldown);
    if (inputs.created) consider(*inputs.created + cooldown);
  }
  const auto& suspicions = policy.names.suspicions;
  if (suspicions.alone != suspicions.with_second_signal && !inputs.names.empty()) {
    consider(inputs.first_seen.value_or(now) + suspicions.new_for);
  }
  return earliest;
}

std::string client_line(const findings::Decision& decision, const std::string& report_id) {
  constexpr std::size_t kMaxId = 60;
  std::string line = "BLOCKED by Portcullis: ";
  line += decision.summary.empty() ? "no reason was recorded" : clip(decision.summary, kMaxSummary);
  if (!report_id.empty()) line += "; report " + util::safe_text(report_id, kMaxId);
  return line;
}

}  // namespace portcullis::policy
