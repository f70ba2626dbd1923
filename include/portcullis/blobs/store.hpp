// SPDX-License-Identifier: Apache-2.0
//
// Content-addressed blobs on disk.
//
//   <dir>/sha256/ab/<hex>   a committed blob; appears only by rename after digest and size matched
//   <dir>/incoming/<id>     being received; emptied at start-up
//   <dir>/lock              locked while a process uses the directory
//
// Commit or vanish: a crash, a full disk, a wrong byte or a short transfer leaves nothing visible.
// Single flight: however many ask for a digest at once, it is received once, and each can read it
// while it grows. Eviction takes the least recently used first and never what a handle is open on
// (the descriptor keeps reading; only the name goes). All classes are thread-safe unless stated.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/oci/digest.hpp"
#include "portcullis/util/fd.hpp"
#include "portcullis/util/metrics.hpp"
#include "portcullis/util/result.hpp"
#include "portcullis/util/stream.hpp"

namespace portcullis::blobs {

/// Who may use the directory at the same time.
enum class Sharing {
  exclusive,  ///< one process: the server
  shared,     ///< any number of `shared` ones: `portcullis scan` side by side. Each knows the blobs it
              ///< found or made; sizes and eviction then count those only.
};

struct Options {
  std::filesystem::path directory;
  Sharing sharing = Sharing::exclusive;
  std::uint64_t max_bytes = 20ull << 30;  ///< committed blobs; eviction starts above it
  std::size_t max_transfers = 8;          ///< fetches that run at the same time per source; more wait
};

/// A committed blob, open for reading (pread; the position is shared, do not use it).
struct Blob {
  oci::Digest digest;
  std::uint64_t size = 0;
  std::shared_ptr<util::UniqueFd> file;
};

/// A blob that is here, or on its way. Shared by everyone who waits for the same digest; the
/// transfer goes on when all of them leave.
class Transfer {
 public:
  virtual ~Transfer() = default;
  /// Until committed or failed.
  virtual util::Result<Blob> wait() = 0;
  /// As wait(), but nullopt when `timeout` passes first.
  virtual std::optional<util::Result<Blob>> wait_for(std::chrono::milliseconds timeout) = 0;
  /// Reads from the first byte, following the file as it grows. Its clean end comes only after the
  /// blob was committed; a failed transfer ends in an error, so what was read so far must not count.
  /// Each reader is for one thread; it holds its own descriptor.
  virtual std::unique_ptr<util::ByteSource> reader() = 0;
};

class Store {
 public:
  /// Runs on one of the store's threads. Writes the whole blob to the sink, or fails. A failure may
  /// be retried by a later acquire(); nothing is remembered.
  using Fetch = std::function<util::Result<void>(util::ByteSink&)>;

  virtual ~Store() = default;

  /// Committed and readable now? Counts as a use for eviction.
  virtual std::optional<Blob> find(const oci::Digest& digest) = 0;
  virtual bool contains(const oci::Digest& digest) const = 0;

  /// The blob when committed, the running transfer when there is one, else a new transfer that runs
  /// `fetch`. More than `expected_size` bytes, fewer, or another digest: ErrorKind::corrupt.
  /// `expected_size` nullopt means up to `max_size`; more than that: ErrorKind::limit. `source` names
  /// where the bytes come from (an upstream): one that hangs takes no turn from another, and nobody
  /// joins a transfer from a source that is not his.
  virtual std::shared_ptr<Transfer> acquire(const oci::Digest& digest,
                                            std::optional<std::uint64_t> expected_size,
                                            std::uint64_t max_size, Fetch fetch,
                                            const std::string& source = {}) = 0;

  /// Commits `content` (its digest is computed); small documents such as manifests.
  virtual util::Result<oci::Digest> put(std::string_view content) = 0;

  virtual std::uint64_t used_bytes() const = 0;
  struct Entry {
    oci::Digest digest;
    std::uint64_t size;
  };
  virtual std::vector<Entry> list() const = 0;
  virtual bool remove(const oci::Digest& digest) = 0;

  /// Refuses new transfers, cancels running ones (their waiters get ErrorKind::cancelled).
  virtual void stop() = 0;
};

/// Fails when the directory cannot be made, written or locked (Sharing says against whom).
util::Result<std::unique_ptr<Store>> open_store(const Options& options, util::Metrics& metrics);

}  // namespace portcullis::blobs
