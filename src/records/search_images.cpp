// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "columns.hpp"
#include "encoding.hpp"
#include "query.hpp"
#include "search_terms.hpp"
#include "tables.hpp"

namespace portcullis::records {
namespace {

/// Images that refer to the blobs of a subquery that follows.
constexpr std::string_view kImagesWithBlobs =
    "SELECT i2.id FROM decision_blobs b JOIN names n2 ON n2.host = b.host AND n2.repository = b.repository"
    " JOIN images i2 ON i2.name = n2.id AND i2.manifest = b.manifest WHERE b.digest IN (";

/// Layers that hold a file: what their inventory says, and what was found in them.
void add_layers_of_file(Query& sql, const std::string& column, const std::string& finding_column,
                        const std::string& value) {
  sql.add("SELECT l.digest FROM layer_files f JOIN layers l ON l.id = f.layer WHERE f." + column + " = ?",
          encode(value));
  sql.add(" UNION SELECT s.digest FROM findings g JOIN scans s ON s.id = g.scan WHERE g." + finding_column +
              " = ?",
          encode(value));
}

/// A layer may write `usr/bin/x` as `./usr/bin/x` or `/usr/bin/x`; what is stored is as it was written.
void add_path_is(Query& sql, const std::string& column, const std::string& path) {
  sql.add(column + " IN (?, ?, ?)", encode(path), encode("./" + path), encode("/" + path));
}

void add_layers_of_path(Query& sql, const std::string& path) {
  sql.add("SELECT l.digest FROM layer_files f JOIN layers l ON l.id = f.layer WHERE f.name = ?",
          encode(file_name(path)));
  if (path.find('/') != std::string::npos) {
    sql.add(" AND ");
    add_path_is(sql, "f.path", path);
  }
  sql.add(" UNION SELECT s.digest FROM findings g JOIN scans s ON s.id = g.scan WHERE ");
  add_path_is(sql, "g.path", path);
}

void add_conditions(Query& sql, const ImageQuery& query) {
  sql.where("i.decision > 0");
  if (!query.host.empty()) sql.where("n.host = ?", encode(query.host));
  if (!query.repository.empty()) sql.where("n.repository = ?", encode(query.repository));
  if (!query.text.empty()) {
    sql.where("i.name IN (SELECT id FROM names WHERE LOWER(host || '/' || repository) LIKE ? ESCAPE '!')",
              like_anywhere(query.text));
  }
  if (!query.glob.empty()) {
    sql.where("i.name IN (SELECT id FROM names WHERE LOWER(host || '/' || repository) LIKE ? ESCAPE '!')",
              like_glob(query.glob));
  }
  if (!query.digest.empty()) {
    sql.where("i.id IN (SELECT id FROM images WHERE manifest = ? UNION ", encode(query.digest));
    sql.add(kImagesWithBlobs).add("?))", encode(query.digest));
  }
  if (!query.file_hash.empty()) {
    sql.where("i.id IN (");
    add_images_of_file(sql, query.file_hash);
    sql.add(")");
  }
  if (!query.path.empty()) {
    sql.where("i.id IN (").add(kImagesWithBlobs);
    add_layers_of_path(sql, query.path);
    sql.add("))");
  }
  if (!query.rule.empty()) sql.where(""), add_rule(sql, "i.decision", query.rule);
  if (!query.client.empty()) {
    sql.where(
        "i.id IN (SELECT image FROM pullers WHERE client IN (SELECT id FROM clients WHERE address = ?"
        " UNION SELECT id FROM clients WHERE user_name = ?))",
        encode(query.client), encode(query.client));
  }
  if (!query.waiver.empty()) {
    sql.where("i.decision IN (SELECT decision FROM decision_reasons WHERE waiver = ?)", encode(query.waiver));
  }
  if (!query.not_profile.empty()) sql.where("d.profile <> ?", encode(query.not_profile));
  if (!query.not_policy.empty()) sql.where("d.policy <> ?", encode(query.not_policy));
  if (query.action) sql.where("i.action = ?", std::string(findings::to_string(*query.action)));
  if (query.not_action) sql.where("i.action <> ?", std::string(findings::to_string(*query.not_action)));
}

void add_order(Query& sql, const ImageQuery& query, std::size_t rows) {
  const bool by_pull = query.order == ImageQuery::Order::newest_pull;
  if (!query.after.empty()) {
    sql.where(by_pull ? "(i.pulled_at, i.id) < (?, ?)" : "(i.decision, i.id) < (?, ?)", query.after.key,
              query.after.id);
  }
  sql.add(by_pull ? " ORDER BY i.pulled_at DESC, i.id DESC LIMIT ?"
                  : " ORDER BY i.decision DESC, i.id DESC LIMIT ?",
          rows);
}

void select_tags(soci::session& session, std::vector<ImageRow>& images) {
  std::string host;
  std::string repository;
  std::string digest;
  std::string tag;
  soci::statement query =
      (session.prepare << "SELECT tag FROM tags WHERE digest = :digest AND host = :host"
                          " AND repository = :repository ORDER BY tag LIMIT :row_limit",
       soci::use(digest), soci::use(host), soci::use(repository), soci::use(kMaxTags), soci::into(tag));
  for (auto& image : images) {
    host = encode(image.host);
    repository = encode(image.repository);
    digest = image.manifest.text();
    query.execute();
    while (query.fetch()) image.tags.push_back(decode_column(tag));
  }
}

}  // namespace

void add_rule(Query& sql, std::string_view column, const std::string& rule) {
  sql.add(column).add(" IN (SELECT decision FROM decision_reasons WHERE code IN (?", encode(rule));
  for (const auto* prefix : {"rule:", "layer:", "config:", "manifest:", "name:"}) {
    sql.add(", ?", encode(prefix + rule));
  }
  sql.add("))");
}

void add_images_of_file(Query& sql, const std::string& file_hash) {
  sql.add(kImagesWithBlobs);
  add_layers_of_file(sql, "hash", "file_hash", file_hash);
  sql.add(")");
}

ImagePage search_images(soci::session& session, const ImageQuery& query) {
  ImagePage page;
  ImageRow row{.manifest = oci::Digest::of("")};
  PageCursor cursor;
  std::int64_t decision = 0;
  std::string manifest;
  util::TimePoint pulled{};
  const auto wanted = std::clamp<std::size_t>(query.limit, 1, kMaxRows);
  Query sql(
      "SELECT i.id, i.decision, n.host, n.repository, i.manifest, d.id, i.action, d.would_block, d.summary,"
      " d.profile, i.decided_at, i.pulled_at FROM images i JOIN names n ON n.id = i.name"
      " JOIN decisions d ON d.sequence = i.decision");
  add_conditions(sql, query);
  add_order(sql, query, wanted + 1);
  bool more = false;
  sql.each(
      session,
      [&] {
        if (page.images.size() == wanted) {
          more = true;
          return;
        }
        ImageRow image = row;
        decode_all(std::tie(image.host, image.repository, image.decision_id, image.summary, image.profile));
        image.manifest = digest_column(manifest);
        if (util::to_millis(pulled) != 0) image.last_pull = pulled;
        page.images.push_back(std::move(image));
        const bool by_pull = query.order == ImageQuery::Order::newest_pull;
        page.next = {by_pull ? util::to_millis(pulled) : decision, cursor.id};
      },
      cursor.id, decision, row.host, row.repository, manifest, row.decision_id, row.action, row.would_block,
      row.summary, row.profile, row.decided, pulled);
  if (!more) page.next = {};
  select_tags(session, page.images);
  return page;
}

std::uint64_t count_images(soci::session& session, const ImageQuery& query) {
  std::uint64_t count = 0;
  Query sql(
      "SELECT COUNT(*) FROM images i JOIN names n ON n.id = i.name"
      " JOIN decisions d ON d.sequence = i.decision");
  add_conditions(sql, query);
  sql.each(
      session, [] {}, count);
  return count;
}

std::vector<FilePlace> search_files(soci::session& session, const std::string& hash_or_path,
                                    std::size_t limit) {
  std::vector<FilePlace> places;
  FilePlace row{.layer = oci::Digest::of("")};
  std::string layer;
  const auto wanted = encode(hash_or_path);
  const auto name = encode(file_name(hash_or_path));
  const bool whole_path = hash_or_path.find('/') != std::string::npos;
  Query sql(
      "SELECT l.digest, f.path, f.hash, f.size, f.type FROM layer_files f JOIN layers l ON l.id = f.layer");
  if (whole_path) {
    sql.where("f.name = ?", name).where("");
    add_path_is(sql, "f.path", hash_or_path);
  } else {
    sql.where("(f.hash = ? OR f.name = ?)", wanted, wanted);
  }
  // What the inventory does not have: files that only a finding names.
  sql.add(
      " UNION SELECT s.digest, g.path, g.file_hash, 0, '' FROM findings g JOIN scans s ON s.id = g.scan"
      " WHERE (g.file_hash = ? OR ",
      wanted);
  add_path_is(sql, "g.path", hash_or_path);
  sql.add(
      ") AND NOT EXISTS (SELECT 1 FROM layers l2 JOIN layer_files f2"
      " ON f2.layer = l2.id AND f2.hash = g.file_hash AND f2.path = g.path WHERE l2.digest = s.digest)");
  sql.add(" ORDER BY 1, 2 LIMIT ?", std::min(limit, kMaxRows));
  sql.each(
      session,
      [&] {
        FilePlace place = row;
        decode_all(std::tie(place.path, place.hash, place.type));
        place.layer = digest_column(layer);
        places.push_back(std::move(place));
      },
      layer, row.path, row.hash, row.size, row.type);
  return places;
}

}  // namespace portcullis::records
