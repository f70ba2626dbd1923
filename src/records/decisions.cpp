// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <set>
#include <tuple>

#include "columns.hpp"
#include "dimensions.hpp"
#include "encoding.hpp"
#include "tables.hpp"

namespace portcullis::records {
namespace {

using findings::Reason;

auto texts(DecisionRecord& r) {
  return std::tie(r.id, r.host, r.repository, r.reference, r.manifest_media_type, r.profile, r.policy,
                  r.decision.summary);
}
auto texts(NameDecision& d) {
  return std::tie(d.id, d.host, d.repository, d.reference, d.policy, d.decision.summary);
}
auto texts(Reason& r) { return std::tie(r.code, r.text, r.waiver); }
auto texts(ImageBlob& b) { return std::tie(b.media_type, b.place); }

/// oci::Digest has no empty value; rows are filled in before the real one is known.
oci::Digest placeholder() { return oci::Digest::of(""); }

void insert_reasons(soci::session& session, long long decision, const std::vector<Reason>& reasons) {
  long long position = 0;
  Reason row;
  soci::statement insert =
      (session.prepare
           << "INSERT INTO decision_reasons (decision, position, action, severity, code, text, waiver)"
              " VALUES (:decision, :position, :action, :severity, :code, :text, :waiver)",
       soci::use(decision), soci::use(position), soci::use(row.action), soci::use(row.severity),
       soci::use(row.code), soci::use(row.text), soci::use(row.waiver));
  for (const auto& reason : reasons) {
    row = reason;
    encode_all(texts(row));
    insert.execute(true);
    ++position;
  }
}

/// `record` has its texts encoded already; its blobs have not.
void insert_blobs(soci::session& session, long long decision, const DecisionRecord& record) {
  long long position = 0;
  ImageBlob row{.digest = placeholder()};
  std::string digest;
  soci::statement insert =
      (session.prepare
           << "INSERT INTO decision_blobs (decision, position, digest, media_type, place, size, host,"
              " repository, manifest) VALUES (:decision, :position, :digest, :media_type, :place,"
              " :size, :host, :repository, :manifest)",
       soci::use(decision), soci::use(position), soci::use(digest), soci::use(row.media_type),
       soci::use(row.place), soci::use(row.size), soci::use(record.host), soci::use(record.repository),
       soci::use(record.manifest.text()));
  for (const auto& blob : record.blobs) {
    row = blob;
    encode_all(texts(row));
    digest = blob.digest.text();
    insert.execute(true);
    ++position;
  }
}

std::vector<Reason> select_reasons(soci::session& session, long long decision) {
  std::vector<Reason> reasons;
  Reason row;
  soci::statement query =
      (session.prepare << "SELECT action, severity, code, text, waiver FROM decision_reasons"
                          " WHERE decision = :decision ORDER BY position",
       soci::use(decision), soci::into(row.action), soci::into(row.severity), soci::into(row.code),
       soci::into(row.text), soci::into(row.waiver));
  query.execute();
  while (query.fetch()) {
    Reason reason = row;
    decode_all(texts(reason));
    reasons.push_back(std::move(reason));
  }
  return reasons;
}

std::vector<ImageBlob> select_blobs(soci::session& session, long long decision) {
  std::vector<ImageBlob> blobs;
  ImageBlob row{.digest = placeholder()};
  std::string digest;
  soci::statement query = (session.prepare << "SELECT digest, media_type, place, size FROM decision_blobs"
                                              " WHERE decision = :decision ORDER BY position",
                           soci::use(decision), soci::into(digest), soci::into(row.media_type),
                           soci::into(row.place), soci::into(row.size));
  query.execute();
  while (query.fetch()) {
    ImageBlob blob = row;
    decode_all(texts(blob));
    blob.digest = digest_column(digest);
    blobs.push_back(std::move(blob));
  }
  return blobs;
}

/// The image's current decision is the one written last.
void note_current(soci::session& session, long long decision, const DecisionRecord& record) {
  Dimensions dimensions(session);
  const auto image =
      dimensions.image(dimensions.name(record.host, record.repository), record.manifest.text());
  session
      << "UPDATE images SET decision = :decision, action = :action, decided_at = :decided_at WHERE id = :id",
      soci::use(decision), soci::use(record.decision.action), soci::use(record.at), soci::use(image);
}

/// Counts each code once a decision.
void count_reasons(soci::session& session, util::TimePoint at, const std::vector<Reason>& reasons) {
  const long long day = std::chrono::floor<std::chrono::days>(at).time_since_epoch().count();
  std::set<std::string> codes;
  for (const auto& reason : reasons) {
    if (reason.action != findings::Action::allow) codes.insert(encode(reason.code));
  }
  for (const auto& code : codes) {
    session << "INSERT INTO reason_days (day, code, decisions) VALUES (:day, :code, 1)"
               " ON CONFLICT (day, code) DO UPDATE SET decisions = reason_days.decisions + 1",
        soci::use(day), soci::use(code);
  }
}

DecisionRecord select_by_sequence(soci::session& session, long long sequence) {
  DecisionRecord record{.manifest = placeholder()};
  std::string manifest;
  session << "SELECT id, host, repository, reference, manifest, media_type, profile, policy, action,"
             " would_block, summary, decided_at FROM decisions WHERE sequence = :sequence",
      soci::use(sequence), soci::into(record.id), soci::into(record.host), soci::into(record.repository),
      soci::into(record.reference), soci::into(manifest), soci::into(record.manifest_media_type),
      soci::into(record.profile), soci::into(record.policy), soci::into(record.decision.action),
      soci::into(record.decision.would_block), soci::into(record.decision.summary), soci::into(record.at);
  if (!session.got_data()) throw soci::soci_error("a decision vanished while it was read");
  decode_all(texts(record));
  record.manifest = digest_column(manifest);
  record.decision.reasons = select_reasons(session, sequence);
  record.blobs = select_blobs(session, sequence);
  record.names = select_names(session, sequence);
  return record;
}

NameDecision select_name_by_sequence(soci::session& session, long long sequence) {
  NameDecision decision;
  session << "SELECT id, host, repository, reference, policy, action, would_block, summary, decided_at"
             " FROM decisions WHERE sequence = :sequence",
      soci::use(sequence), soci::into(decision.id), soci::into(decision.host),
      soci::into(decision.repository), soci::into(decision.reference), soci::into(decision.policy),
      soci::into(decision.decision.action), soci::into(decision.decision.would_block),
      soci::into(decision.decision.summary), soci::into(decision.at);
  if (!session.got_data()) throw soci::soci_error("a decision vanished while it was read");
  decode_all(texts(decision));
  decision.decision.reasons = select_reasons(session, sequence);
  decision.names = select_names(session, sequence);
  return decision;
}

}  // namespace

std::string select_decision_id(soci::session& session, const std::string& host, const std::string& repository,
                               const oci::Digest& manifest) {
  const auto encoded_host = encode(host);
  const auto encoded_repository = encode(repository);
  std::string id;
  session << "SELECT id FROM decisions WHERE host = :host AND repository = :repository"
             " AND manifest = :manifest ORDER BY sequence DESC LIMIT 1",
      soci::use(encoded_host), soci::use(encoded_repository), soci::use(manifest.text()), soci::into(id);
  return session.got_data() ? decode_column(id) : std::string();
}

std::optional<DecisionRecord> select_decision(soci::session& session, const std::string& host,
                                              const std::string& repository, const oci::Digest& manifest) {
  const auto encoded_host = encode(host);
  const auto encoded_repository = encode(repository);
  long long sequence = 0;
  // Newest by the database's own order: clocks of hosts may go backwards.
  session << "SELECT sequence FROM decisions WHERE host = :host AND repository = :repository"
             " AND manifest = :manifest ORDER BY sequence DESC LIMIT 1",
      soci::use(encoded_host), soci::use(encoded_repository), soci::use(manifest.text()),
      soci::into(sequence);
  if (!session.got_data()) return std::nullopt;
  return select_by_sequence(session, sequence);
}

std::optional<DecisionRecord> select_decision(soci::session& session, const std::string& id) {
  const auto encoded_id = encode(id);
  long long sequence = 0;
  session << "SELECT sequence FROM decisions WHERE id = :id AND manifest <> ''", soci::use(encoded_id),
      soci::into(sequence);
  if (!session.got_data()) return std::nullopt;
  return select_by_sequence(session, sequence);
}

std::optional<NameDecision> select_name_decision(soci::session& session, const std::string& id) {
  const auto encoded_id = encode(id);
  long long sequence = 0;
  session << "SELECT sequence FROM decisions WHERE id = :id AND manifest = ''", soci::use(encoded_id),
      soci::into(sequence);
  if (!session.got_data()) return std::nullopt;
  return select_name_by_sequence(session, sequence);
}

std::optional<NameDecision> select_name_decision(soci::session& session, const std::string& host,
                                                 const std::string& repository) {
  const auto encoded_host = encode(host);
  const auto encoded_repository = encode(repository);
  long long sequence = 0;
  session << "SELECT sequence FROM decisions WHERE host = :host AND repository = :repository"
             " AND manifest = '' ORDER BY sequence DESC LIMIT 1",
      soci::use(encoded_host), soci::use(encoded_repository), soci::into(sequence);
  if (!session.got_data()) return std::nullopt;
  return select_name_by_sequence(session, sequence);
}

std::vector<DecisionRecord> select_newest_decisions(soci::session& session) {
  std::vector<long long> sequences;
  long long sequence = 0;
  soci::statement query =
      (session.prepare << "SELECT decision FROM images WHERE decision > 0 ORDER BY decision DESC"
                          " LIMIT :row_limit",
       soci::use(kMaxRows), soci::into(sequence));
  query.execute();
  while (query.fetch()) sequences.push_back(sequence);
  std::vector<DecisionRecord> records;
  for (const long long found : sequences) records.push_back(select_by_sequence(session, found));
  return records;
}

void insert_decision(soci::session& session, const DecisionRecord& record) {
  DecisionRecord row = record;
  encode_all(texts(row));
  long long sequence = 0;
  session
      << "INSERT INTO decisions (id, host, repository, reference, manifest, media_type, profile, policy,"
         " action, would_block, summary, decided_at) VALUES (:id, :host, :repository, :reference, :manifest,"
         " :media_type, :profile, :policy, :action, :would_block, :summary, :decided_at)"
         " RETURNING sequence",
      soci::use(row.id), soci::use(row.host), soci::use(row.repository), soci::use(row.reference),
      soci::use(row.manifest.text()), soci::use(row.manifest_media_type), soci::use(row.profile),
      soci::use(row.policy), soci::use(row.decision.action), soci::use(row.decision.would_block),
      soci::use(row.decision.summary), soci::use(row.at), soci::into(sequence);
  insert_reasons(session, sequence, record.decision.reasons);
  insert_blobs(session, sequence, row);
  insert_names(session, sequence, record.at, record.names);
  note_current(session, sequence, record);
  count_reasons(session, record.at, record.decision.reasons);
  session << "INSERT INTO first_seen (manifest, seen_at) VALUES (:manifest, :seen_at)"
             " ON CONFLICT (manifest) DO NOTHING",
      soci::use(row.manifest.text()), soci::use(row.at);
}

void insert_name_decision(soci::session& session, const NameDecision& decision) {
  NameDecision row = decision;
  encode_all(texts(row));
  long long sequence = 0;
  session
      << "INSERT INTO decisions (id, host, repository, reference, manifest, media_type, profile, policy,"
         " action, would_block, summary, decided_at) VALUES (:id, :host, :repository, :reference, '', '', '',"
         " :policy, :action, :would_block, :summary, :decided_at) RETURNING sequence",
      soci::use(row.id), soci::use(row.host), soci::use(row.repository), soci::use(row.reference),
      soci::use(row.policy), soci::use(row.decision.action), soci::use(row.decision.would_block),
      soci::use(row.decision.summary), soci::use(row.at), soci::into(sequence);
  insert_reasons(session, sequence, decision.decision.reasons);
  insert_names(session, sequence, decision.at, decision.names);
  count_reasons(session, decision.at, decision.decision.reasons);
}

std::vector<oci::Digest> select_manifests_with_blob(soci::session& session, const std::string& host,
                                                    const std::string& repository, const oci::Digest& blob) {
  const auto encoded_host = encode(host);
  const auto encoded_repository = encode(repository);
  std::vector<oci::Digest> manifests;
  std::string manifest;
  soci::statement query =
      (session.prepare << "SELECT manifest FROM decision_blobs WHERE digest = :digest AND host = :host"
                          " AND repository = :repository GROUP BY manifest ORDER BY MAX(decision) DESC"
                          " LIMIT :row_limit",
       soci::use(blob.text()), soci::use(encoded_host), soci::use(encoded_repository), soci::use(kMaxRows),
       soci::into(manifest));
  query.execute();
  while (query.fetch()) manifests.push_back(digest_column(manifest));
  return manifests;
}

std::optional<util::TimePoint> select_first_seen(soci::session& session, const oci::Digest& manifest) {
  util::TimePoint seen{};
  session << "SELECT seen_at FROM first_seen WHERE manifest = :manifest", soci::use(manifest.text()),
      soci::into(seen);
  if (!session.got_data()) return std::nullopt;
  return seen;
}

}  // namespace portcullis::records
