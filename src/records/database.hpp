// SPDX-License-Identifier: Apache-2.0
//
// Connections and transactions: one writer behind a mutex, a pool of readers, and the border at
// which exceptions of the database library become errors that say what to do.
#pragma once

#include <soci/soci.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>

#include "dialect.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::records {

/// Begins; rolls back unless commit() returned.
class Transaction {
 public:
  Transaction(soci::session& session, std::string_view begin) : session_(session) {
    session_ << std::string(begin);
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  void commit() {
    session_ << "COMMIT";
    open_ = false;
  }

 private:
  soci::session& session_;
  bool open_ = true;
};

/// Call inside a catch block: the current exception as ErrorKind::io.
util::Error current_error(const std::string& location);

/// Thread-safe.
class Database {
 public:
  /// `writer` is null when opened for reading only. A caller waits at most `patience` for the
  /// writer; the connections carry their own limit for waiting for other processes.
  Database(std::string location, const Dialect& dialect, std::unique_ptr<soci::session> writer,
           std::unique_ptr<soci::connection_pool> readers, std::chrono::milliseconds patience)
      : location_(std::move(location)),
        dialect_(dialect),
        writer_(std::move(writer)),
        readers_(std::move(readers)),
        patience_(patience) {}

  bool writable() const { return writer_ != nullptr; }

  /// Runs `work(session)` on one consistent state.
  template <class Work>
  util::Result<std::invoke_result_t<Work, soci::session&>> read(Work work) {
    try {
      soci::session session(*readers_);
      Transaction transaction(session, dialect_.begin_read);
      auto answer = work(session);
      transaction.commit();
      return answer;
    } catch (...) {
      return tl::unexpected(current_error(location_));
    }
  }

  /// Runs `work(session)` in a transaction; success means that it is durable.
  template <class Work>
  util::Result<void> write(Work work) {
    try {
      const auto lock = lock_writer();
      if (!lock) return tl::unexpected(lock.error());
      Transaction transaction(*writer_, dialect_.begin_write);
      work(*writer_);
      transaction.commit();
      return {};
    } catch (...) {
      return tl::unexpected(current_error(location_));
    }
  }

 private:
  util::Result<std::unique_lock<std::timed_mutex>> lock_writer();

  std::string location_;
  Dialect dialect_;
  std::timed_mutex mutex_;
  std::unique_ptr<soci::session> writer_;  ///< guarded by mutex_
  std::unique_ptr<soci::connection_pool> readers_;
  std::chrono::milliseconds patience_;
};

}  // namespace portcullis::records
