// SPDX-License-Identifier: Apache-2.0
//
// One decision with all that led to it.
#include <algorithm>
#include <set>
#include <span>

#include "portcullis/policy/policy.hpp"
#include "portcullis/util/fd.hpp"
#include "service.hpp"
#include "story.hpp"

namespace portcullis::api {
namespace {

constexpr std::size_t kPullers = 200;
constexpr std::size_t kEvents = 100;

/// As far as it is still in the store, and can be read strictly; null otherwise.
Json config_of(Service& service, const records::ImageBlob& blob) {
  if (blob.size > oci::kMaxDocumentBytes) return nullptr;
  const auto stored = service.parts.store->find(blob.digest);
  if (!stored || stored->size > oci::kMaxDocumentBytes) return nullptr;
  std::string text(stored->size, '\0');
  const auto got = util::read_full_at(stored->file->get(), std::as_writable_bytes(std::span(text)), 0);
  if (!got || *got != text.size()) return nullptr;
  const auto config = oci::parse_image_config(text);
  return config ? to_json(*config) : Json(nullptr);
}

struct Moment {
  util::TimePoint at;
  std::string what;
  std::string text;
  std::string decision;
};

/// What a story consists of beside the pulls, which would crowd it out.
const std::vector<std::string> kOfAnImage = {
    "image-blocked", "image-warned", "image-allowed",      "name-squat",       "tag-moved",
    "tag-drift",     "scan-failed",  records::kRetroAlert, "rescan-requested", records::kRetroAlertClosed};
const std::vector<std::string> kOfWaivers = {"waiver-added", "waiver-revoked", "waiver-expired"};

/// Collects what happened; told oldest first.
class Timeline {
 public:
  explicit Timeline(records::Records& records) : records_(records) {}

  void add(Moment moment) { moments_.push_back(std::move(moment)); }

  util::Result<void> add_events(const records::EventQuery& query) {
    const auto events = records_.events(query);
    if (!events) return tl::unexpected(events.error());
    for (const auto& event : *events) add(event);
    return {};
  }

  void add(const records::Event& event) {
    add({event.at, hostile(event.action), finished(event.message), hostile(event.decision_id)});
  }

  void add_pulls(const std::vector<records::Puller>& pullers) {
    if (pullers.empty()) return;
    const auto& first = *std::ranges::min_element(pullers, {}, &records::Puller::first);
    const auto& last = *std::ranges::max_element(pullers, {}, &records::Puller::last);
    add({first.first, "first-pull", "by " + hostile(first.address), {}});
    add({last.last, "last-pull", "by " + hostile(last.address), {}});
  }

  Json told() && {
    std::ranges::stable_sort(moments_, {}, &Moment::at);
    Json all = Json::array();
    for (const auto& moment : moments_) {
      all.push_back({{"at", to_json(moment.at)},
                     {"what", moment.what},
                     {"text", moment.text},
                     {"decision", moment.decision}});
    }
    return all;
  }

