// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <span>
#include <tuple>

#include "columns.hpp"
#include "encoding.hpp"
#include "query.hpp"
#include "tables.hpp"

namespace portcullis::records {
namespace {

using findings::EventRule;
using findings::Severity;

constexpr std::size_t kEventsAtOnce = 200;
constexpr std::size_t kMaxAlerts = 1000;  // their closings are asked for by name
constexpr std::string_view kClosed = "decision_id IN (SELECT decision_id FROM events WHERE action = ?)";
constexpr std::string_view kNotClosed =
    "decision_id NOT IN (SELECT decision_id FROM events WHERE action = ?)";

auto texts(Event& e) {
  return std::tie(e.action, e.host, e.repository, e.reference, e.manifest, e.decision_id, e.client_address,
                  e.client_user, e.client_agent, e.message);
}
auto texts(EventRule& r) { return std::tie(r.rule, r.path, r.file_hash, r.layer); }

/// In place: cut to what is stored, and encoded.
template <class Record>
void prepare(Record& record) {
  std::apply([](auto&... text) { (text.resize(std::min(text.size(), kMaxEventText)), ...); }, texts(record));
  encode_all(texts(record));
}

std::string encode_extra(const std::map<std::string, std::string>& extra) {
  std::vector<std::string> items;
  for (const auto& [key, value] : extra) {
    if (items.size() >= 2 * kMaxEventExtra) break;
    items.push_back(key.substr(0, kMaxEventText));
    items.push_back(value.substr(0, kMaxEventExtraText));
  }
  return encode_list(items);
}

std::vector<std::string> decode_items(const std::string& text) {
  auto items = decode_list(text);
  if (!items) throw soci::soci_error("a stored list of an event is damaged");
  return *std::move(items);
}

std::map<std::string, std::string> decode_extra(const std::string& text) {
  const auto items = decode_items(text);
  std::map<std::string, std::string> extra;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) extra[items[i]] = items[i + 1];
  return extra;
}

void insert_rules(soci::session& session, long long event, const std::vector<EventRule>& rules) {
  if (rules.empty()) return;
  long long position = 0;
  EventRule row;
  std::string techniques;
  soci::statement insert =
      (session.prepare
           << "INSERT INTO event_rules (event, position, rule, severity, techniques, path, file_hash, layer)"
              " VALUES (:event, :position, :rule, :severity, :techniques, :path, :file_hash, :layer)",
       soci::use(event), soci::use(position), soci::use(row.rule), soci::use(row.severity),
       soci::use(techniques), soci::use(row.path), soci::use(row.file_hash), soci::use(row.layer));
  for (const auto& rule : rules) {
    if (position >= static_cast<long long>(findings::kMaxEventRules)) break;
    row = rule;
    prepare(row);
    techniques = encode_list(rule.techniques);
    insert.execute(true);
    ++position;
  }
}

/// By number, never by the range of them: what a filter left may lie millions of events apart.
void select_rules(soci::session& session, std::span<Event> events) {
  std::map<std::int64_t, Event*> by_sequence;
  for (auto& event : events) by_sequence[event.sequence] = &event;
  long long event = 0;
  EventRule row;
  std::string techniques;
  Query query("SELECT event, rule, severity, techniques, path, file_hash, layer FROM event_rules");
  query.where("event IN (");
  const char* separator = "?";
  for (const auto& [sequence, ignored] : by_sequence) query.add(std::exchange(separator, ", ?"), sequence);
  query.add(") ORDER BY event, position");
  query.each(
      session,
      [&] {
        const auto owner = by_sequence.find(event);
        if (owner == by_sequence.end()) return;
        EventRule rule = row;
        decode_all(texts(rule));
        rule.techniques = decode_items(techniques);
        owner->second->rules.push_back(std::move(rule));
      },
      event, row.rule, row.severity, techniques, row.path, row.file_hash, row.layer);
}

void add_conditions(Query& sql, const EventQuery& query) {
  sql.where("sequence > ?", query.after_sequence);
  if (query.before_sequence > 0) sql.where("sequence < ?", query.before_sequence);
  if (!query.actions.empty()) {
    sql.where("action IN (");
    const char* separator = "?";
    for (const auto& action : query.actions) sql.add(std::exchange(separator, ", ?"), encode(action));
    sql.add(")");
  }
  if (query.from) sql.where("happened_at >= ?", util::to_millis(*query.from));
  if (query.until) sql.where("happened_at < ?", util::to_millis(*query.until));
  if (!query.host.empty()) sql.where("host = ?", encode(query.host));
  if (!query.repository.empty()) sql.where("repository = ?", encode(query.repository));
  if (!query.manifest.empty()) sql.where("manifest = ?", encode(query.manifest));
  if (!query.decision_id.empty()) sql.where("decision_id = ?", encode(query.decision_id));
  if (!query.client.empty()) {
    sql.where("(client_address = ? OR client_user = ?)", encode(query.client), encode(query.client));
  }
  if (!query.rule.empty()) {
    sql.where("sequence IN (SELECT event FROM event_rules WHERE rule = ?)", encode(query.rule));
  }
  if (query.min_severity > Severity::info) {
    sql.where("severity IN (");
    const char* separator = "?";
    for (const auto severity : {Severity::low, Severity::medium, Severity::high, Severity::critical}) {
      if (severity < query.min_severity) continue;
      sql.add(std::exchange(separator, ", ?"), std::string(findings::to_string(severity)));
    }
    sql.add(")");
  }
  if (!query.text.empty()) {
    const auto pattern = like_anywhere(query.text);
    sql.where(
        "(LOWER(message) LIKE ? ESCAPE '!' OR LOWER(host || '/' || repository) LIKE ? ESCAPE '!'"
        " OR LOWER(reference) LIKE ? ESCAPE '!')",
        pattern, pattern, pattern);
  }
}

}  // namespace

