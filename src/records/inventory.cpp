// SPDX-License-Identifier: Apache-2.0
#include "portcullis/records/inventory.hpp"

#include <algorithm>
#include <span>

#include "columns.hpp"
#include "encoding.hpp"
#include "query.hpp"
#include "tables.hpp"

namespace portcullis::records {

std::string file_name(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

long long begin_layer(soci::session& session, const LayerInventory& inventory) {
  long long id = 0;
  const bool truncated = inventory.truncated || inventory.files.size() > kMaxLayerFiles;
  session << "INSERT INTO layers (digest, complete, truncated, recorded_at)"
             " VALUES (:digest, 0, :truncated, :recorded_at) ON CONFLICT (digest) DO UPDATE SET complete = 0,"
             " truncated = excluded.truncated, recorded_at = excluded.recorded_at RETURNING id",
      soci::use(inventory.layer.text()), soci::use(truncated), soci::use(inventory.at), soci::into(id);
  return id;
}

bool clear_layer(soci::session& session, long long layer, std::size_t rows) {
  long long first = 0;
  session << "SELECT COALESCE(MIN(position), -1) FROM layer_files WHERE layer = :layer", soci::use(layer),
      soci::into(first);
  const long long end = first + static_cast<long long>(rows);
  session << "DELETE FROM layer_files WHERE layer = :layer AND position < :last", soci::use(layer),
      soci::use(end);
  session << "SELECT COALESCE(MIN(position), -1) FROM layer_files WHERE layer = :layer", soci::use(layer),
      soci::into(first);
  return first < 0;
}

void insert_layer_files(soci::session& session, long long layer, long long first,
                        std::span<const LayerFile> files) {
  // Many rows a statement: with a server, each statement is a journey.
  constexpr std::size_t kRows = 50;
  for (std::size_t done = 0; done < files.size(); done += kRows) {
    Query insert("INSERT INTO layer_files (layer, position, path, name, hash, size, type, setuid) VALUES ");
    const auto rows = files.subspan(done, std::min(kRows, files.size() - done));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto& file = rows[i];
      insert.add(i == 0 ? "(?, ?, ?, ?, ?, ?, ?, ?)" : ", (?, ?, ?, ?, ?, ?, ?, ?)", layer,
                 first + static_cast<long long>(done + i), encode(file.path), encode(file_name(file.path)),
                 encode(file.hash), file.size, encode(file.type), file.setuid ? 1 : 0);
    }
    insert.run(session);
  }
}

void finish_layer(soci::session& session, long long layer) {
  session << "UPDATE layers SET complete = 1 WHERE id = :id", soci::use(layer);
}

InventoryState select_layer_state(soci::session& session, const oci::Digest& layer) {
  int complete = 0;
  int truncated = 0;
  session << "SELECT complete, truncated FROM layers WHERE digest = :digest", soci::use(layer.text()),
      soci::into(complete), soci::into(truncated);
  if (!session.got_data() || complete == 0) return InventoryState::unknown;
  return truncated != 0 ? InventoryState::in_part : InventoryState::whole;
}

std::vector<LayerFile> select_layer_files(soci::session& session, const oci::Digest& layer,
                                          const std::string& after_path, std::size_t limit) {
  std::vector<LayerFile> files;
  LayerFile row;
  int setuid = 0;
  Query query(
      "SELECT f.path, f.hash, f.size, f.type, f.setuid FROM layers l JOIN layer_files f ON f.layer = l.id");
  query.where("l.digest = ?", layer.text());
  if (!after_path.empty()) query.where("f.path > ?", encode(after_path));
  query.add(" ORDER BY f.path, f.position LIMIT ?", std::min(limit, kMaxRows));
  query.each(
      session,
      [&] {
        files.push_back({decode_column(row.path), decode_column(row.hash), row.size, decode_column(row.type),
                         setuid == 1});
      },
      row.path, row.hash, row.size, row.type, setuid);
  return files;
}

std::optional<std::vector<std::string>> select_setuid_files(soci::session& session,
                                                            const oci::Digest& layer) {
  if (select_layer_state(session, layer) != InventoryState::whole) return std::nullopt;
  std::vector<std::string> paths;
  std::string path;
  int setuid = 0;
  bool looked = true;
  Query query("SELECT f.path, f.setuid FROM layers l JOIN layer_files f ON f.layer = l.id");
  query.where("l.digest = ?", layer.text()).where("f.setuid <> 0").add(" ORDER BY f.path");
  query.each(
      session,
      [&] {
        looked = looked && setuid == 1;
        paths.push_back(decode_column(path));
      },
      path, setuid);
  return looked ? std::optional(std::move(paths)) : std::nullopt;
}

}  // namespace portcullis::records
