// SPDX-License-Identifier: Apache-2.0
#include "portcullis/records/tokens.hpp"

#include <tuple>

#include "columns.hpp"
#include "encoding.hpp"
#include "portcullis/util/hash.hpp"
#include "portcullis/util/text.hpp"
#include "query.hpp"
#include "tables.hpp"

namespace portcullis::records {
namespace {

constexpr std::string_view kPrefix = "pct_";
constexpr std::size_t kIdLength = 10;
/// 5 bits a character: 260.
constexpr std::size_t kSecretLength = 52;

std::optional<util::TimePoint> if_set(util::TimePoint time) {
  return util::to_millis(time) == 0 ? std::nullopt : std::optional(time);
}

/// Both are SHA-256 in hex. The time it takes does not depend on where they differ.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  }
  return difference == 0;
}

struct Stored {
  TokenRecord record;
  std::string hash;
};

std::vector<Stored> rows_of(soci::session& session, Query& query) {
  std::vector<Stored> rows;
  TokenRecord row;
  std::string role;
  std::string hash;
  util::TimePoint used{};
  util::TimePoint revoked{};
  query.each(
      session,
      [&] {
        TokenRecord record = row;
        record.id = decode_column(row.id);
        record.name = decode_column(row.name);
        const auto parsed = parse_role(role);
        if (!parsed) throw soci::soci_error("a stored role is damaged");
        record.role = *parsed;
        record.last_used = if_set(used);
        record.revoked = if_set(revoked);
        rows.push_back({std::move(record), hash});
      },
      row.id, row.name, role, hash, row.created, row.expires, used, revoked);
  return rows;
}

constexpr std::string_view kSelect =
    "SELECT id, name, role, hash, created_at, expires_at, used_at, revoked_at FROM tokens";

}  // namespace

std::string_view to_string(Role role) noexcept { return role == Role::operator_ ? "operator" : "viewer"; }

std::optional<Role> parse_role(std::string_view text) noexcept {
  for (const auto role : {Role::viewer, Role::operator_}) {
    if (text == to_string(role)) return role;
  }
  return std::nullopt;
}

NewToken make_token(const std::string& name, Role role, util::TimePoint now, util::TimePoint expires) {
  NewToken token;
  token.record = {
      .id = util::random_id(kIdLength), .name = name, .role = role, .created = now, .expires = expires};
  token.secret = std::string(kPrefix) + token.record.id + '_' + util::random_id(kSecretLength);
  return token;
}

void insert_token(soci::session& session, const NewToken& token) {
  const auto id = encode(token.record.id);
  const auto name = encode(token.record.name);
  const std::string role(to_string(token.record.role));
  const auto hash = util::sha256_hex(token.secret);
  session << "INSERT INTO tokens (id, name, role, hash, created_at, expires_at, used_at, revoked_at)"
             " VALUES (:id, :name, :role, :hash, :created_at, :expires_at, 0, 0)",
      soci::use(id), soci::use(name), soci::use(role), soci::use(hash), soci::use(token.record.created),
      soci::use(token.record.expires);
}

std::vector<TokenRecord> select_tokens(soci::session& session) {
  Query query(kSelect);
  query.add(" ORDER BY created_at DESC, id LIMIT ?", kMaxRows);
  std::vector<TokenRecord> records;
  for (auto& stored : rows_of(session, query)) records.push_back(std::move(stored.record));
  return records;
}

bool revoke_token(soci::session& session, const std::string& id, util::TimePoint now) {
  const auto encoded = encode(id);
  std::string revoked;
  session << "UPDATE tokens SET revoked_at = :revoked_at WHERE id = :id AND revoked_at = 0 RETURNING id",
      soci::use(now), soci::use(encoded), soci::into(revoked);
  return session.got_data();
}

std::optional<TokenRecord> verify_token(soci::session& session, std::string_view secret,
                                        util::TimePoint now) {
  constexpr std::size_t kLength = kPrefix.size() + kIdLength + 1 + kSecretLength;
  if (secret.size() != kLength || !secret.starts_with(kPrefix)) return std::nullopt;
  // Found by its id, which is no secret; what is secret is compared here and not by an index.
  Query query(kSelect);
  query.where("id = ?", encode(secret.substr(kPrefix.size(), kIdLength)));
  const auto rows = rows_of(session, query);
  if (rows.empty() || !equal_in_constant_time(rows.front().hash, util::sha256_hex(secret)))
    return std::nullopt;
  const auto& record = rows.front().record;
  if (record.revoked || record.expires <= now) return std::nullopt;
  return record;
}

void note_token_use(soci::session& session, const std::string& id, util::TimePoint now) {
  const auto encoded = encode(id);
  session << "UPDATE tokens SET used_at = :used_at WHERE id = :id", soci::use(now), soci::use(encoded);
}

}  // namespace portcullis::records
