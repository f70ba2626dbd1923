// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <tuple>

#include "columns.hpp"
#include "encoding.hpp"
#include "query.hpp"
#include "tables.hpp"

namespace portcullis::records {
namespace {

using std::chrono::days;
using std::chrono::hours;

template <class Unit>
long long floor_to(util::TimePoint time) {
  return std::chrono::floor<Unit>(time).time_since_epoch().count();
}

/// The last unit that the period touches.
template <class Unit>
long long last_of(const Period& period) {
  return floor_to<Unit>(period.until - std::chrono::milliseconds(1));
}

std::vector<Ranked> ranking(soci::session& session, Query& sql) {
  std::vector<Ranked> ranked;
  std::string name;
  std::uint64_t count = 0;
  sql.each(
      session,
      [&] {
        ranked.push_back({decode_column(name), count});
      },
      name, count);
  return ranked;
}

}  // namespace

std::vector<TimeBucket> count_pulls(soci::session& session, const Period& period, hours width) {
  const long long step = std::max<long long>(1, width.count());
  const long long first = floor_to<hours>(period.from);
  const long long last = std::max(first, last_of<hours>(period));
  const auto size = std::min<long long>((last - first) / step + 1, static_cast<long long>(kMaxRows));
  std::vector<TimeBucket> buckets(static_cast<std::size_t>(size));
  for (long long i = 0; i < size; ++i) {
    buckets[static_cast<std::size_t>(i)].start = util::TimePoint(hours(first + i * step));
  }
  long long hour = 0;
  findings::Action action{};
  std::uint64_t requests = 0;
  Query sql("SELECT hour, action, requests FROM pull_hours");
  sql.where("hour >= ?", first).where("hour < ?", std::min(last + 1, first + size * step));
  sql.each(
      session,
      [&] {
        auto& bucket = buckets[static_cast<std::size_t>((hour - first) / step)];
        if (action == findings::Action::allow) bucket.allowed += requests;
        if (action == findings::Action::warn) bucket.warned += requests;
        if (action == findings::Action::block) bucket.blocked += requests;
      },
      hour, action, requests);
  return buckets;
}

std::vector<Ranked> rank_rules(soci::session& session, const Period& period, std::size_t limit) {
  Query sql("SELECT code, CAST(SUM(decisions) AS BIGINT) FROM reason_days");
  sql.where("day >= ?", floor_to<days>(period.from)).where("day <= ?", last_of<days>(period));
  sql.add(" GROUP BY code ORDER BY 2 DESC, 1 LIMIT ?", std::min(limit, kMaxRows));
  return ranking(session, sql);
}

std::vector<RankedSquat> rank_squats(soci::session& session, const Period& period, std::size_t limit) {
  std::vector<RankedSquat> ranked;
  RankedSquat row;
  Query sql("SELECT component, subject, target, CAST(SUM(decisions) AS BIGINT) FROM squat_days");
  sql.where("day >= ?", floor_to<days>(period.from)).where("day <= ?", last_of<days>(period));
  sql.add(" GROUP BY component, subject, target ORDER BY 4 DESC, 1, 2, 3 LIMIT ?", std::min(limit, kMaxRows));
  sql.each(
      session,
      [&] {
        auto& squat = ranked.emplace_back(row);
        decode_all(std::tie(squat.component, squat.subject, squat.target));
      },
      row.component, row.subject, row.target, row.count);
  return ranked;
}

std::vector<Ranked> rank_names(soci::session& session, const Period& period,
                               std::optional<findings::Action> action, std::size_t limit) {
  Query sql(
      "SELECT n.host || '/' || n.repository, top.requests FROM (SELECT name, CAST(SUM(requests) AS BIGINT)"
      " AS requests FROM pull_days");
  sql.where("day >= ?", floor_to<days>(period.from)).where("day <= ?", last_of<days>(period));
  if (action) sql.where("action = ?", std::string(findings::to_string(*action)));
  sql.add(" GROUP BY name ORDER BY 2 DESC, 1 LIMIT ?) top JOIN names n ON n.id = top.name ORDER BY 2 DESC, 1",
          std::min(limit, kMaxRows));
  return ranking(session, sql);
}

}  // namespace portcullis::records
