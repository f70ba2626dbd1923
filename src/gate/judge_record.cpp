// SPDX-License-Identifier: Apache-2.0
//
// From what was found to a decision on record.
#include <algorithm>

#include "events.hpp"
#include "judge.hpp"
#include "portcullis/util/log.hpp"
#include "portcullis/util/text.hpp"
#include "retro.hpp"

namespace portcullis::gate {
namespace {

constexpr std::size_t kReportIdLength = 8;
/// An alert waits so long for pulls of the image that are on their way into the records.
constexpr std::chrono::seconds kSettle{3};

bool blocks(const findings::Decision& decision) { return decision.action == findings::Action::block; }

}  // namespace

Attempt<bool> Judge::conclude(const Task& task, const policy::Inputs& inputs,
                              const std::optional<findings::Decision>& as_it_stands,
                              const std::shared_ptr<Judged>& judged, Remember remember) {
  const auto now = parts_.clock->now();
  auto& record = judged->record;
  record.policy = task.policy->fingerprint();
  record.decision = as_it_stands ? *as_it_stands : policy::decide(*task.policy, inputs, now);
  record.at = now;
  record.names = spoken_of(inputs.names, record.decision);
  judged->valid_until = policy::next_change(*task.policy, inputs, now);
  for (const auto& waiver : inputs.waivers) judged->waivers.push_back(waiver.id);
  judged->severity = worst_severity(record.decision);
  judged->rules = event_rules(inputs, record.decision);
  judged->looked_at = Generation(task.generation);
  return this->record(task, inputs, judged, remember);
}

/// What a blocked layer said of its files is not believed any longer, and images that share it are looked
/// at again.
void Judge::distrust(const Task& task, const policy::Inputs& inputs, Judged& judged) {
  const auto& record = judged.record;
  if (!blocks(record.decision) && !record.decision.would_block) return;
  std::vector<oci::Digest> bad;
  for (const auto& blob : inputs.blobs) {
    const auto& result = blob.result;
    if (result.outcome == findings::Outcome::complete && result.findings.empty()) continue;
    if (blocks(record.decision)) parts_.scanner->revoke(blob.digest.text());
    policy::Inputs alone{task.key.host, task.key.repository, task.key.manifest, {blob}, {}, {}, {}, {}, {}};
    const auto decision = policy::decide(*task.policy, alone, record.at);
    if (blocks(decision) || decision.would_block) bad.push_back(blob.digest);
  }
  if (bad.empty()) return;
  const auto news = task.purpose == Purpose::afresh ? Standing::News::certain : Standing::News::perhaps;
  judged.looked_at = Generation(memory_.standing.suspect(bad, record.profile, news, judged.looked_at.get()));
}

Attempt<bool> Judge::record(const Task& task, const policy::Inputs& inputs,
                            const std::shared_ptr<Judged>& judged, Remember remember) {
  auto& record = judged->record;
  const auto& before = task.before;
  const bool unchanged = before && same(before->decision, record.decision);
  const bool nothing_new = unchanged && before->profile == record.profile && before->policy == record.policy;
  const bool turned = before && !blocks(before->decision) && blocks(record.decision);
  const auto unreadable = [](const util::Error& error) {
    return failure("the decision records cannot be read", error);
  };
  record.id = nothing_new ? before->id : util::random_id(kReportIdLength);
  if (nothing_new) record.at = before->at;

  std::vector<records::Event> events;
  if (!unchanged) {  // said again, it is no news
    events = scan_failures(*judged, inputs);
    for (auto& event : name_events(*judged)) events.push_back(std::move(event));
    events.push_back(image_event(*judged));
  }
  if (turned) {
    auto cause = cause_of_block(parts_, *before, *judged);
    if (!cause) return failure("the waivers cannot be read", cause.error());
    auto& blocked = events.back();
    blocked.extra.emplace("cause", *std::move(cause));
    blocked.extra.emplace("previous", before->id);
    memory_.pulls.settle(task.key, kSettle);
    auto alert = retro_alert(parts_, blocked);
    if (!alert) return failure("who pulled the image cannot be read from the records", alert.error());
    if (*alert) events.push_back(**std::move(alert));
  }

  std::lock_guard lock(turn(task.key));
  if (nothing_new) {
    const auto newest = parts_.records->find_decision(task.key.host, task.key.repository, task.key.manifest);
    if (!newest) return unreadable(newest.error());
    if (!*newest || (*newest)->id != record.id) return false;
  } else {
    const auto written = parts_.records->replace_decision(before ? before->id : "", record, events);
    if (!written) {
      parts_.metrics->count("portcullis_records_errors_total", {{"what", "decisions"}});
      return failure("the decision could not be recorded", written.error());
    }
    if (!*written) return false;
  }
  distrust(task, inputs, *judged);
  const auto key = task.key.text();
  if (remember == Remember::in_cache) {
    memory_.cache.put(key, judged);
  } else {
    memory_.cache.drop_other(key, {});
  }
  if (nothing_new) return true;

  const auto said = record.decision.summary.empty() ? "clean" : record.decision.summary;
  parts_.metrics->count("portcullis_decisions_total",
                        {{"action", findings::to_string(record.decision.action)}});
  util::log::info("image judged", {{"image", record.host + '/' + record.repository},
                                   {"reference", record.reference},
                                   {"digest", record.manifest.text()},
                                   {"verdict", findings::to_string(record.decision.action)},
                                   {"reason", said},
                                   {"report", record.id}});
  if (!events.empty() && events.back().action == "retro-alert") note_alert(events.back());
  return true;
}

void Judge::note_alert(const records::Event& alert) const {
  const auto& cause = alert.extra.at("cause");
  parts_.metrics->count("portcullis_retro_alerts_total", {{"cause", cause}});
  util::log::warn("an image that was served is blocked now", {{"image", alert.host + '/' + alert.repository},
                                                              {"digest", alert.manifest},
                                                              {"cause", cause},
                                                              {"clients", alert.extra.at("pullers.count")},
                                                              {"reason", alert.message},
                                                              {"report", alert.decision_id}});
}

util::Result<void> Judge::alert_late(const records::Event& blocked) {
  if (!blocked.extra.contains("previous") || !blocked.extra.contains("cause")) return {};
  const auto manifest = oci::Digest::parse(blocked.manifest);
  if (!manifest) return {};
  memory_.pulls.settle({blocked.host, blocked.repository, *manifest}, kSettle);
  records::EventQuery query;
  query.actions = {"retro-alert"};
  query.decision_id = blocked.decision_id;
  query.limit = 1;
  const auto known = parts_.records->events(query);
  if (!known) return tl::unexpected(known.error());
  if (!known->empty()) return {};
  const auto alert = retro_alert(parts_, blocked);
  if (!alert) return tl::unexpected(alert.error());
  if (!*alert) return {};
  const auto written = parts_.records->put_event_once(**alert);
  if (!written) return tl::unexpected(written.error());
  if (*written) note_alert(**alert);
  return {};
}

Attempt<std::optional<Judge::Verdict>> Judge::decide_from_records(const Task& task, const Problem& trouble) {
  const auto& before = task.before;
  if (task.purpose == Purpose::asked || !before || blocks(before->decision)) return tl::unexpected(trouble);
  Task again = task;
  auto inputs = gather(again);
  if (!inputs) return tl::unexpected(inputs.error());
  if (!again.before || again.before->id != before->id) return std::nullopt;

  // Without its manifest it is not served, whatever would be decided; but who pulled it must hear that it is
  // blocked. What is not known here can only make it worse.
  auto judged = std::make_shared<Judged>(Judged{.record = *before});
  judged->media_type = before->manifest_media_type;
  for (const auto& blob : before->blobs) {
    const ImagePart part{{blob.media_type, blob.digest, blob.size, {}, {}, {}, {}, {}}, blob.place};
    auto result = scans_.remembered(part, before->profile, Scans::Believe::remembered);
    if (!result) return tl::unexpected(result.error());
    if (*result) inputs->blobs.push_back({blob.digest, blob.place, **std::move(result)});
  }
  if (!blocks(policy::decide(*again.policy, *inputs, parts_.clock->now()))) return tl::unexpected(trouble);
  const auto done = conclude(again, *inputs, std::nullopt, judged, Remember::not_at_all);
  if (!done) return tl::unexpected(done.error());
  if (!*done) return std::nullopt;
  return Verdict{std::move(judged), std::move(inputs->blobs)};
}

}  // namespace portcullis::gate
