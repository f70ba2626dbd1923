// SPDX-License-Identifier: Apache-2.0
#include "portcullis/blobs/store.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include "directory.hpp"
#include "index.hpp"
#include "portcullis/util/lane_pool.hpp"
#include "receiver.hpp"
#include "transfer.hpp"

namespace portcullis::blobs {
namespace {

using util::ErrorKind;

/// Transfers of one source that wait for a thread; beyond it acquire() fails rather than grow.
constexpr std::size_t kMaxQueued = 16'384;
/// A use moves the file's mtime, which survives a restart, at most this often.
constexpr auto kTouchInterval = std::chrono::minutes(1);

util::Error stopped() { return {ErrorKind::cancelled, "the blob store is shutting down"}; }

class DiskStore final : public Store {
 public:
  DiskStore(Directory directory, const Options& options, util::Metrics& metrics);
  ~DiskStore() override;

  std::optional<Blob> find(const oci::Digest& digest) override;
  bool contains(const oci::Digest& digest) const override;
  std::shared_ptr<Transfer> acquire(const oci::Digest& digest, std::optional<std::uint64_t> expected_size,
                                    std::uint64_t max_size, Fetch fetch, const std::string& source) override;
  util::Result<oci::Digest> put(std::string_view content) override;
  std::uint64_t used_bytes() const override;
  std::vector<Entry> list() const override;
  bool remove(const oci::Digest& digest) override;
  void stop() override;

 private:
  /// Two who expect different sizes cannot share a transfer: one of them is wrong, and must not
  /// make the other fail. Neither can two who fetch it from different places.
  using FlightKey = std::tuple<oci::Digest, std::optional<std::uint64_t>, std::string>;
  struct Flight {
    Expectation expectation;
    Fetch fetch;
    std::shared_ptr<FileTransfer> transfer;
    std::string source;
    FlightKey key() const { return {expectation.digest, expectation.size, source}; }
  };

  void run(Flight& flight);
  util::Result<Blob> receive(Flight& flight) const;
  std::optional<Blob> find_locked(const oci::Digest& digest);
  void committed(const Blob& blob, std::optional<FlightKey> flight);

  const Directory directory_;
  const Options options_;
  util::Metrics& metrics_;

