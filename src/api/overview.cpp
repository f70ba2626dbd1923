// SPDX-License-Identifier: Apache-2.0
#include "service.hpp"

namespace portcullis::api {
namespace {

using namespace std::chrono_literals;
using findings::Action;

constexpr std::size_t kMaxBuckets = 1000;
constexpr std::size_t kMaxRanked = 50;
constexpr std::size_t kRulesLookedAt = 1000;
constexpr std::size_t kAlerts = 20;

Json to_json(const records::TimeBucket& bucket) {
  return {{"start", api::to_json(bucket.start)},
          {"allowed", bucket.allowed},
          {"warned", bucket.warned},
          {"blocked", bucket.blocked}};
}

/// Names that look like others are reasons too; they have a list of their own.
std::pair<Json, Json> split_names(const std::vector<records::Ranked>& reasons, std::size_t limit) {
  std::pair<Json, Json> lists{Json::array(), Json::array()};
  for (const auto& reason : reasons) {
    auto& list = reason.name.starts_with("name:") ? lists.second : lists.first;
    if (list.size() < limit) list.push_back(api::to_json(reason));
  }
  return lists;
}

}  // namespace

Outcome<Answer> get_overview(Service& service, Call& call) {
  auto& query = call.query;
  records::Period period;
  period.until = query.time("until").value_or(service.now());
  period.from = query.time("from").value_or(period.until - 24h);
  const std::chrono::hours width(query.number("width", 1, 24 * 31));
  const auto limit = query.number("limit", 10, kMaxRanked);
  if (query.problem()) return tl::unexpected(*query.problem());
  if (period.from >= period.until) return bad_request("from: expected a time before until");
  if ((period.until - period.from) / width > static_cast<long>(kMaxBuckets)) {
    return bad_request(
        "width: expected at least " +
        std::to_string((period.until - period.from) / 1h / static_cast<long>(kMaxBuckets) + 1) +
        " hours for that period, or more than " + std::to_string(kMaxBuckets) + " buckets would come");
  }

  auto& records = *service.parts.records;
  auto& search = records.search();
  const auto buckets = search.overview(period, width);
  if (!buckets) return unavailable("overview", buckets.error());
  const auto rules = search.top_rules(period, kRulesLookedAt);
  if (!rules) return unavailable("rules", rules.error());
  const auto names = search.top_names(period, std::nullopt, limit);
  if (!names) return unavailable("names", names.error());
  const auto blocked = search.top_names(period, Action::block, limit);
  if (!blocked) return unavailable("names", blocked.error());
  const auto waivers = records.waivers().count(service.now());
  if (!waivers) return unavailable("waivers", waivers.error());
  const auto alerts = records.events(
      {.limit = kAlerts, .actions = {"retro-alert"}, .from = period.from, .until = period.until});
  if (!alerts) return unavailable("events", alerts.error());

  Json series = Json::array();
  records::TimeBucket total;
  for (const auto& bucket : *buckets) {
    series.push_back(to_json(bucket));
    total.allowed += bucket.allowed;
    total.warned += bucket.warned;
    total.blocked += bucket.blocked;
  }
  auto [top_rules, top_squats] = split_names(*rules, limit);
  return json_answer(
      {{"from", api::to_json(period.from)},
       {"until", api::to_json(period.until)},
       {"width_hours", width.count()},
       {"buckets", std::move(series)},
       {"totals", {{"allowed", total.allowed}, {"warned", total.warned}, {"blocked", total.blocked}}},
       {"top_rules", std::move(top_rules)},
       {"top_squats", std::move(top_squats)},
       {"top_names", list(*names)},
       {"top_blocked", list(*blocked)},
       {"waivers",
        {{"active", waivers->active}, {"expired", waivers->expired}, {"revoked", waivers->revoked}}},
       {"retro_alerts", list(*alerts)}});
}

}  // namespace portcullis::api
