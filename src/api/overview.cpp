// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "health.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::api {
namespace {

using namespace std::chrono_literals;
using findings::Action;

constexpr std::size_t kMaxBuckets = 1000;
constexpr std::size_t kMaxRanked = 50;
constexpr std::size_t kRulesLookedAt = 1000;
constexpr std::size_t kAlerts = 20;
constexpr std::chrono::milliseconds kLongestRange = std::chrono::days(36'500);
constexpr std::chrono::hours kWidths[] = {1h, 2h, 3h, 6h, 12h, 24h, 48h, 168h};
constexpr long kGoodBuckets = 200;  // that a chart can show

Json to_json(const records::TimeBucket& bucket) {
  return {{"start", api::to_json(bucket.start)},
          {"allowed", bucket.allowed},
          {"warned", bucket.warned},
          {"blocked", bucket.blocked}};
}

Json to_json(const records::RankedSquat& squat) {
  return {{"name", hostile(squat.subject)},
          {"component", hostile(squat.component)},
          {"target", hostile(squat.target)},
          {"count", squat.count}};
}

/// Names that look like others are reasons too; they have a list of their own.
Json without_names(const std::vector<records::Ranked>& reasons, std::size_t limit) {
  Json rules = Json::array();
  for (const auto& reason : reasons) {
    if (rules.size() == limit) break;
    if (!reason.name.starts_with("name:") && reason.name != "deny:name")
      rules.push_back(api::to_json(reason));
  }
  return rules;
}

std::chrono::hours good_width(const records::Period& period) {
  for (const auto width : kWidths) {
    if ((period.until - period.from) / width <= kGoodBuckets) return width;
  }
  return std::chrono::ceil<std::chrono::hours>((period.until - period.from) / kGoodBuckets);
}

/// What `from`, `until` and `range` say; what is wrong is noted in `query`.
records::Period period_of(Query& query, util::TimePoint now) {
  records::Period period{.until = query.time("until").value_or(now)};
  const auto from = query.time("from");
  std::chrono::milliseconds range = 24h;
  if (const auto text = query.text("range"); !text.empty()) {
    const auto parsed = util::parse_duration(text);
    if (!parsed || *parsed <= 0ms || *parsed > kLongestRange) {
      query.note("range", "a duration such as 24h or 7d");
    } else if (from) {
      query.note("range", "either from or range, not both");
    } else {
      range = *parsed;
    }
  }
  period.from = from.value_or(period.until - range);
  return period;
}

}  // namespace

Outcome<Answer> get_overview(Service& service, Call& call) {
  auto& query = call.query;
  const auto period = period_of(query, service.now());
  const std::chrono::hours asked(query.number("width", 1, 24 * 31));
  const auto limit = query.number("limit", 10, kMaxRanked);
  if (query.problem()) return tl::unexpected(*query.problem());
  if (period.from >= period.until) return bad_request("from: expected a time before until");
  const auto width = query.has("width") ? asked : good_width(period);
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
  const auto squats = search.top_squats(period, limit);
  if (!squats) return unavailable("names", squats.error());
  const auto alerts = search.retro_alerts({.state = records::RetroAlertQuery::State::open, .limit = kAlerts});
  if (!alerts) return unavailable("alerts", alerts.error());
  const auto open = search.count_open_retro_alerts();
  if (!open) return unavailable("alerts", open.error());

  Json series = Json::array();
  records::TimeBucket total;
  for (const auto& bucket : *buckets) {
    series.push_back(to_json(bucket));
    total.allowed += bucket.allowed;
    total.warned += bucket.warned;
    total.blocked += bucket.blocked;
  }
  Json top_squats = Json::array();
  for (const auto& squat : *squats) top_squats.push_back(to_json(squat));
  return json_answer(
      {{"from", api::to_json(period.from)},
       {"until", api::to_json(period.until)},
       {"width_hours", width.count()},
       {"buckets", std::move(series)},
       {"totals", {{"allowed", total.allowed}, {"warned", total.warned}, {"blocked", total.blocked}}},
       {"top_rules", without_names(*rules, limit)},
       {"top_squats", std::move(top_squats)},
       {"top_names", list(*names)},
       {"top_blocked", list(*blocked)},
       {"waivers", api::to_json(*waivers)},
       {"retro_alerts", list(*alerts)},
       {"retro_alerts_open", *open},
       {"judging", judging_json(*service.parts.gate)},
       {"protection", protection_json(service)}});
}

}  // namespace portcullis::api
