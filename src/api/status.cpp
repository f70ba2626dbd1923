// SPDX-License-Identifier: Apache-2.0
//
// Is everything in order: what protects, what is reached, what goes on now.
#include "health.hpp"

namespace portcullis::api {
namespace {

constexpr std::string_view kDelivery = "notify/";

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
       {"mode", policy::to_string(policy.mode)},
       {"policy", policy.fingerprint()},
       {"scanner", scanner_json(*service.parts.scanner)},
       {"upstreams", upstreams_json(service)},
       {"judging", judging_json(*service.parts.gate)},
       {"rescans", rescans_json(service.parts.gate->rescans())},
       {"store", {{"bytes", service.parts.store->used_bytes()}}},
       {"waivers", to_json(*waivers)},
       {"events", {{"newest", *newest}}},
       {"notify", deliveries(*cursors, *newest)}});
}

}  // namespace portcullis::api
