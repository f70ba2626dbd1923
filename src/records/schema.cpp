// SPDX-License-Identifier: Apache-2.0
#include "schema.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "database.hpp"

namespace portcullis::records {
namespace {

constexpr std::string_view kIdentity = "{identity}";

/// Times are milliseconds since the epoch; texts are encoded (encoding.hpp).
constexpr std::string_view kFirst[] = {
    "CREATE TABLE scans (id {identity}, digest TEXT NOT NULL, media_type TEXT NOT NULL, profile TEXT NOT "
    "NULL,"
    " outcome TEXT NOT NULL, reason TEXT NOT NULL, truncated INTEGER NOT NULL, size BIGINT NOT NULL,"
    " entries BIGINT NOT NULL, files BIGINT NOT NULL, files_skipped BIGINT NOT NULL, bytes_in BIGINT NOT "
    "NULL,"
    " bytes_unpacked BIGINT NOT NULL, started_at BIGINT NOT NULL, finished_at BIGINT NOT NULL,"
    " UNIQUE (digest, media_type, profile))",
    "CREATE TABLE findings (scan BIGINT NOT NULL, position BIGINT NOT NULL, source TEXT NOT NULL,"
    " rule TEXT NOT NULL, rule_namespace TEXT NOT NULL, severity TEXT NOT NULL, techniques TEXT NOT NULL,"
    " description TEXT NOT NULL, author TEXT NOT NULL, license TEXT NOT NULL, reference TEXT NOT NULL,"
    " path TEXT NOT NULL, file_hash TEXT NOT NULL, PRIMARY KEY (scan, position))",
    "CREATE TABLE matched_strings (scan BIGINT NOT NULL, finding BIGINT NOT NULL, position BIGINT NOT NULL,"
    " identifier TEXT NOT NULL, match_offset BIGINT NOT NULL, data TEXT NOT NULL,"
    " PRIMARY KEY (scan, finding, position))",

    "CREATE TABLE decisions (sequence {identity}, id TEXT NOT NULL UNIQUE, host TEXT NOT NULL,"
    " repository TEXT NOT NULL, reference TEXT NOT NULL, manifest TEXT NOT NULL, media_type TEXT NOT NULL,"
    " profile TEXT NOT NULL, policy TEXT NOT NULL, action TEXT NOT NULL, would_block INTEGER NOT NULL,"
    " summary TEXT NOT NULL, decided_at BIGINT NOT NULL)",
    "CREATE INDEX decisions_by_manifest ON decisions (host, repository, manifest, sequence)",
    "CREATE TABLE decision_reasons (decision BIGINT NOT NULL, position BIGINT NOT NULL, action TEXT NOT NULL,"
    " severity TEXT NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL, waiver TEXT NOT NULL,"
    " PRIMARY KEY (decision, position))",
    // Host, repository and manifest are repeated here so that one index answers which manifests of a
    // repository refer to a blob; a base layer is in very many decisions of other repositories.
    "CREATE TABLE decision_blobs (decision BIGINT NOT NULL, position BIGINT NOT NULL, digest TEXT NOT NULL,"
    " media_type TEXT NOT NULL, place TEXT NOT NULL, size BIGINT NOT NULL, host TEXT NOT NULL,"
    " repository TEXT NOT NULL, manifest TEXT NOT NULL, PRIMARY KEY (decision, position))",
    "CREATE INDEX decision_blobs_by_digest ON decision_blobs (digest, host, repository, manifest, decision)",
    "CREATE TABLE first_seen (manifest TEXT NOT NULL PRIMARY KEY, seen_at BIGINT NOT NULL)",

    "CREATE TABLE tags (host TEXT NOT NULL, repository TEXT NOT NULL, tag TEXT NOT NULL, digest TEXT NOT "
    "NULL,"
    " media_type TEXT NOT NULL, size BIGINT NOT NULL, seen_at BIGINT NOT NULL,"
    " PRIMARY KEY (host, repository, tag))",
    "CREATE TABLE tag_history (sequence {identity}, host TEXT NOT NULL, repository TEXT NOT NULL,"
    " tag TEXT NOT NULL, digest TEXT NOT NULL, media_type TEXT NOT NULL, size BIGINT NOT NULL,"
    " seen_at BIGINT NOT NULL, moved_at BIGINT NOT NULL)",
    "CREATE INDEX tag_history_by_tag ON tag_history (host, repository, tag, sequence)",

    "CREATE TABLE pulls (client_address TEXT NOT NULL, client_user TEXT NOT NULL, client_agent TEXT NOT NULL,"
    " host TEXT NOT NULL, repository TEXT NOT NULL, manifest TEXT NOT NULL, minute BIGINT NOT NULL,"
    " reference TEXT NOT NULL, action TEXT NOT NULL, check_only INTEGER NOT NULL, decision_id TEXT NOT NULL,"
    " first_at BIGINT NOT NULL, last_at BIGINT NOT NULL, requests BIGINT NOT NULL,"
    " PRIMARY KEY (client_address, client_user, client_agent, host, repository, manifest, minute))",
    "CREATE INDEX pulls_by_repository ON pulls (host, repository, last_at)",
    "CREATE INDEX pulls_by_manifest ON pulls (manifest, last_at)",

    "CREATE TABLE events (sequence {identity}, happened_at BIGINT NOT NULL, action TEXT NOT NULL,"
    " host TEXT NOT NULL, repository TEXT NOT NULL, reference TEXT NOT NULL, manifest TEXT NOT NULL,"
    " decision_id TEXT NOT NULL, client_address TEXT NOT NULL, client_agent TEXT NOT NULL,"
    " message TEXT NOT NULL)",
    "CREATE INDEX events_by_action ON events (action, sequence)",

    "CREATE TABLE waivers (id TEXT NOT NULL PRIMARY KEY, rule TEXT NOT NULL, repository TEXT NOT NULL,"
    " digest TEXT NOT NULL, file_hash TEXT NOT NULL, reason TEXT NOT NULL, author TEXT NOT NULL,"
    " created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL)",
    "CREATE INDEX waivers_by_expiry ON waivers (expires_at)",

    "CREATE TABLE health (id INTEGER NOT NULL PRIMARY KEY, checks BIGINT NOT NULL)",
    "INSERT INTO health (id, checks) VALUES (1, 0)",
};

using Step = std::vector<std::string_view>;

const std::vector<Step>& steps() {
  static const std::vector<Step> all = {
      Step(std::begin(kFirst), std::end(kFirst)),
  };
  return all;
}

std::string in_dialect(std::string_view statement, const Dialect& dialect) {
  std::string text(statement);
  if (const auto at = text.find(kIdentity); at != std::string::npos) {
    text.replace(at, kIdentity.size(), dialect.identity);
  }
  return text;
}

/// 0 for an empty database; absent when it belongs to another program.
util::Result<int> read_version(soci::session& session) {
  constexpr std::size_t kEnoughNames = 200;
  std::vector<std::string> tables(kEnoughNames);
  session.get_table_names(), soci::into(tables);
  if (tables.empty()) return 0;
  if (std::find(tables.begin(), tables.end(), "schema_version") == tables.end()) {
    return util::fail(util::ErrorKind::io, "this is the database of another program (its first table is '" +
                                               tables.front() + "'); choose another file");
  }
  int version = 0;
  session << "SELECT MAX(version) FROM schema_version", soci::into(version);
  return version;
}

util::Result<int> readable_version(soci::session& session) {
  const auto version = read_version(session);
  if (version && *version > known_schema()) {
    return util::fail(util::ErrorKind::io,
                      "the schema has version " + std::to_string(*version) +
                          ", this program knows versions up to " + std::to_string(known_schema()) +
                          "; run the newer Portcullis that wrote it, or choose another data directory");
  }
  return version;
}

}  // namespace

int known_schema() noexcept { return static_cast<int>(steps().size()); }

util::Result<void> migrate(soci::session& session, const Dialect& dialect) {
  // Looked at inside the transaction: two programs may start on the same new file.
  Transaction transaction(session, dialect.begin_write);
  const auto version = readable_version(session);
  if (!version) return tl::unexpected(version.error());
  if (*version == 0) session << "CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY)";
  for (int step = *version; step < known_schema(); ++step) {
    for (const auto statement : steps()[static_cast<std::size_t>(step)]) {
      session << in_dialect(statement, dialect);
    }
    const int reached = step + 1;
    session << "INSERT INTO schema_version (version) VALUES (:version)", soci::use(reached);
  }
  transaction.commit();
  return {};
}

util::Result<void> check_schema(soci::session& session) {
  const auto version = readable_version(session);
  if (!version) return tl::unexpected(version.error());
  if (*version < known_schema()) {
    return util::fail(util::ErrorKind::io,
                      "the schema has version " + std::to_string(*version) + ", this program needs " +
                          std::to_string(known_schema()) +
                          "; start 'portcullis serve' once, it brings the database up to date");
  }
  return {};
}

}  // namespace portcullis::records
