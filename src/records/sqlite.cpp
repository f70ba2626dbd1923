// SPDX-License-Identifier: Apache-2.0
#include "sqlite.hpp"

#include <fcntl.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "portcullis/util/fd.hpp"
#include "schema.hpp"

namespace portcullis::records {
namespace {

namespace fs = std::filesystem;

enum class Access { read_write, read_only };

void connect(soci::session& session, const std::string& path, Access access, const SqliteOptions& options) {
  session.open(soci::sqlite3, "db=\"" + path + '"' + (access == Access::read_only ? " readonly=true" : ""));
  session << "PRAGMA busy_timeout = " << options.busy_timeout.count();
}

/// SQLite does not apply its busy timeout to this switch, so two programs that start on the same new
/// file would trip over each other: wait here.
std::string switch_to_wal(soci::session& writer, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    try {
      std::string journal;
      writer << "PRAGMA journal_mode = WAL", soci::into(journal);
      return journal;
    } catch (const soci::sqlite3_soci_error& error) {
      const bool busy = (error.result() & 0xff) == SQLITE_BUSY;
      if (!busy || std::chrono::steady_clock::now() >= deadline) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

/// A write is on the disk when it returns; readers and the writer do not wait for each other.
void make_durable(soci::session& writer, std::chrono::milliseconds patience) {
  const auto journal = switch_to_wal(writer, patience);
  if (journal != "wal") {
    throw soci::soci_error("the file system cannot do write-ahead logging (journal mode is " + journal +
                           "): keep the data directory on a local disk");
  }
  writer << "PRAGMA synchronous = FULL";
  writer << "PRAGMA journal_size_limit = 67108864";
}

/// SQLite would create it with the umask's mode; its log files then take over the mode we give.
util::Result<void> create_private_file(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error)) return {};
  const auto file = util::open_file(path, O_RDWR | O_CREAT | O_EXCL, 0600);
  if (!file && !fs::exists(path, error)) {
    return util::fail(util::ErrorKind::io, "records " + path.string() +
                                               ": cannot create the database: " + file.error().message +
                                               "; make sure that the directory exists and that this user may "
                                               "write to it");
  }
  return {};
}

util::Result<fs::path> checked_path(const std::string& location) {
  std::error_code error;
  const auto path = fs::absolute(location, error);
  if (location.empty() || error || location.find_first_of(std::string("\"\0", 2)) != std::string::npos) {
    return util::fail(util::ErrorKind::invalid,
                      "the records' location must be the path of a file, without '\"' (e.g. "
                      "/var/lib/portcullis/portcullis.db), saw: '" +
                          location + "'");
  }
  return path;
}

}  // namespace

util::Result<std::unique_ptr<Database>> open_sqlite(const std::string& location, OpenMode mode,
                                                    const SqliteOptions& options) {
  const auto path = checked_path(location);
  if (!path) return tl::unexpected(path.error());
  const auto access = mode == OpenMode::create ? Access::read_write : Access::read_only;
  if (access == Access::read_write) {
    if (const auto made = create_private_file(*path); !made) return tl::unexpected(made.error());
  } else if (std::error_code error; !fs::exists(*path, error)) {
    return util::fail(
        util::ErrorKind::absent,
        "records " + location +
            ": there is no such database; start 'portcullis serve' once, or name the server's data "
            "directory with --data");
  }

  try {
    std::unique_ptr<soci::session> writer;
    if (access == Access::read_write) {
      writer = std::make_unique<soci::session>();
      connect(*writer, *path, access, options);
      make_durable(*writer, options.busy_timeout);
      const auto migrated = migrate(*writer, kSqliteDialect);
      if (!migrated) return util::fail("records " + location, migrated.error());
    }
    auto readers = std::make_unique<soci::connection_pool>(options.readers);
    for (std::size_t i = 0; i < options.readers; ++i) connect(readers->at(i), *path, access, options);
    if (!writer) {
      const auto current = check_schema(readers->at(0));
      if (!current) return util::fail("records " + location, current.error());
    }
    return std::make_unique<Database>(location, kSqliteDialect, std::move(writer), std::move(readers),
                                      options.busy_timeout);
  } catch (...) {
    return tl::unexpected(current_error(location));
  }
}

}  // namespace portcullis::records
