// SPDX-License-Identifier: Apache-2.0
//
// Search, statistics, waivers that end, tokens, cursors, file inventory; pulls without repeated texts.
#include "steps.hpp"

namespace portcullis::records {
namespace {

constexpr std::string_view kStatements[] = {
    "CREATE TABLE names (id {identity}, host TEXT NOT NULL, repository TEXT NOT NULL, UNIQUE (host, "
    "repository))",
    "CREATE TABLE clients (id {identity}, address TEXT NOT NULL, user_name TEXT NOT NULL, agent TEXT NOT "
    "NULL,"
    " UNIQUE (address, user_name, agent))",
    "CREATE INDEX clients_by_user ON clients (user_name)",
    // What is known of a manifest in a repository now: its current decision (0: none), when it was last
    // pulled.
    "CREATE TABLE images (id {identity}, name BIGINT NOT NULL, manifest TEXT NOT NULL, decision BIGINT NOT "
    "NULL,"
    " action TEXT NOT NULL, decided_at BIGINT NOT NULL, pulled_at BIGINT NOT NULL, UNIQUE (name, manifest))",
    "INSERT INTO names (host, repository) SELECT host, repository FROM decisions"
    " UNION SELECT host, repository FROM pulls",
    "INSERT INTO clients (address, user_name, agent)"
    " SELECT DISTINCT client_address, client_user, client_agent FROM pulls",
    "INSERT INTO images (name, manifest, decision, action, decided_at, pulled_at)"
    " SELECT n.id, d.manifest, d.sequence, d.action, d.decided_at, 0 FROM decisions d"
    " JOIN (SELECT MAX(sequence) AS newest FROM decisions GROUP BY host, repository, manifest) last"
    " ON last.newest = d.sequence JOIN names n ON n.host = d.host AND n.repository = d.repository"
    " ORDER BY d.sequence",
    "INSERT INTO images (name, manifest, decision, action, decided_at, pulled_at)"
    " SELECT DISTINCT n.id, p.manifest, 0, 'block', 0, 0 FROM pulls p"
    " JOIN names n ON n.host = p.host AND n.repository = p.repository"
    " WHERE NOT EXISTS (SELECT 1 FROM images i WHERE i.name = n.id AND i.manifest = p.manifest)",
    "CREATE INDEX images_by_manifest ON images (manifest)",
    "CREATE INDEX images_by_decision ON images (decision)",
    "CREATE INDEX images_by_action ON images (action, decision)",
    "CREATE INDEX images_by_name ON images (name, decision)",
    "CREATE INDEX images_by_pull ON images (pulled_at, id)",

    "DROP INDEX pulls_by_repository",
    "DROP INDEX pulls_by_manifest",
    "ALTER TABLE pulls RENAME TO pulls_1",
    "CREATE TABLE pulls (id {identity}, name BIGINT NOT NULL, image BIGINT NOT NULL, client BIGINT NOT NULL,"
    " minute BIGINT NOT NULL, reference TEXT NOT NULL, action TEXT NOT NULL, check_only INTEGER NOT NULL,"
    " decision_id TEXT NOT NULL, first_at BIGINT NOT NULL, last_at BIGINT NOT NULL, requests BIGINT NOT NULL,"
    " UNIQUE (image, minute, client))",
    "INSERT INTO pulls (name, image, client, minute, reference, action, check_only, decision_id, first_at, "
    "last_at,"
    " requests) SELECT n.id, i.id, c.id, p.minute, p.reference, p.action, p.check_only, p.decision_id, "
    "p.first_at,"
    " p.last_at, p.requests FROM pulls_1 p JOIN names n ON n.host = p.host AND n.repository = p.repository"
    " JOIN images i ON i.name = n.id AND i.manifest = p.manifest JOIN clients c ON c.address = "
    "p.client_address"
    " AND c.user_name = p.client_user AND c.agent = p.client_agent ORDER BY p.minute, p.last_at",
    "DROP TABLE pulls_1",
    // Columns that do not change, so that a pull that merges into its minute touches no index.
    "CREATE INDEX pulls_by_minute ON pulls (minute, id)",
    "CREATE INDEX pulls_by_name ON pulls (name, minute, id)",
    "CREATE INDEX pulls_by_client ON pulls (client, minute, id)",
    "CREATE INDEX pulls_not_allowed ON pulls (action, minute, id) WHERE action <> 'allow'",
    "UPDATE images SET pulled_at = COALESCE((SELECT MAX(p.minute) * 60000 FROM pulls p"
    " WHERE p.image = images.id), 0)",

    // Who pulled what. Outlives the pulls, so that an alert months later still has its addressees.
    "CREATE TABLE pullers (image BIGINT NOT NULL, client BIGINT NOT NULL, first_at BIGINT NOT NULL,"
    " last_at BIGINT NOT NULL, requests BIGINT NOT NULL, action TEXT NOT NULL, PRIMARY KEY (image, client)) "
    "{clustered}",
    "INSERT INTO pullers (image, client, first_at, last_at, requests, action)"
    " SELECT g.image, g.client, g.first_at, g.last_at, g.requests, p.action FROM (SELECT image, client,"
    " MIN(first_at) AS first_at, MAX(last_at) AS last_at, SUM(requests) AS requests, MAX(minute) AS minute"
    " FROM pulls GROUP BY image, client) g"
    " JOIN pulls p ON p.image = g.image AND p.client = g.client AND p.minute = g.minute",
    "CREATE INDEX pullers_by_client ON pullers (client, last_at)",
    "CREATE INDEX pullers_by_age ON pullers (last_at, image, client)",
    "CREATE TABLE pull_hours (hour BIGINT NOT NULL, action TEXT NOT NULL, requests BIGINT NOT NULL,"
    " PRIMARY KEY (hour, action))",
    "INSERT INTO pull_hours (hour, action, requests)"
    " SELECT minute / 60, action, SUM(requests) FROM pulls GROUP BY minute / 60, action",
    "CREATE TABLE pull_days (day BIGINT NOT NULL, name BIGINT NOT NULL, action TEXT NOT NULL,"
    " requests BIGINT NOT NULL, PRIMARY KEY (day, name, action)) {clustered}",
    "INSERT INTO pull_days (day, name, action, requests)"
    " SELECT minute / 1440, name, action, SUM(requests) FROM pulls GROUP BY minute / 1440, name, action",
    "CREATE TABLE reason_days (day BIGINT NOT NULL, code TEXT NOT NULL, decisions BIGINT NOT NULL,"
    " PRIMARY KEY (day, code))",
    "INSERT INTO reason_days (day, code, decisions) SELECT d.decided_at / 86400000, r.code,"
    " COUNT(DISTINCT d.sequence) FROM decision_reasons r JOIN decisions d ON d.sequence = r.decision"
    " WHERE r.action <> 'allow' GROUP BY d.decided_at / 86400000, r.code",

    "ALTER TABLE events ADD COLUMN severity TEXT NOT NULL DEFAULT 'info'",
    "ALTER TABLE events ADD COLUMN client_user TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE events ADD COLUMN extra TEXT NOT NULL DEFAULT ''",
    "CREATE TABLE event_rules (event BIGINT NOT NULL, position BIGINT NOT NULL, rule TEXT NOT NULL,"
    " severity TEXT NOT NULL, techniques TEXT NOT NULL, path TEXT NOT NULL, file_hash TEXT NOT NULL,"
    " layer TEXT NOT NULL, PRIMARY KEY (event, position))",
    "CREATE INDEX event_rules_by_rule ON event_rules (rule, event)",
    "CREATE INDEX events_by_name ON events (host, repository, sequence)",
    "CREATE INDEX events_by_client ON events (client_address, sequence)",
    "CREATE INDEX events_by_user ON events (client_user, sequence)",
    "CREATE INDEX events_by_manifest ON events (manifest, sequence)",
    "CREATE INDEX events_by_time ON events (happened_at)",
    "CREATE TABLE cursors (name TEXT NOT NULL PRIMARY KEY, sequence BIGINT NOT NULL, updated_at BIGINT NOT "
    "NULL)",

    "ALTER TABLE waivers ADD COLUMN revoked_at BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE waivers ADD COLUMN revoked_by TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE waivers ADD COLUMN revoked_why TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE waivers ADD COLUMN announced_at BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX waivers_by_creation ON waivers (created_at, id)",

    "CREATE TABLE tokens (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, hash TEXT "
    "NOT NULL,"
    " created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT NOT NULL, revoked_at BIGINT NOT "
    "NULL)",

    "CREATE TABLE layers (id {identity}, digest TEXT NOT NULL UNIQUE, complete INTEGER NOT NULL,"
    " truncated INTEGER NOT NULL, recorded_at BIGINT NOT NULL)",
    "CREATE TABLE layer_files (layer BIGINT NOT NULL, position BIGINT NOT NULL, path TEXT NOT NULL,"
    " name TEXT NOT NULL, hash TEXT NOT NULL, size BIGINT NOT NULL, type TEXT NOT NULL,"
    " PRIMARY KEY (layer, position))",
    "CREATE INDEX layer_files_by_hash ON layer_files (hash)",
    "CREATE INDEX layer_files_by_name ON layer_files (name)",

    "CREATE INDEX findings_by_hash ON findings (file_hash)",
    "CREATE INDEX findings_by_path ON findings (path)",
    "CREATE INDEX decision_reasons_by_code ON decision_reasons (code, decision)",
    "CREATE INDEX decision_reasons_by_waiver ON decision_reasons (waiver, decision)",
    "CREATE INDEX tags_by_digest ON tags (digest)",
    "CREATE INDEX decisions_by_age ON decisions (decided_at)",
    "CREATE INDEX scans_by_age ON scans (finished_at)",
    "CREATE INDEX tag_history_by_age ON tag_history (moved_at)",
};

}  // namespace

std::span<const std::string_view> second_step() { return kStatements; }

}  // namespace portcullis::records
