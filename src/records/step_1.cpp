// SPDX-License-Identifier: Apache-2.0
#include "steps.hpp"

namespace portcullis::records {
namespace {

constexpr std::string_view kStatements[] = {
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

}  // namespace

std::span<const std::string_view> first_step() { return kStatements; }

}  // namespace portcullis::records