void insert_event(soci::session& session, const Event& event) {
  Event row = event;
  prepare(row);
  const auto extra = encode_extra(event.extra);
  long long sequence = 0;
  session << "INSERT INTO events (happened_at, action, severity, host, repository, reference, manifest,"
             " decision_id, client_address, client_user, client_agent, message, extra) VALUES (:happened_at,"
             " :action, :severity, :host, :repository, :reference, :manifest, :decision_id, :client_address,"
             " :client_user, :client_agent, :message, :extra) RETURNING sequence",
      soci::use(row.at), soci::use(row.action), soci::use(row.severity), soci::use(row.host),
      soci::use(row.repository), soci::use(row.reference), soci::use(row.manifest),
      soci::use(row.decision_id), soci::use(row.client_address), soci::use(row.client_user),
      soci::use(row.client_agent), soci::use(row.message), soci::use(extra), soci::into(sequence);
  insert_rules(session, sequence, event.rules);
}

namespace {

constexpr std::string_view kSelect =
    "SELECT sequence, happened_at, action, severity, host, repository, reference, manifest, decision_id,"
    " client_address, client_user, client_agent, message, extra FROM events";

std::vector<Event> events_of(soci::session& session, Query& sql) {
  std::vector<Event> events;
  Event row;
  std::string extra;
  sql.each(
      session,
      [&] {
        Event event = row;
        decode_all(texts(event));
        event.extra = decode_extra(extra);
        events.push_back(std::move(event));
      },
      row.sequence, row.at, row.action, row.severity, row.host, row.repository, row.reference, row.manifest,
      row.decision_id, row.client_address, row.client_user, row.client_agent, row.message, extra);
  for (std::size_t done = 0; done < events.size(); done += kEventsAtOnce) {
    select_rules(session, std::span(events).subspan(done, std::min(kEventsAtOnce, events.size() - done)));
  }
  return events;
}

}  // namespace

std::vector<Event> select_events(soci::session& session, const EventQuery& query) {
  Query sql(kSelect);
  add_conditions(sql, query);
  sql.add(query.newest ? " ORDER BY sequence DESC LIMIT ?" : " ORDER BY sequence LIMIT ?",
          std::min(query.limit, kMaxRows));
  auto events = events_of(session, sql);
  if (query.newest) std::reverse(events.begin(), events.end());
  return events;
}

std::vector<RetroAlert> select_retro_alerts(soci::session& session, const RetroAlertQuery& query) {
  using State = RetroAlertQuery::State;
  Query sql(kSelect);
  sql.where("action = ?", encode(kRetroAlert));
  if (!query.id.empty()) sql.where("decision_id = ?", encode(query.id));
  if (query.before_sequence > 0) sql.where("sequence < ?", query.before_sequence);
  if (query.state != State::any) {
    sql.where(query.state == State::open ? kNotClosed : kClosed, encode(kRetroAlertClosed));
  }
  sql.add(" ORDER BY sequence DESC LIMIT ?", std::min(query.limit, kMaxAlerts));
  std::vector<RetroAlert> alerts;
  std::map<std::string, RetroAlert*> by_id;
  for (auto& event : events_of(session, sql)) alerts.push_back({std::move(event)});
  if (alerts.empty() || query.state == State::open) return alerts;

  Query closings(kSelect);
  closings.where("action = ?", encode(kRetroAlertClosed)).where("decision_id IN (");
  const char* separator = "?";
  for (auto& alert : alerts) {
    by_id[alert.raised.decision_id] = &alert;
    closings.add(std::exchange(separator, ", ?"), encode(alert.raised.decision_id));
  }
  closings.add(") ORDER BY sequence");
  for (auto& event : events_of(session, closings)) {
    const auto alert = by_id.find(event.decision_id);
    if (alert != by_id.end()) alert->second->closed = std::move(event);
  }
  return alerts;
}

std::uint64_t count_open_retro_alerts(soci::session& session) {
  std::uint64_t count = 0;
  Query sql("SELECT COUNT(*) FROM events");
  sql.where("action = ?", encode(kRetroAlert)).where(kNotClosed, encode(kRetroAlertClosed));
  sql.each(
      session, [] {}, count);
  return count;
}

void upsert_cursor(soci::session& session, const Cursor& cursor) {
  const auto name = encode(cursor.name);
  session
      << "INSERT INTO cursors (name, sequence, updated_at) VALUES (:name, :sequence, :updated_at)"
         " ON CONFLICT (name) DO UPDATE SET sequence = excluded.sequence, updated_at = excluded.updated_at"
         " WHERE excluded.sequence >= cursors.sequence",
      soci::use(name), soci::use(cursor.sequence), soci::use(cursor.updated);
}

std::vector<Cursor> select_cursors(soci::session& session) {
  std::vector<Cursor> cursors;
  Cursor row;
  Query("SELECT name, sequence, updated_at FROM cursors ORDER BY name")
      .each(
          session,
          [&] {
            cursors.push_back({decode_column(row.name), row.sequence, row.updated});
          },
          row.name, row.sequence, row.updated);
  return cursors;
}

void delete_cursor(soci::session& session, const std::string& name) {
  const auto encoded = encode(name);
  session << "DELETE FROM cursors WHERE name = :name", soci::use(encoded);
}

}  // namespace portcullis::records
