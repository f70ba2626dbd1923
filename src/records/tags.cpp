// SPDX-License-Identifier: Apache-2.0
#include <tuple>

#include "columns.hpp"
#include "encoding.hpp"
#include "tables.hpp"

namespace portcullis::records {
namespace {

auto texts(TagRecord& t) { return std::tie(t.host, t.repository, t.tag, t.media_type); }

void insert_history(soci::session& session, TagRecord old, util::TimePoint moved) {
  encode_all(texts(old));
  session << "INSERT INTO tag_history (host, repository, tag, digest, media_type, size, seen_at, moved_at)"
             " VALUES (:host, :repository, :tag, :digest, :media_type, :size, :seen_at, :moved_at)",
      soci::use(old.host), soci::use(old.repository), soci::use(old.tag), soci::use(old.digest.text()),
      soci::use(old.media_type), soci::use(old.size), soci::use(old.seen), soci::use(moved);
}

}  // namespace

std::optional<TagRecord> select_tag(soci::session& session, const std::string& host,
                                    const std::string& repository, const std::string& tag) {
  TagRecord row{.host = host, .repository = repository, .tag = tag, .digest = oci::Digest::of("")};
  const auto encoded_host = encode(host);
  const auto encoded_repository = encode(repository);
  const auto encoded_tag = encode(tag);
  std::string digest;
  session << "SELECT digest, media_type, size, seen_at FROM tags"
             " WHERE host = :host AND repository = :repository AND tag = :tag",
      soci::use(encoded_host), soci::use(encoded_repository), soci::use(encoded_tag), soci::into(digest),
      soci::into(row.media_type), soci::into(row.size), soci::into(row.seen);
  if (!session.got_data()) return std::nullopt;
  row.digest = digest_column(digest);
  row.media_type = decode_column(row.media_type);
  return row;
}

void upsert_tag(soci::session& session, const TagRecord& record) {
  const auto old = select_tag(session, record.host, record.repository, record.tag);
  if (old && old->digest != record.digest) insert_history(session, *old, record.seen);
  TagRecord row = record;
  encode_all(texts(row));
  session << "INSERT INTO tags (host, repository, tag, digest, media_type, size, seen_at)"
             " VALUES (:host, :repository, :tag, :digest, :media_type, :size, :seen_at)"
             " ON CONFLICT (host, repository, tag) DO UPDATE SET digest = excluded.digest,"
             " media_type = excluded.media_type, size = excluded.size, seen_at = excluded.seen_at",
      soci::use(row.host), soci::use(row.repository), soci::use(row.tag), soci::use(row.digest.text()),
      soci::use(row.media_type), soci::use(row.size), soci::use(row.seen);
}

}  // namespace portcullis::records
