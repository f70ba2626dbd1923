// SPDX-License-Identifier: Apache-2.0
//
// Connections and transactions: one writer, a few readers, and the border at which exceptions of
// the database library become errors that say what to do.
#pragma once

#include <soci/soci.h>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "connections.hpp"
#include "engine.hpp"
#include "portcullis/records/events.hpp"
#include "portcullis/records/records.hpp"
#include "portcullis/util/metrics.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::records {

/// Begins; rolls back unless commit() returned.
class Transaction {
 public:
  Transaction(soci::session& session, const std::vector<std::string_view>& begin);
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

struct DatabaseOptions {
  std::string location = {};  ///< as messages name it; holds no password
  OpenMode mode = OpenMode::create;
  std::size_t readers = 4;
  std::chrono::milliseconds patience{5'000};  ///< how long a caller waits for a free connection
  util::Metrics* metrics = nullptr;           ///< counts the failures; outlives the database
};

/// Thread-safe. A connection that was lost is made anew by the next call, and a call whose
/// transaction had not reached its commit is then repeated once.
class Database {
 public:
  Database(DatabaseOptions options, std::unique_ptr<Engine> engine);

  /// Makes the first connection: brings the schema up to date, or compares it when the server does that.
  util::Result<void> start();

  /// To be called once they are committed.
  void count(std::span<const Event> events) const;

  bool writable() const { return options_.mode != OpenMode::existing_read_only; }
  Access access() const { return writable() ? Access::read_write : Access::read_only; }
  const std::string& location() const { return options_.location; }

  /// Runs `work(session)` on one consistent state. May run it twice.
  template <class Work>
  auto read(Work work) {
    using Answer = std::invoke_result_t<Work, soci::session&>;
    util::Result<Answer> answer = Answer{};
    const auto done = run(Access::read_only, [&](soci::session& session) { *answer = work(session); });
    if (!done) answer = tl::unexpected(done.error());
    return answer;
  }

  /// Runs `work(session)` in a transaction; success means that it is durable. May run it twice.
  util::Result<void> write(const std::function<void(soci::session&)>& work) {
    return run(Access::read_write, work);
  }

 private:
  util::Result<void> run(Access access, const std::function<void(soci::session&)>& work);
  util::Error failure(Access access, const Trouble& trouble) const;

  DatabaseOptions options_;
  std::unique_ptr<Engine> engine_;
  Connections writer_{1};
  Connections readers_;
};

}  // namespace portcullis::records
