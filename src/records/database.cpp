// SPDX-License-Identifier: Apache-2.0
#include "database.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

#include <string_view>

namespace portcullis::records {
namespace {

std::string_view what_to_do(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another process holds the database; let it finish or stop it, then try again";
    case SQLITE_FULL:
      return "free some disk space";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "the file is damaged or no Portcullis database; restore it from a backup or move it away "
             "(images are then scanned anew)";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return "make sure that the directory exists and that this user may write to it and to the file";
    case SQLITE_IOERR:
      return "look at the disk: it is full, failing or gone";
    default:
      return "see whether the disk and the file are sound";
  }
}

util::Error make_error(const std::string& location, std::string_view problem, std::string_view advice) {
  return {util::ErrorKind::io,
          "records " + location + ": " + std::string(problem) + "; " + std::string(advice)};
}

}  // namespace

Transaction::~Transaction() {
  if (!open_) return;
  try {
    session_ << "ROLLBACK";
  } catch (const std::exception&) {
    // The database already rolled back by itself (it does on a full disk), or it is gone; whatever
    // made us roll back is the error that is reported.
  }
}

util::Error current_error(const std::string& location) {
  try {
    throw;
  } catch (const soci::sqlite3_soci_error& error) {
    return make_error(location, error.get_error_message(), what_to_do(error.result()));
  } catch (const soci::soci_error& error) {
    // Without the context that SOCI would add: it quotes the values of the statement.
    return make_error(location, error.get_error_message(), what_to_do(SQLITE_ERROR));
  } catch (const std::exception& error) {
    return make_error(location, error.what(), what_to_do(SQLITE_ERROR));
  }
}

util::Result<std::unique_lock<std::timed_mutex>> Database::lock_writer() {
  if (!writer_) {
    return tl::unexpected(
        make_error(location_, "opened for reading only", "writing is left to the server that owns it"));
  }
  // On the system clock, because thread sanitizers of gcc 12 do not see the monotonic way to lock. Whoever
  // holds the lock is bounded by the busy timeout, so a clock that is set cannot make this a hang.
  std::unique_lock lock(mutex_, std::chrono::system_clock::now() + patience_);
  if (!lock) {
    return tl::unexpected(
        make_error(location_, "other writes did not finish in time", what_to_do(SQLITE_BUSY)));
  }
  return lock;
}

}  // namespace portcullis::records
