// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>

#include "columns.hpp"
#include "encoding.hpp"
#include "query.hpp"
#include "tables.hpp"

namespace portcullis::records {
namespace {

using findings::Waiver;

auto texts(Waiver& w) {
  return std::tie(w.id, w.rule, w.repository, w.digest, w.file_hash, w.reason, w.author);
}

constexpr std::string_view kSelect =
    "SELECT id, rule, repository, digest, file_hash, reason, author, created_at, expires_at, revoked_at,"
    " revoked_by, revoked_why FROM waivers";

std::vector<WaiverRecord> rows_of(soci::session& session, Query& query) {
  std::vector<WaiverRecord> records;
  Waiver row;
  util::TimePoint revoked_at{};
  std::string revoked_by;
  std::string revoked_why;
  query.each(
      session,
      [&] {
        WaiverRecord record{row, decode_column(revoked_by), decode_column(revoked_why), {}};
        decode_all(texts(record.waiver));
        if (util::to_millis(revoked_at) != 0) record.revoked_at = revoked_at;
        records.push_back(std::move(record));
      },
      row.id, row.rule, row.repository, row.digest, row.file_hash, row.reason, row.author, row.created,
      row.expires, revoked_at, revoked_by, revoked_why);
  return records;
}

std::vector<Waiver> waivers_of(std::vector<WaiverRecord> records) {
  std::vector<Waiver> waivers;
  for (auto& record : records) waivers.push_back(std::move(record.waiver));
  return waivers;
}

template <class... Value>
std::uint64_t count_where(soci::session& session, std::string_view condition, const Value&... values) {
  std::uint64_t count = 0;
  Query query("SELECT COUNT(*) FROM waivers");
  query.where(condition, values...)
      .each(
          session, [] {}, count);
  return count;
}

}  // namespace

std::vector<Waiver> select_active_waivers(soci::session& session, util::TimePoint now) {
  Query query(kSelect);
  query.where("revoked_at = 0").where("expires_at > ?", util::to_millis(now));
  query.add(" ORDER BY id LIMIT ?", kMaxRows);
  return waivers_of(rows_of(session, query));
}

void insert_waiver(soci::session& session, const Waiver& waiver) {
  Waiver row = waiver;
  encode_all(texts(row));
  session
      << "INSERT INTO waivers (id, rule, repository, digest, file_hash, reason, author, created_at, "
         "expires_at)"
         " VALUES (:id, :rule, :repository, :digest, :file_hash, :reason, :author, :created_at, :expires_at)",
      soci::use(row.id), soci::use(row.rule), soci::use(row.repository), soci::use(row.digest),
      soci::use(row.file_hash), soci::use(row.reason), soci::use(row.author), soci::use(row.created),
      soci::use(row.expires);
}

std::optional<WaiverRecord> select_waiver(soci::session& session, const std::string& id) {
  Query query(kSelect);
  query.where("id = ?", encode(id));
  auto rows = rows_of(session, query);
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

std::vector<WaiverRecord> select_waivers(soci::session& session, const WaiverQuery& query,
                                         util::TimePoint now) {
  Query sql(kSelect);
  const auto millis = util::to_millis(now);
  auto state = query.state;
  if (query.expires_before) {
    state = WaiverState::active;
    sql.where("expires_at < ?", util::to_millis(*query.expires_before));
  }
  if (state == WaiverState::active) sql.where("revoked_at = 0").where("expires_at > ?", millis);
  if (state == WaiverState::expired) sql.where("revoked_at = 0").where("expires_at <= ?", millis);
  if (state == WaiverState::revoked) sql.where("revoked_at <> 0");
  if (!query.after_id.empty()) {
    sql.where("(created_at, id) < (SELECT created_at, id FROM waivers WHERE id = ?)", encode(query.after_id));
  }
  sql.add(" ORDER BY created_at DESC, id DESC LIMIT ?", std::min(query.limit, kMaxRows));
  return rows_of(session, sql);
}

WaiverCounts count_waivers(soci::session& session, util::TimePoint now) {
  const auto millis = util::to_millis(now);
  return {count_where(session, "revoked_at = 0 AND expires_at > ?", millis),
          count_where(session, "revoked_at = 0 AND expires_at <= ?", millis),
          count_where(session, "revoked_at <> 0")};
}

Revoked revoke_waiver(soci::session& session, const std::string& id, const Revocation& revocation) {
  const auto found = select_waiver(session, id);
  if (!found) return Revoked::unknown;
  if (found->state(revocation.at) != WaiverState::active) return Revoked::not_active;
  const auto encoded = encode(id);
  const auto by = encode(revocation.by);
  const auto why = encode(revocation.why);
  session
      << "UPDATE waivers SET revoked_at = :revoked_at, revoked_by = :revoked_by, revoked_why = :revoked_why"
         " WHERE id = :id",
      soci::use(revocation.at), soci::use(by), soci::use(why), soci::use(encoded);
  return Revoked::done;
}

std::vector<Waiver> take_expired_waivers(soci::session& session, util::TimePoint now, std::size_t limit) {
  Query query(kSelect);
  query.where("revoked_at = 0").where("announced_at = 0").where("expires_at <= ?", util::to_millis(now));
  query.add(" ORDER BY expires_at, id LIMIT ?", std::min(limit, kMaxRows));
  auto waivers = waivers_of(rows_of(session, query));
  std::string id;
  soci::statement update =
      (session.prepare << "UPDATE waivers SET announced_at = :announced_at WHERE id = :id", soci::use(now),
       soci::use(id));
  for (const auto& waiver : waivers) {
    id = encode(waiver.id);
    update.execute(true);
  }
  return waivers;
}

}  // namespace portcullis::records
