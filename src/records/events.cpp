// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>

#include "columns.hpp"
#include "encoding.hpp"
#include "tables.hpp"

namespace portcullis::records {
namespace {

auto texts(Event& e) {
  return std::tie(e.action, e.host, e.repository, e.reference, e.manifest, e.decision_id, e.client_address,
                  e.client_agent, e.message);
}

}  // namespace

void insert_event(soci::session& session, const Event& event) {
  Event row = event;
  encode_all(texts(row));
  session << "INSERT INTO events (happened_at, action, host, repository, reference, manifest, decision_id,"
             " client_address, client_agent, message) VALUES (:happened_at, :action, :host, :repository,"
             " :reference, :manifest, :decision_id, :client_address, :client_agent, :message)",
      soci::use(row.at), soci::use(row.action), soci::use(row.host), soci::use(row.repository),
      soci::use(row.reference), soci::use(row.manifest), soci::use(row.decision_id),
      soci::use(row.client_address), soci::use(row.client_agent), soci::use(row.message);
}

std::vector<Event> select_events(soci::session& session, const EventQuery& query) {
  const auto action = encode(query.action);
  const auto rows = std::min(query.limit, kMaxRows);
  std::vector<Event> events;
  Event row;
  std::string sql =
      "SELECT sequence, happened_at, action, host, repository, reference, manifest, decision_id,"
      " client_address, client_agent, message FROM events WHERE sequence > :after_sequence";
  sql += action.empty() ? " AND :action = ''" : " AND action = :action";
  sql += query.newest ? " ORDER BY sequence DESC" : " ORDER BY sequence";
  sql += " LIMIT :row_limit";
  soci::statement select =
      (session.prepare << sql, soci::use(query.after_sequence), soci::use(action), soci::use(rows),
       soci::into(row.sequence), soci::into(row.at), soci::into(row.action), soci::into(row.host),
       soci::into(row.repository), soci::into(row.reference), soci::into(row.manifest),
       soci::into(row.decision_id), soci::into(row.client_address), soci::into(row.client_agent),
       soci::into(row.message));
  select.execute();
  while (select.fetch()) {
    Event event = row;
    decode_all(texts(event));
    events.push_back(std::move(event));
  }
  if (query.newest) std::reverse(events.begin(), events.end());
  return events;
}

}  // namespace portcullis::records
