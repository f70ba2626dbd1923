// SPDX-License-Identifier: Apache-2.0
#include <tuple>

#include "columns.hpp"
#include "encoding.hpp"
#include "tables.hpp"

namespace portcullis::records {
namespace {

using findings::Finding;
using findings::MatchedString;

auto texts(Finding& f) {
  return std::tie(f.rule, f.rule_namespace, f.description, f.author, f.license, f.reference, f.path,
                  f.file_hash);
}
auto texts(MatchedString& s) { return std::tie(s.identifier, s.data, s.before, s.after); }

void insert_strings(soci::session& session, long long scan, const std::vector<Finding>& findings) {
  long long finding = 0;
  long long position = 0;
  MatchedString row;
  soci::statement insert =
      (session.prepare
           << "INSERT INTO matched_strings (scan, finding, position, identifier, match_offset, data,"
              " bytes_before, bytes_after) VALUES (:scan, :finding, :position, :identifier, :match_offset,"
              " :data, :bytes_before, :bytes_after)",
       soci::use(scan), soci::use(finding), soci::use(position), soci::use(row.identifier),
       soci::use(row.offset), soci::use(row.data), soci::use(row.before), soci::use(row.after));
  for (const auto& owner : findings) {
    position = 0;
    for (const auto& string : owner.strings) {
      row = string;
      encode_all(texts(row));
      insert.execute(true);
      ++position;
    }
    ++finding;
  }
}

void insert_findings(soci::session& session, long long scan, const std::vector<Finding>& findings) {
  long long position = 0;
  Finding row;
  std::string techniques;
  soci::statement insert =
      (session.prepare
           << "INSERT INTO findings (scan, position, source, rule, rule_namespace, severity, techniques,"
              " description, author, license, reference, path, file_hash)"
              " VALUES (:scan, :position, :source, :rule, :rule_namespace, :severity, :techniques,"
              " :description, :author, :license, :reference, :path, :file_hash)",
       soci::use(scan), soci::use(position), soci::use(row.source), soci::use(row.rule),
       soci::use(row.rule_namespace), soci::use(row.severity), soci::use(techniques),
       soci::use(row.description), soci::use(row.author), soci::use(row.license), soci::use(row.reference),
       soci::use(row.path), soci::use(row.file_hash));
  for (const auto& finding : findings) {
    row = finding;
    encode_all(texts(row));
    techniques = encode_list(finding.techniques);
    insert.execute(true);
    ++position;
  }
}

std::vector<Finding> select_findings(soci::session& session, long long scan) {
  std::vector<Finding> findings;
  Finding row;
  std::string techniques;
  soci::statement query =
      (session.prepare << "SELECT source, rule, rule_namespace, severity, techniques, description, author,"
                          " license, reference, path, file_hash FROM findings WHERE scan = :scan"
                          " ORDER BY position",
       soci::use(scan), soci::into(row.source), soci::into(row.rule), soci::into(row.rule_namespace),
       soci::into(row.severity), soci::into(techniques), soci::into(row.description), soci::into(row.author),
       soci::into(row.license), soci::into(row.reference), soci::into(row.path), soci::into(row.file_hash));
  query.execute();
  while (query.fetch()) {
    Finding finding = row;
    decode_all(texts(finding));
    auto list = decode_list(techniques);
    if (!list) throw soci::soci_error("a stored list of techniques is damaged");
    finding.techniques = std::move(*list);
    findings.push_back(std::move(finding));
  }
  return findings;
}

void select_strings(soci::session& session, long long scan, std::vector<Finding>& findings) {
  std::size_t finding = 0;
  MatchedString row;
  soci::statement query =
      (session.prepare
           << "SELECT finding, identifier, match_offset, data, bytes_before, bytes_after FROM matched_strings"
              " WHERE scan = :scan ORDER BY finding, position",
       soci::use(scan), soci::into(finding), soci::into(row.identifier), soci::into(row.offset),
       soci::into(row.data), soci::into(row.before), soci::into(row.after));
  query.execute();
  while (query.fetch()) {
    MatchedString string = row;
    decode_all(texts(string));
    findings.at(finding).strings.push_back(std::move(string));
  }
}

void delete_contents(soci::session& session, long long id) {
  for (const auto* statement :
       {"DELETE FROM matched_strings WHERE scan = :id", "DELETE FROM findings WHERE scan = :id"}) {
    session << statement, soci::use(id);
  }
}

}  // namespace

std::optional<ScanRecord> select_scan(soci::session& session, const ScanKey& key) {
  ScanRecord record{.key = key};
  auto& result = record.result;
  auto& counts = result.counts;
  const auto media_type = encode(key.media_type);
  const auto profile = encode(key.profile);
  long long id = 0;
  session << "SELECT id, outcome, reason, truncated, size, entries, files, files_skipped, bytes_in,"
             " bytes_unpacked, started_at, finished_at FROM scans"
             " WHERE digest = :digest AND media_type = :media_type AND profile = :profile",
      soci::use(key.digest.text()), soci::use(media_type), soci::use(profile), soci::into(id),
      soci::into(result.outcome), soci::into(result.reason), soci::into(result.findings_truncated),
      soci::into(record.size), soci::into(counts.entries), soci::into(counts.files),
      soci::into(counts.files_skipped), soci::into(counts.bytes_in), soci::into(counts.bytes_unpacked),
      soci::into(record.started), soci::into(record.finished);
  if (!session.got_data()) return std::nullopt;
  result.reason = decode_column(result.reason);
  result.findings = select_findings(session, id);
  select_strings(session, id, result.findings);
  return record;
}

void replace_scan(soci::session& session, const ScanRecord& record) {
  const auto& result = record.result;
  const auto& counts = result.counts;
  const auto media_type = encode(record.key.media_type);
  const auto profile = encode(record.key.profile);
  const auto reason = encode(result.reason);
  long long id = 0;
  session
      << "INSERT INTO scans (digest, media_type, profile, outcome, reason, truncated, size, entries, files,"
         " files_skipped, bytes_in, bytes_unpacked, started_at, finished_at)"
         " VALUES (:digest, :media_type, :profile, :outcome, :reason, :truncated, :size, :entries, :files,"
         " :files_skipped, :bytes_in, :bytes_unpacked, :started_at, :finished_at)"
         " ON CONFLICT (digest, media_type, profile) DO UPDATE SET outcome = excluded.outcome,"
         " reason = excluded.reason, truncated = excluded.truncated, size = excluded.size,"
         " entries = excluded.entries, files = excluded.files, files_skipped = excluded.files_skipped,"
         " bytes_in = excluded.bytes_in, bytes_unpacked = excluded.bytes_unpacked,"
         " started_at = excluded.started_at, finished_at = excluded.finished_at RETURNING id",
      soci::use(record.key.digest.text()), soci::use(media_type), soci::use(profile),
      soci::use(result.outcome), soci::use(reason), soci::use(result.findings_truncated),
      soci::use(record.size), soci::use(counts.entries), soci::use(counts.files),
      soci::use(counts.files_skipped), soci::use(counts.bytes_in), soci::use(counts.bytes_unpacked),
      soci::use(record.started), soci::use(record.finished), soci::into(id);
  delete_contents(session, id);
  insert_findings(session, id, result.findings);
  insert_strings(session, id, result.findings);
}

}  // namespace portcullis::records