 private:
  records::Records& records_;
  std::vector<Moment> moments_;
};

/// Of a manifest in a repository.
util::Result<Json> timeline(records::Records& records, const records::DecisionRecord& decision,
                            const std::vector<records::ScanRecord>& scans,
                            const std::vector<records::Puller>& pullers) {
  Timeline story(records);
  const auto manifest = decision.manifest.text();
  const auto seen = records.first_seen(decision.manifest);
  if (!seen) return tl::unexpected(seen.error());
  if (*seen) story.add({**seen, "first-seen", "by this Portcullis", {}});
  for (const auto& query :
       {records::EventQuery{.limit = kEvents,
       .actions = kOfAnImage,
       .host = decision.host,
       .repository = decision.repository,
       .manifest = manifest},
        records::EventQuery{.limit = kEvents, .actions = kOfWaivers, .manifest = manifest}}) {
    if (auto added = story.add_events(query); !added) return tl::unexpected(added.error());
  }
  const auto moves = records.events(
      {.limit = kEvents, .actions = {"tag-moved"}, .host = decision.host, .repository = decision.repository});
  if (!moves) return tl::unexpected(moves.error());
  for (const auto& move : *moves) {
    const auto from = move.extra.find("tag.from");
    if (from == move.extra.end() || from->second != manifest || move.manifest == manifest) continue;
    story.add({move.at,
               "tag-left",
               "tag " + hostile(move.reference) + " moved on to " + hostile(move.manifest),
               {}});
  }
  for (const auto& scan : scans) {
    story.add({scan.finished,
               "scanned",
               scan.key.digest.text() + ": " + std::string(findings::to_string(scan.result.outcome)),
               {}});
  }
  story.add_pulls(pullers);
  return std::move(story).told();
}

Json names_of(const std::vector<findings::NameVerdict>& names, const findings::Decision& decision) {
  Json all = Json::array();
  for (const auto& verdict : names) all.push_back(to_json(verdict, decision));
  return all;
}

/// Those that it leans on, and active ones that could apply.
util::Result<Json> waivers_of(Service& service, const findings::Decision& decision, const std::string& host,
                              const std::string& repository, const oci::Digest& manifest) {
  auto& records = *service.parts.records;
  const auto now = service.now();
  std::set<std::string> used;
  for (const auto& reason : decision.reasons) {
    if (!reason.waiver.empty()) used.insert(reason.waiver);
  }
  Json all = Json::array();
  const auto add = [&](bool is_used, const records::WaiverRecord& waiver) {
    all.push_back({{"used", is_used}, {"waiver", to_json(waiver, now)}});
  };
  for (const auto& id : used) {
    const auto waiver = records.waivers().find(id);
    if (!waiver) return tl::unexpected(waiver.error());
    if (*waiver) add(true, **waiver);
  }
  const auto active = records.active_waivers(now);
  if (!active) return tl::unexpected(active.error());
  for (const auto& waiver : policy::waivers_for_image(*active, host, repository, manifest)) {
    if (!used.contains(waiver.id)) add(false, {.waiver = waiver});
  }
  return all;
}

/// What a client is told, had it been blocked.
std::string client_line(const findings::Decision& decision, const std::string& id) {
  const bool blocks = decision.action == findings::Action::block || decision.would_block;
  return blocks ? finished(policy::client_line(decision, id)) : std::string();
}

/// A name that was blocked by itself has what an image has, as far as there is any.
Outcome<Answer> name_decision(Service& service, const records::NameDecision& record) {
  auto& records = *service.parts.records;
  const auto& decision = record.decision;
  const auto newest = records.find_name_decision(record.host, record.repository);
  if (!newest) return unavailable("decision", newest.error());
  auto pullers = records.search().pullers({.host = record.host, .repository = record.repository});
  if (!pullers) return unavailable("pullers", pullers.error());
  std::erase_if(*pullers, [](const auto& puller) { return puller.manifest.has_value(); });
  if (pullers->size() > kPullers) pullers->resize(kPullers);
  Timeline story(records);
  story.add({record.at, "decided", finished(decision.summary), hostile(record.id)});
  if (auto added = story.add_events(
          {.limit = kEvents, .actions = kOfWaivers, .host = record.host, .repository = record.repository});
      !added) {
    return unavailable("timeline", added.error());
  }
  story.add_pulls(*pullers);
  // No waiver that names a digest can be meant.
  auto waivers = waivers_of(service, decision, record.host, record.repository, oci::Digest::of(""));
  if (!waivers) return unavailable("waivers", waivers.error());
  return json_answer({{"id", hostile(record.id)},
                      {"about", "name"},
                      {"host", hostile(record.host)},
                      {"repository", hostile(record.repository)},
                      {"name", image_name(record.host, record.repository)},
                      {"reference", hostile(record.reference)},
                      {"manifest", ""},
                      {"media_type", ""},
                      {"action", findings::to_string(decision.action)},
                      {"would_block", decision.would_block},
                      {"summary", finished(decision.summary)},
                      {"client_line", client_line(decision, record.id)},
                      {"at", to_json(record.at)},
                      {"current", *newest && (*newest)->id == record.id},
                      {"current_decision", *newest ? hostile((*newest)->id) : std::string()},
                      {"profile", ""},
                      {"policy", hostile(record.policy)},
                      {"reasons", list(decision.reasons)},
                      {"names", names_of(record.names, decision)},
                      {"blobs", Json::array()},
                      {"config", nullptr},
                      {"timeline", std::move(story).told()},
                      {"waivers", *std::move(waivers)},
                      {"pullers", list(*pullers)}});
}

}  // namespace

util::Result<std::optional<records::ScanRecord>> scan_of(Service& service, const records::ImageBlob& blob,
                                                         const std::string& profile) {
  return service.parts.records->find_scan({blob.digest, blob.media_type, profile});
}

Json blob_json(const records::ImageBlob& blob, const std::optional<records::ScanRecord>& scan) {
  return {{"place", hostile(blob.place)},
          {"digest", blob.digest.text()},
          {"media_type", hostile(blob.media_type)},
          {"size", blob.size},
          {"scan", scan ? to_json(*scan) : Json(nullptr)}};
}

Outcome<Answer> get_decision(Service& service, Call& call) {
  auto& records = *service.parts.records;
  const auto& id = call.path.find("id")->second;
  const auto found = records.find_decision(id);
  if (!found) return unavailable("decision", found.error());
  if (!*found) {
    const auto about_name = records.find_name_decision(id);
    if (!about_name) return unavailable("decision", about_name.error());
    if (*about_name) return name_decision(service, **about_name);
    return not_found("there is no decision " + hostile(id) + "; it may be older than is kept");
  }
  const auto& record = **found;

  Json blobs = Json::array();
  Json config = nullptr;
  std::vector<records::ScanRecord> scans;
  for (const auto& blob : record.blobs) {
    auto scan = scan_of(service, blob, record.profile);
    if (!scan) return unavailable("scan", scan.error());
    if (blob.place == "config") config = config_of(service, blob);
    blobs.push_back(blob_json(blob, *scan));
    if (*scan) scans.push_back(**std::move(scan));
  }
  const auto current = records.find_decision(record.host, record.repository, record.manifest);
  if (!current) return unavailable("decision", current.error());
  const auto pullers = records.search().pullers(
      {.manifest = record.manifest, .host = record.host, .repository = record.repository, .limit = kPullers});
  if (!pullers) return unavailable("pullers", pullers.error());
  auto story = timeline(records, record, scans, *pullers);
  if (!story) return unavailable("timeline", story.error());

  const auto& decision = record.decision;
  auto waivers = waivers_of(service, decision, record.host, record.repository, record.manifest);
  if (!waivers) return unavailable("waivers", waivers.error());
  const bool is_current = *current && (*current)->id == record.id;
  return json_answer({{"id", hostile(record.id)},
                      {"about", "image"},
                      {"host", hostile(record.host)},
                      {"repository", hostile(record.repository)},
                      {"name", image_name(record.host, record.repository)},
                      {"reference", hostile(record.reference)},
                      {"manifest", record.manifest.text()},
                      {"media_type", hostile(record.manifest_media_type)},
                      {"action", findings::to_string(decision.action)},
                      {"would_block", decision.would_block},
                      {"summary", finished(decision.summary)},
                      {"client_line", client_line(decision, record.id)},
                      {"at", to_json(record.at)},
                      {"current", is_current},
                      {"current_decision", *current ? hostile((*current)->id) : std::string()},
                      {"profile", hostile(record.profile)},
                      {"policy", hostile(record.policy)},
                      {"reasons", list(decision.reasons)},
                      {"names", names_of(record.names, decision)},
                      {"blobs", std::move(blobs)},
                      {"config", std::move(config)},
                      {"timeline", *std::move(story)},
                      {"waivers", *std::move(waivers)},
                      {"pullers", list(*pullers)}});
}

}  // namespace portcullis::api
