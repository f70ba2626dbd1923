// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <map>
#include <tuple>

#include "columns.hpp"
#include "dimensions.hpp"
#include "encoding.hpp"
#include "tables.hpp"

namespace portcullis::records {
namespace {

using findings::Action;

/// Counts that a batch adds to: requests by hour and action, by day, repository and action.
class Statistics {
 public:
  void add(long long minute, long long name, Action action, long long requests) {
    hours_[{minute / 60, action}] += requests;
    days_[{minute / 1440, name, action}] += requests;
  }

  void write(soci::session& session) const {
    write_hours(session);
    write_days(session);
  }

 private:
  void write_hours(soci::session& session) const {
    long long hour = 0;
    Action action{};
    long long requests = 0;
    soci::statement add =
        (session.prepare
             << "INSERT INTO pull_hours (hour, action, requests) VALUES (:hour, :action, :requests)"
                " ON CONFLICT (hour, action)"
                " DO UPDATE SET requests = pull_hours.requests + excluded.requests",
         soci::use(hour), soci::use(action), soci::use(requests));
    for (const auto& [key, count] : hours_) {
      std::tie(hour, action) = key;
      requests = count;
      add.execute(true);
    }
  }

  void write_days(soci::session& session) const {
    long long day = 0;
    long long name = 0;
    Action action{};
    long long requests = 0;
    soci::statement add =
        (session.prepare << "INSERT INTO pull_days (day, name, action, requests)"
                            " VALUES (:day, :name, :action, :requests) ON CONFLICT (day, name, action)"
                            " DO UPDATE SET requests = pull_days.requests + excluded.requests",
         soci::use(day), soci::use(name), soci::use(action), soci::use(requests));
    for (const auto& [key, count] : days_) {
      std::tie(day, name, action) = key;
      requests = count;
      add.execute(true);
    }
  }

  std::map<std::tuple<long long, Action>, long long> hours_;
  std::map<std::tuple<long long, long long, Action>, long long> days_;
};

void note_pulled(soci::session& session, const std::map<long long, util::TimePoint>& images) {
  long long image = 0;
  util::TimePoint at{};
  soci::statement update = (session.prepare << "UPDATE images SET pulled_at = :pulled_at"
                                               " WHERE id = :id AND pulled_at < :pulled_before",
                            soci::use(at), soci::use(image), soci::use(at));
  for (const auto& [id, last] : images) {
    image = id;
    at = last;
    update.execute(true);
  }
}

}  // namespace

void merge_pulls(soci::session& session, const std::vector<PullRecord>& pulls) {
  Dimensions dimensions(session);
  Statistics statistics;
  std::map<long long, util::TimePoint> pulled;
  PullRecord row;
  long long name = 0;
  long long image = 0;
  long long client = 0;
  long long minute = 0;
  long long requests = 0;
  // The name it was asked by stays that of the first request; what was answered is the newest.
  soci::statement merge =
      (session.prepare
           << "INSERT INTO pulls (name, image, client, minute, reference, action, check_only, decision_id,"
              " first_at, last_at, requests) VALUES (:name, :image, :client, :minute, :reference, :action,"
              " :check_only, :decision_id, :first_at, :last_at, :requests)"
              " ON CONFLICT (image, minute, client)"
              " DO UPDATE SET requests = pulls.requests + excluded.requests,"
              " check_only = CASE WHEN excluded.check_only = 0 THEN 0 ELSE pulls.check_only END,"
              " action = CASE WHEN excluded.last_at >= pulls.last_at THEN excluded.action ELSE pulls.action "
              "END,"
              " decision_id = CASE WHEN excluded.last_at >= pulls.last_at THEN excluded.decision_id"
              " ELSE pulls.decision_id END,"
              " first_at = CASE WHEN excluded.first_at < pulls.first_at THEN excluded.first_at"
              " ELSE pulls.first_at END,"
              " last_at = CASE WHEN excluded.last_at > pulls.last_at THEN excluded.last_at"
              " ELSE pulls.last_at END",
       soci::use(name), soci::use(image), soci::use(client), soci::use(minute), soci::use(row.reference),
       soci::use(row.action), soci::use(row.check_only), soci::use(row.decision_id), soci::use(row.first),
       soci::use(row.last), soci::use(requests));
  soci::statement puller =
      (session.prepare
           << "INSERT INTO pullers (image, client, first_at, last_at, requests, action)"
              " VALUES (:image, :client, :first_at, :last_at, :requests, :action) ON CONFLICT (image, client)"
              " DO UPDATE SET requests = pullers.requests + excluded.requests,"
              " action = CASE WHEN excluded.last_at >= pullers.last_at THEN excluded.action"
              " ELSE pullers.action END,"
              " first_at = CASE WHEN excluded.first_at < pullers.first_at THEN excluded.first_at"
              " ELSE pullers.first_at END,"
              " last_at = CASE WHEN excluded.last_at > pullers.last_at THEN excluded.last_at"
              " ELSE pullers.last_at END",
       soci::use(image), soci::use(client), soci::use(row.first), soci::use(row.last), soci::use(requests),
       soci::use(row.action));
  for (const auto& pull : pulls) {
    row = pull;
    row.reference = encode(pull.reference);
    row.decision_id = encode(pull.decision_id);
    name = dimensions.name(pull.host, pull.repository);
    image = dimensions.image(name, manifest_column(pull.manifest));
    client = dimensions.client(pull);
    minute = std::chrono::floor<std::chrono::minutes>(pull.first).time_since_epoch().count();
    requests = pull.requests;
    merge.execute(true);
    puller.execute(true);
    statistics.add(minute, name, pull.action, requests);
    auto& last = pulled[image];
    last = std::max(last, pull.last);
  }
  statistics.write(session);
  note_pulled(session, pulled);
}

}  // namespace portcullis::records