  mutable std::mutex mutex_;
  Index index_;
  std::map<FlightKey, std::shared_ptr<FileTransfer>> flights_;  ///< waiting or running
  bool stopping_ = false;
  util::LanePool pool_;  ///< last: its threads use the rest
};

DiskStore::DiskStore(Directory directory, const Options& options, util::Metrics& metrics)
    : directory_(std::move(directory)),
      options_(options),
      metrics_(metrics),
      pool_(options.max_transfers, kMaxQueued, [this](const util::LanePool::Load& load) {
        metrics_.gauge("portcullis_transfer_queue_depth", {}, static_cast<double>(load.waiting));
        metrics_.gauge("portcullis_transfers_running", {}, static_cast<double>(load.running));
      }) {
  metrics_.gauge("portcullis_blob_cache_limit_bytes", {}, static_cast<double>(options_.max_bytes));
  for (const auto& found : directory_.scan()) index_.add(found.digest, found.size);
  metrics_.gauge("portcullis_blob_cache_bytes", {}, static_cast<double>(index_.bytes()));
}

DiskStore::~DiskStore() {
  stop();
  pool_.join();
}

std::optional<Blob> DiskStore::find_locked(const oci::Digest& digest) {
  Index::Entry* entry = index_.find(digest);
  if (!entry && options_.sharing == Sharing::exclusive) return std::nullopt;

  auto file = entry ? entry->file.lock() : nullptr;
  if (!file) {
    const auto opened = directory_.open_blob(digest);
    if (!opened || (entry && opened->size != entry->size)) {
      // Somebody took it away or changed it behind our back: then it is not there, and is fetched again.
      index_.remove(digest);
      return std::nullopt;
    }
    if (!entry) entry = &index_.add(digest, opened->size);
    file = opened->file;
    entry->file = file;
  }
  index_.use(*entry);
  const auto now = Index::Clock::now();
  if (!entry->touched || now - *entry->touched > kTouchInterval) {
    ::futimens(file->get(), nullptr);
    entry->touched = now;
  }
  metrics_.count("portcullis_blob_hits_total");
  return Blob{digest, entry->size, std::move(file)};
}

std::optional<Blob> DiskStore::find(const oci::Digest& digest) {
  const std::lock_guard lock(mutex_);
  return find_locked(digest);
}

bool DiskStore::contains(const oci::Digest& digest) const {
  const std::lock_guard lock(mutex_);
  if (index_.contains(digest)) return true;
  return options_.sharing == Sharing::shared && directory_.open_blob(digest).has_value();
}

std::shared_ptr<Transfer> DiskStore::acquire(const oci::Digest& digest,
                                             std::optional<std::uint64_t> expected_size,
                                             std::uint64_t max_size, Fetch fetch, const std::string& source) {
  const auto flight =
      std::make_shared<Flight>(Flight{{digest, expected_size, max_size}, std::move(fetch), nullptr, source});
  if (expected_size) {
    if (auto small = flight->expectation.check_size(*expected_size); !small) {
      return FileTransfer::ended(tl::unexpected(small.error()));
    }
  }
  const std::lock_guard lock(mutex_);
  if (auto blob = find_locked(digest)) {
    auto right = flight->expectation.check_size(blob->size);
    if (!right) return FileTransfer::ended(tl::unexpected(right.error()));
    return FileTransfer::ended(std::move(*blob));
  }
  if (stopping_) return FileTransfer::ended(tl::unexpected(stopped()));
  if (const auto running = flights_.find(flight->key()); running != flights_.end()) return running->second;
  flight->transfer = std::make_shared<FileTransfer>();
  if (!pool_.submit(source, [this, flight] { run(*flight); })) {
    return FileTransfer::ended(util::fail(
        ErrorKind::limit, "too many transfers wait for a turn (" + std::to_string(kMaxQueued) + ")"));
  }
  flights_.emplace(flight->key(), flight->transfer);
  metrics_.count("portcullis_blob_misses_total");
  return flight->transfer;
}

void DiskStore::run(Flight& flight) {
  auto outcome = receive(flight);
  metrics_.count("portcullis_blob_transfers_total",
                 {{"result", outcome ? "committed" : util::to_string(outcome.error().kind)}});
  if (outcome) {
    committed(*outcome, flight.key());
  } else {
    const std::lock_guard lock(mutex_);
    flights_.erase(flight.key());
  }
  // Waiters come last: who is told of a failure and asks again gets a new transfer.
  flight.transfer->end(std::move(outcome));
}

util::Result<Blob> DiskStore::receive(Flight& flight) const {
  auto incoming = directory_.create_incoming();
  if (!incoming) return tl::unexpected(incoming.error());
  flight.transfer->start(incoming->reading());

  Receiver receiver(flight.expectation, *incoming, *flight.transfer);
  util::Result<void> fetched;
  try {
    fetched = flight.fetch(receiver);
  } catch (const std::exception& e) {
    fetched = util::fail(ErrorKind::internal, std::string("fetching a blob: ") + e.what());
  }
  metrics_.count("portcullis_blob_fetched_bytes_total", {{"upstream", flight.source}},
                 static_cast<double>(receiver.received()));
  if (receiver.failure()) return tl::unexpected(*receiver.failure());
  if (!fetched) return tl::unexpected(fetched.error());
  if (auto right = receiver.verify(); !right) return tl::unexpected(right.error());
  const auto& digest = flight.expectation.digest;
  if (auto done = incoming->commit(directory_.path_of(digest)); !done) return tl::unexpected(done.error());
  return Blob{digest, receiver.received(), incoming->reading()};
}

/// Takes the blob into the index and makes room for it.
void DiskStore::committed(const Blob& blob, std::optional<FlightKey> flight) {
  std::vector<std::filesystem::path> detached;
  {
    const std::lock_guard lock(mutex_);
    index_.add(blob.digest, blob.size).file = blob.file;
    if (flight) flights_.erase(*flight);
    for (const auto& digest : index_.shrink(options_.max_bytes, blob.digest)) {
      if (auto path = directory_.detach(digest)) detached.push_back(std::move(*path));
      metrics_.count("portcullis_blob_evictions_total");
    }
    metrics_.gauge("portcullis_blob_cache_bytes", {}, static_cast<double>(index_.bytes()));
  }
  for (const auto& path : detached) ::unlink(path.c_str());
}

util::Result<oci::Digest> DiskStore::put(std::string_view content) {
  auto digest = oci::Digest::of(content);
  if (find(digest)) return digest;
  auto incoming = directory_.create_incoming();
  if (!incoming) return tl::unexpected(incoming.error());
  if (auto written = incoming->write(util::as_bytes(content)); !written) {
    return tl::unexpected(written.error());
  }
  if (auto done = incoming->commit(directory_.path_of(digest)); !done) return tl::unexpected(done.error());
  committed(Blob{digest, content.size(), incoming->reading()}, std::nullopt);
  return digest;
}

std::uint64_t DiskStore::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return index_.bytes();
}

std::vector<Store::Entry> DiskStore::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Entry> entries;
  entries.reserve(index_.entries().size());
  for (const auto& [digest, entry] : index_.entries()) entries.push_back({digest, entry.size});
  return entries;
}

bool DiskStore::remove(const oci::Digest& digest) {
  std::optional<std::filesystem::path> detached;
  {
    const std::lock_guard lock(mutex_);
    index_.remove(digest);
    detached = directory_.detach(digest);
    metrics_.gauge("portcullis_blob_cache_bytes", {}, static_cast<double>(index_.bytes()));
  }
  if (!detached) return false;
  ::unlink(detached->c_str());
  return true;
}

void DiskStore::stop() {
  std::map<FlightKey, std::shared_ptr<FileTransfer>> cancelled;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    cancelled.swap(flights_);
  }
  pool_.close(util::LanePool::Queued::drop);
  for (const auto& [key, transfer] : cancelled) transfer->end(tl::unexpected(stopped()));
}

}  // namespace

util::Result<std::unique_ptr<Store>> open_store(const Options& options, util::Metrics& metrics) {
  auto directory = Directory::open(options.directory, options.sharing);
  if (!directory) return tl::unexpected(directory.error());
  try {
    return std::make_unique<DiskStore>(std::move(*directory), options, metrics);
  } catch (const std::exception& e) {
    return util::fail(ErrorKind::internal, "starting the blob store: " + std::string(e.what()));
  }
}

}  // namespace portcullis::blobs
