// SPDX-License-Identifier: Apache-2.0
//
// Is everything in order: what protects, what is reached, what goes on now.
#include "service.hpp"

namespace portcullis::api {
namespace {

constexpr std::string_view kDelivery = "notify/";

template <class Number>
Json or_null(const std::optional<Number>& number) {
  return number ? Json(*number) : Json(nullptr);
}

Json to_json(const std::optional<upstream::RateLimit>& limit) {
  if (!limit) return nullptr;
  return {{"limit", or_null(limit->limit)},
          {"remaining", or_null(limit->remaining)},
          {"window_seconds", limit->window ? Json(limit->window->count()) : Json(nullptr)},
          {"source", hostile(limit->source)},
          {"at", api::to_json(limit->at)}};
}

Json upstreams(const Service& service) {
  Json all = Json::array();
  for (const auto* registry : service.parts.registries) {
    const auto health = registry->status();
    all.push_back(
        {{"name", hostile(registry->options().name)},
         {"url", hostile(registry->options().url)},
         {"well", health.failures_in_a_row == 0},
         {"last_success", api::to_json(health.last_success)},
         {"last_failure", api::to_json(health.last_failure)},
         {"last_error", hostile(health.last_error)},
         {"failures_in_a_row", health.failures_in_a_row},
         {"rate_limit", to_json(health.rate_limit)},
         {"retry_after_seconds", health.retry_after ? Json(health.retry_after->count()) : Json(nullptr)}});
  }
  return all;
}

Json scanner(const scan::Service& scanner) {
  const auto profile = scanner.profile();
  return {{"ready", scanner.ready()},
          {"profile", hostile(profile.id)},
          {"rules", profile.rules},
          {"rule_files", profile.files},
          {"set_aside", list(profile.set_aside)},
          {"protections", texts(profile.protections)}};
}

Json judging(const gate::Gate& gate) {
  Json all = Json::array();
  for (const auto& image : gate.judging()) {
    all.push_back({{"name", image_name(image.host, image.repository)},
                   {"reference", hostile(image.reference)},
                   {"manifest", image.manifest.text()},
                   {"why", image.why == gate::JudgingNow::Why::rescan ? "rescan" : "asked"},
                   {"since", api::to_json(image.since)},
                   {"blobs", image.blobs},
                   {"blobs_done", image.blobs_done},
                   {"bytes", image.bytes},
                   {"bytes_done", image.bytes_done}});
  }
  return all;
}

Json rescans(const gate::Gate& gate) {
  const auto progress = gate.rescans();
  return {{"profile", hostile(progress.profile)},
          {"since", api::to_json(progress.since)},
          {"until", api::to_json(progress.until)},
          {"total", progress.total},
          {"done", progress.done},
          {"left", progress.left},
          {"failed", progress.failed},
          {"last_failure", finished(progress.last_failure)},
          {"current", texts(progress.current)}};
}

/// How far each target of notifications has been served.
Json deliveries(const std::vector<records::Cursor>& cursors, std::int64_t newest) {
  Json all = Json::array();
  for (const auto& cursor : cursors) {
    const auto name = cursor.name.starts_with(kDelivery) ? cursor.name.substr(kDelivery.size()) : cursor.name;
    all.push_back({{"name", hostile(name)},
                   {"sequence", cursor.sequence},
                   {"behind", std::max<std::int64_t>(newest - cursor.sequence, 0)},
                   {"updated", api::to_json(cursor.updated)}});
  }
  return all;
}

}  // namespace

Outcome<Answer> get_status(Service& service, Call&) {
  auto& records = *service.parts.records;
  const auto now = service.now();
  const auto newest = service.feed.newest();
  if (!newest) return unavailable("events", newest.error());
  const auto cursors = records.cursors();
  if (!cursors) return unavailable("notifications", cursors.error());
  const auto waivers = records.waivers().count(now);
  if (!waivers) return unavailable("waivers", waivers.error());
  const auto policy = service.parts.policy();
  return json_answer(
      {{"version", service.options.version},
       {"now", api::to_json(now)},
       {"started", api::to_json(service.started)},
       {"uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(now - service.started).count()},
       {"mode", policy.mode == policy::Mode::audit ? "audit" : "enforce"},
       {"policy", policy.fingerprint()},
       {"scanner", scanner(*service.parts.scanner)},
       {"upstreams", upstreams(service)},
       {"judging", judging(*service.parts.gate)},
       {"rescans", rescans(*service.parts.gate)},
       {"store", {{"bytes", service.parts.store->used_bytes()}}},
       {"waivers",
        {{"active", waivers->active}, {"expired", waivers->expired}, {"revoked", waivers->revoked}}},
       {"events", {{"newest", *newest}}},
       {"notify", deliveries(*cursors, *newest)}});
}

}  // namespace portcullis::api
