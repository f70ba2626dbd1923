// SPDX-License-Identifier: Apache-2.0
//
// One decision with all that led to it.
#include <algorithm>
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

/// What happened to this manifest in this repository, oldest first.
util::Result<Json> timeline(Service& service, const records::DecisionRecord& decision,
                            const std::vector<records::ScanRecord>& scans,
                            const std::vector<records::Puller>& pullers) {
  auto& records = *service.parts.records;
  std::vector<Moment> moments;
  const auto seen = records.first_seen(decision.manifest);
  if (!seen) return tl::unexpected(seen.error());
  if (*seen) moments.push_back({**seen, "first-seen", "first met by this Portcullis", {}});
  const auto events = records.events({.limit = kEvents,
                                      .host = decision.host,
                                      .repository = decision.repository,
                                      .manifest = decision.manifest.text()});
  if (!events) return tl::unexpected(events.error());
  for (const auto& event : *events) {
    moments.push_back({event.at, hostile(event.action), finished(event.message), hostile(event.decision_id)});
  }
  for (const auto& scan : scans) {
    moments.push_back({scan.finished,
                       "scanned",
                       scan.key.digest.text() + ": " + std::string(findings::to_string(scan.result.outcome)),
                       {}});
  }
  if (!pullers.empty()) {
    const auto by_first = [](const auto& a, const auto& b) { return a.first < b.first; };
    const auto by_last = [](const auto& a, const auto& b) { return a.last < b.last; };
    const auto& first = *std::ranges::min_element(pullers, by_first);
    const auto& last = *std::ranges::max_element(pullers, by_last);
    moments.push_back({first.first, "first-pull", "by " + hostile(first.address), {}});
    moments.push_back({last.last, "last-pull", "by " + hostile(last.address), {}});
  }
  std::ranges::stable_sort(moments, {}, &Moment::at);
  Json all = Json::array();
  for (const auto& moment : moments) {
    all.push_back({{"at", to_json(moment.at)},
                   {"what", moment.what},
                   {"text", moment.text},
                   {"decision", moment.decision}});
  }
  return all;
}

/// The names it was judged by; what is known of them stands in the reasons.
Json names_of(const findings::Decision& decision) {
  Json all = Json::array();
  for (const auto& reason : decision.reasons) {
    if (reason.code.starts_with("name:")) all.push_back(to_json(reason));
  }
  return all;
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
  if (!*found) return not_found("there is no decision " + hostile(id) + "; it may be older than is kept");
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
  auto story = timeline(service, record, scans, *pullers);
  if (!story) return unavailable("timeline", story.error());

  const auto& decision = record.decision;
  const bool is_current = *current && (*current)->id == record.id;
  return json_answer({{"id", hostile(record.id)},
                      {"host", hostile(record.host)},
                      {"repository", hostile(record.repository)},
                      {"name", image_name(record.host, record.repository)},
                      {"reference", hostile(record.reference)},
                      {"manifest", record.manifest.text()},
                      {"media_type", hostile(record.manifest_media_type)},
                      {"action", findings::to_string(decision.action)},
                      {"would_block", decision.would_block},
                      {"summary", finished(decision.summary)},
                      // What a client is told, had it been blocked.
                      {"client_line", decision.action == findings::Action::block || decision.would_block
                                          ? finished(policy::client_line(decision, record.id))
                                          : std::string()},
                      {"at", to_json(record.at)},
                      {"current", is_current},
                      {"current_decision", *current ? hostile((*current)->id) : std::string()},
                      {"profile", hostile(record.profile)},
                      {"policy", hostile(record.policy)},
                      {"reasons", list(decision.reasons)},
                      {"names", names_of(decision)},
                      {"blobs", std::move(blobs)},
                      {"config", std::move(config)},
                      {"timeline", *std::move(story)},
                      {"pullers", list(*pullers)}});
}

}  // namespace portcullis::api
