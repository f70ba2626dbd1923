// SPDX-License-Identifier: Apache-2.0
#include "database.hpp"

#include "schema.hpp"

namespace portcullis::records {
namespace {

std::string_view to_string(Access access) { return access == Access::read_write ? "write" : "read"; }

/// From the wait for a connection to the end of the transaction, however it ends.
class Stopwatch {
 public:
  Stopwatch(util::Metrics* metrics, Access access) : metrics_(metrics), access_(access) {}
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  ~Stopwatch() {
    if (metrics_ == nullptr) return;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin_;
    metrics_->observe("portcullis_database_transaction_seconds", {{"access", to_string(access_)}},
                      took.count());
  }

 private:
  util::Metrics* metrics_;
  Access access_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace

Transaction::Transaction(soci::session& session, const std::vector<std::string_view>& begin)
    : session_(session) {
  bool begun = false;
  try {
    for (const auto statement : begin) {
      session_ << std::string(statement);
      begun = true;
    }
  } catch (...) {
    if (begun) session_ << "ROLLBACK";
    throw;
  }
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    session_ << "ROLLBACK";
  } catch (const std::exception&) {
    // The database already rolled back by itself (it does on a full disk), or it is gone; whatever
    // made us roll back is the error that is reported.
  }
}

Database::Database(DatabaseOptions options, std::unique_ptr<Engine> engine)
    : options_(std::move(options)), engine_(std::move(engine)), readers_(options_.readers) {}

util::Result<void> Database::start() {
  try {
    auto lease = writable() ? writer_.take(options_.patience) : readers_.take(options_.patience);
    auto& session = lease->slot() = engine_->connect(access());
    auto ready = options_.mode == OpenMode::create ? migrate(*session, engine_->dialect())
                                                   : check_schema(*session, engine_->dialect());
    if (!ready) return util::fail("records " + location(), ready.error());
    return {};
  } catch (...) {
    return tl::unexpected(failure(access(), engine_->current_trouble()));
  }
}

util::Result<void> Database::run(Access access, const std::function<void(soci::session&)>& work) {
  if (access == Access::read_write && !writable()) {
    return tl::unexpected(
        Trouble{Fault::denied, "opened for reading only", "writing is left to the server that owns it"}.error(
            location()));
  }
  const bool writes = access == Access::read_write;
  const Stopwatch stopwatch(options_.metrics, access);
  const auto& begin = writes ? engine_->dialect().begin_write : engine_->dialect().begin_read;
  auto lease = (writes ? writer_ : readers_).take(options_.patience);
  if (!lease) {
    return tl::unexpected(failure(access, {Fault::locked, "other work on it did not finish in time",
                                           "it is overloaded or stuck; look at its disk or its server"}));
  }
  auto& slot = lease->slot();
  const bool fresh = slot == nullptr;
  for (bool again = !fresh;; again = false) {
    bool committing = false;
    try {
      if (!slot) slot = engine_->connect(access);
      if (writes) engine_->check_in_place();
      engine_->bounded(*slot, [&] {
        Transaction transaction(*slot, begin);
        work(*slot);
        committing = true;
        transaction.commit();
      });
      return {};
    } catch (...) {
      const auto trouble = engine_->current_trouble();
      const bool lost = slot && engine_->lost(*slot);
      if (lost) slot.reset();
      // Lost during the commit: it may have been done or not. Not recorded is what the caller must assume.
      if (lost && again && !committing) continue;
      return tl::unexpected(failure(access, trouble));
    }
  }
}

void Database::count(std::span<const Event> events) const {
  if (options_.metrics == nullptr) return;
  for (const auto& event : events) {
    options_.metrics->count("portcullis_events_total", {{"action", event.action}});
  }
}

util::Error Database::failure(Access access, const Trouble& trouble) const {
  if (options_.metrics != nullptr) {
    options_.metrics->count("portcullis_database_errors_total",
                            {{"fault", records::to_string(trouble.fault)}, {"access", to_string(access)}});
  }
  return trouble.error(location());
}

}  // namespace portcullis::records
