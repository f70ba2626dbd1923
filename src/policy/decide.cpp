// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>
#include <utility>

#include "portcullis/policy/policy.hpp"
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

/// Collects the reasons of one decision, one method for each kind of input.
class Decider {
 public:
  Decider(const Policy& policy, const Inputs& inputs, util::TimePoint now)
      : policy_(policy),
        inputs_(inputs),
        now_(now),
        waivers_(inputs, now),
        name_(inputs.host + '/' + inputs.repository) {
    allowed_ = find_pattern(policy.allow_repositories) != nullptr;
  }

  std::vector<Reason> reasons() && {
    denied_digests();
    denied_repository();
    names();
    for (const auto& finding : inputs_.structure) add_finding(finding, "the manifest");
    for (const auto& blob : inputs_.blobs) {
      outcome(blob);
      for (const auto& finding : blob.result.findings) add_finding(finding, blob.place);
      if (blob.result.findings_truncated) truncated(blob);
    }
    cooldown();
    std::sort(reasons_.begin(), reasons_.end(), [](const Reason& a, const Reason& b) {
      return std::tie(b.action, b.severity, a.code, a.text) < std::tie(a.action, a.severity, b.code, b.text);
    });
    return std::move(reasons_);
  }

 private:
  const std::string* find_pattern(const std::vector<std::string>& patterns) const {
    const auto found = std::find_if(patterns.begin(), patterns.end(),
                                    [&](const std::string& p) { return util::glob_match(p, name_); });
    return found == patterns.end() ? nullptr : &*found;
  }

  Action by_severity(Severity severity) const {
    if (severity >= policy_.block_at) return Action::block;
    return severity >= policy_.warn_at ? Action::warn : Action::allow;
  }

  /// For reasons that stay as they are.
  void add_final(Reason reason) { reasons_.push_back(std::move(reason)); }

  /// For reasons that a waiver or an allowed repository turns from block into warn.
  void add(Reason reason, const Subject& subject) {
    if (reason.action == Action::allow) return add_final(std::move(reason));
    reason.waiver = waivers_.find(subject);
    if (!reason.waiver.empty()) {
      reason.text += "; waived by " + util::safe_text(reason.waiver, kMaxCode);
    }
    if (allowed_ && reason.action == Action::block) reason.text += "; the repository is allowed by policy";
    if (allowed_ || !reason.waiver.empty()) reason.action = std::min(reason.action, Action::warn);
    reasons_.push_back(std::move(reason));
  }

  void denied_digests() {
    const auto check = [this](const oci::Digest& digest, const std::string& what) {
      const auto& denied = policy_.deny_digests;
      if (std::find(denied.begin(), denied.end(), digest) == denied.end()) return;
      add_final({Action::block,
                 Severity::critical,
                 "deny:digest",
                 what + " is denied by its digest " + clip(digest.text(), kMaxDetail),
                 {}});
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
                 {}});
    }
  }

  void names() {
    for (const auto& verdict : inputs_.names) {
      const auto code = "name:" + util::safe_text(verdict.component, kMaxCode);
      auto text = util::safe_text(verdict.text);
      if (text.empty()) {
        text = util::safe_text(verdict.component, kMaxDetail) + " looks like " +
               util::safe_text(verdict.target, kMaxDetail);
      }
      add({by_severity(verdict.severity), verdict.severity, code, std::move(text), {}},
          {Subject::Kind::finding, code, {}, verdict.severity});
    }
  }

  void add_finding(const findings::Finding& finding, std::string_view place) {
    auto code = std::string(code_prefix(finding.source)) + util::safe_text(finding.rule, kMaxCode);
    add({by_severity(finding.severity),
         finding.severity,
         std::move(code),
         finding_sentence(finding, place),
         {}},
        {Subject::Kind::finding, finding.rule, finding.file_hash, finding.severity});
  }

  void outcome(const ScannedBlob& blob) {
    const auto& result = blob.result;
    if (result.outcome == Outcome::complete) return;
    auto text =
        place_name(blob.place) + " could not be judged: " + std::string(outcome_words(result.outcome));
    if (!result.reason.empty()) text += " (" + util::safe_text(result.reason, kMaxDetail) + ')';
    const auto index = static_cast<std::size_t>(result.outcome);
    if (index >= policy_.on_outcome.size()) {
      add_final({Action::block, Severity::critical, "outcome:unknown", std::move(text), {}});
      return;
    }
    const auto code = "outcome:" + std::string(findings::to_string(result.outcome));
    // Anything that is not plainly allow or warn blocks.
    const auto asked = policy_.on_outcome[index];
    const auto action = asked == Action::allow || asked == Action::warn ? asked : Action::block;
    add({action, Severity::high, code, std::move(text), {}},
        {Subject::Kind::outcome, code, {}, Severity::high});
  }

  void truncated(const ScannedBlob& blob) {
    add_final({Action::allow,
               Severity::info,
               "findings:truncated",
               place_name(blob.place) + " has more findings than are kept; the worst are kept",
               {}});
  }

  /// A manifest that was never met is met now. What the config claims about its age can only add to
  /// the wait; a claim to be from the future is no age at all.
  void cooldown() {
    const auto wanted = policy_.cooldown;
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
        {Subject::Kind::cooldown, "cooldown", {}, Severity::medium});
  }

  const Policy& policy_;
  const Inputs& inputs_;
  util::TimePoint now_;
  Waivers waivers_;
  std::string name_;
  bool allowed_ = false;
  std::vector<Reason> reasons_;
};

/// The worst reason, and how many ask for the same.
std::string summarize(const std::vector<Reason>& reasons) {
  const auto worst = reasons.front().action;
  const auto others = std::count_if(reasons.begin() + 1, reasons.end(),
                                    [worst](const Reason& reason) { return reason.action == worst; });
  const auto tail = others == 0 ? std::string() : " and " + std::to_string(others) + " more";
  return clip(reasons.front().text, kMaxSummary - tail.size()) + tail;
}

}  // namespace

findings::Decision decide(const Policy& policy, const Inputs& inputs, util::TimePoint now) {
  findings::Decision decision;
  decision.reasons = Decider(policy, inputs, now).reasons();
  decision.action = decision.reasons.empty() ? Action::allow : decision.reasons.front().action;
  if (decision.action != Action::allow) decision.summary = summarize(decision.reasons);
  if (decision.action == Action::block && policy.mode == Mode::audit) {
    decision.action = Action::warn;
    decision.would_block = true;
  }
  return decision;
}

std::string client_line(const findings::Decision& decision, const std::string& report_id) {
  constexpr std::size_t kMaxId = 60;
  std::string line = "BLOCKED by Portcullis: ";
  line += decision.summary.empty() ? "no reason was recorded" : clip(decision.summary, kMaxSummary);
  if (!report_id.empty()) line += "; report " + util::safe_text(report_id, kMaxId);
  return line;
}

}  // namespace portcullis::policy
