// SPDX-License-Identifier: Apache-2.0
#include "sqlite.hpp"

#include <fcntl.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "portcullis/util/fd.hpp"

namespace portcullis::records {
namespace {

namespace fs = std::filesystem;

const Dialect kDialect{
    .identity = "INTEGER PRIMARY KEY AUTOINCREMENT",
    .text = "TEXT",
    .clustered = "WITHOUT ROWID",
    .begin_write = {"BEGIN IMMEDIATE"},
    .begin_migration = {"BEGIN IMMEDIATE"},
    .begin_read = {"BEGIN"},
    .table_names =
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        " ORDER BY name LIMIT 200",
};

constexpr std::string_view kDamaged =
    "the file is damaged or no Portcullis database; stop Portcullis, then restore it from a backup or move "
    "it "
    "away together with its -wal and -shm files (images are then scanned anew)";

/// SOCI puts the name of its own function before what SQLite says.
std::string without_function_name(std::string problem) {
  const auto end = problem.find(": ");
  if (problem.starts_with("sqlite3_") && end != problem.npos) problem.erase(0, end + 2);
  return problem;
}

Trouble trouble(int sqlite_code, std::string problem) {
  switch (sqlite_code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Fault::locked, std::move(problem),
              "another process holds the database; let it finish or stop it, then try again"};
    case SQLITE_FULL:
      return {Fault::full, std::move(problem), "free some disk space"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {Fault::corrupt, std::move(problem), std::string(kDamaged)};
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {Fault::denied, std::move(problem),
              "make sure that the directory exists and that this user may write to it and to the file"};
    case SQLITE_IOERR:
      return {Fault::other, std::move(problem), "look at the disk: it is full, failing or gone"};
    default:
      return {Fault::other, std::move(problem), "see whether the disk and the file are sound"};
  }
}

/// Thrown when the file is not where it was opened.
struct FileGone : std::runtime_error {
  FileGone() : std::runtime_error("the database file was moved, removed or replaced") {}
};

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
  // Every batch of pulls touches the indexes in many places: with a small cache they are read again each
  // time.
  writer << "PRAGMA cache_size = -65536";
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

class Sqlite final : public Engine {
 public:
  Sqlite(fs::path path, std::chrono::milliseconds busy_timeout)
      : path_(std::move(path)), busy_timeout_(busy_timeout) {}

  const Dialect& dialect() const override { return kDialect; }

  std::unique_ptr<soci::session> connect(Access access) override {
    if (opened_) check_in_place();
    auto session = std::make_unique<soci::session>();
    session->open(soci::sqlite3,
                  "db=\"" + path_.string() + '"' + (access == Access::read_only ? " readonly=true" : ""));
    *session << "PRAGMA busy_timeout = " << busy_timeout_.count();
    if (access == Access::read_write) {
      make_durable(*session, busy_timeout_);
      opened_ = file();
    }
    return session;
  }

  bool lost(soci::session&) const override { return false; }

  /// The busy timeout bounds each wait, and nothing else waits.
  void bounded(soci::session&, const std::function<void()>& work) override { work(); }

  /// SQLite would go on writing to a file that has no name any more, and all of it would be lost
  /// with the process.
  void check_in_place() const override {
    if (!opened_ || file() != opened_) throw FileGone();
  }

  Trouble current_trouble() const override {
    try {
      throw;
    } catch (const soci::sqlite3_soci_error& error) {
      return trouble(error.result(), without_function_name(error.get_error_message()));
    } catch (const soci::soci_error& error) {
      // Without the context that SOCI would add: it quotes the values of the statement.
      return trouble(SQLITE_ERROR, without_function_name(error.get_error_message()));
    } catch (const FileGone& error) {
      return {Fault::gone, error.what(),
              "put it back, or restart Portcullis to go on with what is there now (images are then scanned "
              "anew)"};
    } catch (const std::exception& error) {
      return trouble(SQLITE_ERROR, error.what());
    }
  }

 private:
  using Identity = std::pair<dev_t, ino_t>;
  std::optional<Identity> file() const {
    struct stat status {};
    if (stat(path_.c_str(), &status) != 0) return std::nullopt;
    return Identity{status.st_dev, status.st_ino};
  }

  fs::path path_;
  std::chrono::milliseconds busy_timeout_;
  std::optional<Identity> opened_;  ///< set by the first connection, before threads use this
};

}  // namespace

util::Result<std::unique_ptr<Database>> open_sqlite(const std::string& location, OpenMode mode,
                                                    const SqliteOptions& options) {
  const auto path = checked_path(location);
  if (!path) return tl::unexpected(path.error());
  if (mode == OpenMode::create) {
    if (const auto made = create_private_file(*path); !made) return tl::unexpected(made.error());
  } else if (std::error_code error; !fs::exists(*path, error)) {
    return util::fail(
        util::ErrorKind::absent,
        "records " + location +
            ": there is no such database; start 'portcullis serve' once, or name the server's data "
            "directory with --data");
  }
  auto database = std::make_unique<Database>(
      DatabaseOptions{location, mode, options.readers, options.busy_timeout, options.metrics},
      std::make_unique<Sqlite>(*path, options.busy_timeout));
  if (auto started = database->start(); !started) return tl::unexpected(started.error());
  return database;
}

}  // namespace portcullis::records
