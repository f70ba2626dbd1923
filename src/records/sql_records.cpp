// SPDX-License-Identifier: Apache-2.0
#include "sql_records.hpp"

#include "fault.hpp"
#include "postgresql.hpp"
#include "retention.hpp"
#include "sqlite.hpp"
#include "tables.hpp"

namespace portcullis::records {

using soci::session;

namespace {

/// An alert on the first of a kind needs the zero before it.
void announce_counters(util::Metrics& metrics) {
  for (const auto action : {"retro-alert", "bypass-suspected", "image-blocked", "pull-blocked"}) {
    metrics.count("portcullis_events_total", {{"action", action}}, 0);
  }
  for (const auto what : {"decisions", "pulls", "events", "tags"}) {
    metrics.count("portcullis_records_errors_total", {{"what", what}}, 0);
  }
  for (const auto fault :
       {Fault::locked, Fault::full, Fault::corrupt, Fault::gone, Fault::denied, Fault::other}) {
    for (const auto access : {"read", "write"}) {
      metrics.count("portcullis_database_errors_total", {{"fault", to_string(fault)}, {"access", access}}, 0);
    }
  }
}

}  // namespace

util::Result<std::optional<ScanRecord>> SqlRecords::find_scan(const ScanKey& key) {
  return database_->read([&](session& s) { return select_scan(s, key); });
}

util::Result<void> SqlRecords::put_scan(const ScanRecord& record) {
  if (record.result.outcome == findings::Outcome::unavailable) {
    return util::fail(util::ErrorKind::internal,
                      "a scan that did not take place must not be recorded: " + record.key.digest.text());
  }
  return database_->write([&](session& s) { replace_scan(s, record); });
}

util::Result<std::optional<DecisionRecord>> SqlRecords::find_decision(const std::string& host,
                                                                      const std::string& repository,
                                                                      const oci::Digest& manifest) {
  return database_->read([&](session& s) { return select_decision(s, host, repository, manifest); });
}

util::Result<std::optional<DecisionRecord>> SqlRecords::find_decision(const std::string& id) {
  return database_->read([&](session& s) { return select_decision(s, id); });
}

util::Result<std::vector<DecisionRecord>> SqlRecords::newest_decisions() {
  return database_->read([&](session& s) { return select_newest_decisions(s); });
}

util::Result<void> SqlRecords::put_decision(const DecisionRecord& record, const std::vector<Event>& events) {
  auto done = database_->write([&](session& s) {
    insert_decision(s, record);
    for (const auto& event : events) insert_event(s, event);
  });
  if (done) database_->count(events);
  return done;
}

util::Result<bool> SqlRecords::replace_decision(const std::string& before, const DecisionRecord& record,
                                                const std::vector<Event>& events) {
  bool replaced = false;
  const auto written = database_->write([&](session& s) {
    replaced = select_decision_id(s, record.host, record.repository, record.manifest) == before;
    if (!replaced) return;
    insert_decision(s, record);
    for (const auto& event : events) insert_event(s, event);
  });
  if (!written) return tl::unexpected(written.error());
  if (replaced) database_->count(events);
  return replaced;
}

util::Result<void> SqlRecords::put_name_decision(const NameDecision& decision,
                                                 const std::vector<Event>& events) {
  auto done = database_->write([&](session& s) {
    insert_name_decision(s, decision);
    for (const auto& event : events) insert_event(s, event);
  });
  if (done) database_->count(events);
  return done;
}

util::Result<std::optional<NameDecision>> SqlRecords::find_name_decision(const std::string& id) {
  return database_->read([&](session& s) { return select_name_decision(s, id); });
}

util::Result<std::optional<NameDecision>> SqlRecords::find_name_decision(const std::string& host,
                                                                         const std::string& repository) {
  return database_->read([&](session& s) { return select_name_decision(s, host, repository); });
}

util::Result<std::vector<oci::Digest>> SqlRecords::manifests_with_blob(const std::string& host,
                                                                       const std::string& repository,
                                                                       const oci::Digest& blob) {
  return database_->read([&](session& s) { return select_manifests_with_blob(s, host, repository, blob); });
}

util::Result<std::optional<TagRecord>> SqlRecords::find_tag(const std::string& host,
                                                            const std::string& repository,
                                                            const std::string& tag) {
  return database_->read([&](session& s) { return select_tag(s, host, repository, tag); });
}

util::Result<void> SqlRecords::put_tag(const TagRecord& record) {
  return database_->write([&](session& s) { upsert_tag(s, record); });
}

util::Result<std::optional<util::TimePoint>> SqlRecords::first_seen(const oci::Digest& manifest) {
  return database_->read([&](session& s) { return select_first_seen(s, manifest); });
}

util::Result<void> SqlRecords::put_pulls(const std::vector<PullRecord>& pulls) {
  if (pulls.empty()) return {};
  return database_->write([&](session& s) { merge_pulls(s, pulls); });
}

util::Result<void> SqlRecords::put_event(const Event& event) {
  auto done = database_->write([&](session& s) { insert_event(s, event); });
  if (done) database_->count({&event, 1});
  return done;
}

util::Result<bool> SqlRecords::put_event_once(const Event& event) {
  bool fresh = false;
  const auto written = database_->write([&](session& s) {
    EventQuery same;
    same.actions = {event.action};
    same.decision_id = event.decision_id;
    same.limit = 1;
    fresh = select_events(s, same).empty();
    if (fresh) insert_event(s, event);
  });
  if (!written) return tl::unexpected(written.error());
  if (fresh) database_->count({&event, 1});
  return fresh;
}

util::Result<std::vector<Event>> SqlRecords::events(const EventQuery& query) {
  return database_->read([&](session& s) { return select_events(s, query); });
}

util::Result<void> SqlRecords::put_cursor(const std::string& name, std::int64_t sequence,
                                          util::TimePoint now) {
  return database_->write([&](session& s) { upsert_cursor(s, {name, sequence, now}); });
}

util::Result<std::vector<Cursor>> SqlRecords::cursors() {
  return database_->read([](session& s) { return select_cursors(s); });
}

util::Result<void> SqlRecords::remove_cursor(const std::string& name) {
  return database_->write([&](session& s) { delete_cursor(s, name); });
}

util::Result<bool> SqlRecords::take_lease(const Lease& lease, util::TimePoint now) {
  bool taken = false;
  const auto done = database_->write([&](session& s) { taken = records::take_lease(s, lease, now); });
  if (!done) return tl::unexpected(done.error());
  return taken;
}

util::Result<void> SqlRecords::give_up_lease(const std::string& name, const std::string& holder) {
  return database_->write([&](session& s) { delete_lease(s, name, holder); });
}

util::Result<Removed> SqlRecords::remove_old(const Retention& retention, util::TimePoint now) {
  return records::remove_old(*database_, retention, now);
}

util::Result<std::vector<findings::Waiver>> SqlRecords::active_waivers(util::TimePoint now) {
  return database_->read([&](session& s) { return select_active_waivers(s, now); });
}

util::Result<void> SqlRecords::check() {
  if (database_->writable()) {
    const auto written =
        database_->write([](session& s) { s << "UPDATE health SET checks = checks + 1 WHERE id = 1"; });
    if (!written) return written;
  }
  const auto checks = database_->read([](session& s) {
    long long count = 0;
    s << "SELECT checks FROM health WHERE id = 1", soci::into(count);
    return count;
  });
  if (!checks) return tl::unexpected(checks.error());
  return {};
}

util::Result<std::unique_ptr<Records>> open(const std::string& location, const OpenOptions& options) {
  auto database = is_postgresql(location)
                      ? open_postgresql(location, options.mode,
                                        {.password = options.password, .metrics = options.metrics})
                      : open_sqlite(location, options.mode, {.metrics = options.metrics});
  if (!database) return tl::unexpected(database.error());
  if (options.metrics != nullptr) announce_counters(*options.metrics);
  return std::make_unique<SqlRecords>(*std::move(database));
}

}  // namespace portcullis::records
