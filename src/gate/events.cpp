// SPDX-License-Identifier: Apache-2.0
#include "events.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "names.hpp"
#include "portcullis/gate/waiving.hpp"
#include "portcullis/util/safe_text.hpp"

namespace portcullis::gate {
namespace {

using findings::Action;
using findings::EventRule;
using findings::Severity;

constexpr std::size_t kMaxScanFailures = 8;
constexpr std::size_t kMaxTechniques = 16;

EventRule rule_of(const findings::Finding& finding, const std::string& layer) {
  EventRule rule{finding.rule, finding.severity, finding.techniques, finding.path, finding.file_hash, layer};
  rule.techniques.resize(std::min(rule.techniques.size(), kMaxTechniques));
  return rule;
}

/// A reason that is no finding.
bool speaks_for_itself(const findings::Reason& reason) {
  return reason.code.starts_with("deny:") || reason.code.starts_with("outcome:") ||
         reason.code.starts_with("name:") || reason.code == "cooldown";
}

bool worse(const EventRule& a, const EventRule& b) {
  return std::tie(b.severity, a.rule, a.path, a.layer) < std::tie(a.severity, b.rule, b.path, b.layer);
}

void say_who(records::Event& event, const records::PullRecord& pull) {
  event.at = pull.first;
  event.reference = pull.reference;
  event.client_address = pull.client_address;
  event.client_user = pull.client_user;
  event.client_agent = pull.client_agent;
}

std::string said(const findings::Decision& decision) {
  return decision.summary.empty() ? "clean" : decision.summary;
}

}  // namespace

std::string ending(Action action) {
  switch (action) {
    case Action::allow:
      return "allowed";
    case Action::warn:
      return "warned";
    case Action::block:
      break;
  }
  return "blocked";
}

std::vector<EventRule> event_rules(const policy::Inputs& inputs, const findings::Decision& decision) {
  std::vector<EventRule> rules;
  for (const auto& reason : decision.reasons) {
    if (speaks_for_itself(reason)) rules.push_back({reason.code, reason.severity, {}, {}, {}, {}});
  }
  for (const auto& finding : inputs.structure) rules.push_back(rule_of(finding, {}));
  for (const auto& blob : inputs.blobs) {
    for (const auto& finding : blob.result.findings) rules.push_back(rule_of(finding, blob.digest.text()));
  }
  std::ranges::stable_sort(rules, worse);
  if (rules.size() > findings::kMaxEventRules) {
    rules.erase(rules.begin() + findings::kMaxEventRules, rules.end());
  }
  return rules;
}

Severity worst_severity(const findings::Decision& decision) {
  auto worst = Severity::info;
  for (const auto& reason : decision.reasons) worst = std::max(worst, reason.severity);
  return worst;
}

std::vector<std::string> waivers_of(const findings::Decision& decision) {
  std::vector<std::string> ids;
  for (const auto& reason : decision.reasons) {
    if (!reason.waiver.empty()) ids.push_back(reason.waiver);
  }
  std::ranges::sort(ids);
  const auto [first, last] = std::ranges::unique(ids);
  ids.erase(first, last);
  return ids;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& text : texts) all.append(all.empty() ? "" : ",").append(text);
  return all;
}

records::Event event_about(const Judged& judged, std::string action) {
  const auto& record = judged.record;
  records::Event event;
  event.action = std::move(action);
  event.at = record.at;
  event.severity = judged.severity;
  event.host = record.host;
  event.repository = record.repository;
  event.reference = record.reference;
  event.manifest = record.manifest.text();
  event.decision_id = record.id;
  event.rules = judged.rules;
  event.extra = {{"policy", record.policy}, {"profile", record.profile}};
  if (const auto waivers = waivers_of(record.decision); !waivers.empty()) {
    event.extra.emplace("waiver", joined(waivers));
  }
  if (record.decision.would_block) event.extra.emplace("would_block", "true");
  return event;
}

records::Event image_event(const Judged& judged) {
  auto event = event_about(judged, "image-" + ending(judged.record.decision.action));
  event.message = said(judged.record.decision);
  return event;
}

std::vector<records::Event> scan_failures(const Judged& judged, const policy::Inputs& inputs) {
  std::vector<records::Event> events;
  for (const auto& blob : inputs.blobs) {
    if (blob.result.outcome == findings::Outcome::complete) continue;
    if (events.size() == kMaxScanFailures) break;
    auto event = event_about(judged, "scan-failed");
    const std::string outcome(findings::to_string(blob.result.outcome));
    event.severity = Severity::high;
    event.rules = {{"outcome:" + outcome, Severity::high, {}, {}, {}, blob.digest.text()}};
    event.message = blob.place + " could not be judged: " + outcome;
    if (!blob.result.reason.empty()) event.message += ", " + util::safe_text(blob.result.reason);
    event.extra.emplace("outcome", outcome);
    event.extra.emplace("layer", blob.digest.text());
    event.extra.emplace("place", blob.place);
    events.push_back(std::move(event));
  }
  return events;
}

std::vector<records::Event> name_events(const Judged& judged) {
  std::vector<records::Event> events;
  for (const auto& verdict : judged.record.names) {
    auto squat = squat_event(verdict, judged.record.decision);
    auto event = event_about(judged, squat.action);
    event.severity = squat.severity;
    event.rules = std::move(squat.rules);
    event.message = std::move(squat.message);
    event.extra.merge(squat.extra);
    events.push_back(std::move(event));
  }
  return events;
}

records::Event pull_event(const records::PullRecord& pull, const Judged& judged) {
  auto event = event_about(judged, "pull-" + ending(pull.action));
  say_who(event, pull);
  event.message = said(judged.record.decision);
  return event;
}

records::Event pull_event(const records::PullRecord& pull, const records::NameDecision& decision) {
  records::Event event;
  event.action = "pull-" + ending(pull.action);
  event.severity = worst_severity(decision.decision);
  event.host = decision.host;
  event.repository = decision.repository;
  event.decision_id = decision.id;
  say_who(event, pull);
  event.message = said(decision.decision);
  event.extra = {{"policy", decision.policy}};
  for (const auto& verdict : decision.names) {
    auto squat = squat_event(verdict, decision.decision);
    std::ranges::move(squat.rules, std::back_inserter(event.rules));
    event.extra.merge(squat.extra);  // of the first, which is the worst
  }
  return event;
}

records::Event tag_moved(const records::TagRecord& before, const records::TagRecord& now) {
  records::Event event;
  event.at = now.seen;
  event.action = "tag-moved";
  event.severity = Severity::low;
  event.host = now.host;
  event.repository = now.repository;
  event.reference = now.tag;
  event.manifest = now.digest.text();
  event.message = "tag moved from " + before.digest.text() + " to " + now.digest.text();
  event.extra = {{"tag.from", before.digest.text()}, {"tag.to", now.digest.text()}};
  return event;
}

records::Event waiver_expired(const findings::Waiver& waiver, util::TimePoint now) {
  auto event = waiver_event("waiver-expired", waiver, now);
  event.severity = Severity::low;
  event.message = "waiver " + waiver.id + " expired at " + util::to_rfc3339(waiver.expires) +
                  "; it was given by " + util::safe_text(waiver.author) + ": " +
                  util::safe_text(waiver.reason);
  return event;
}

}  // namespace portcullis::gate
