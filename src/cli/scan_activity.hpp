// SPDX-License-Identifier: Apache-2.0
//
// What a scan is doing at the moment, for the progress display and for who wants to know what was being done
// when it had to end; and the order to end.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <span>
#include <string>

#include "portcullis/gate/gate.hpp"
#include "portcullis/util/metrics.hpp"
#include "portcullis/util/stream.hpp"

namespace portcullis::cli {

/// Thread-safe.
class Activity {
 public:
  struct State {
    std::string source;       ///< raw
    std::string doing;        ///< "reading the archive"; raw
    std::uint64_t bytes = 0;  ///< done
    std::uint64_t total = 0;  ///< 0: not known
    std::size_t parts = 0;    ///< of an image: config and layers; 0: not known
    std::size_t parts_done = 0;
    std::uint64_t files = 0;  ///< scanned since the beginning
  };

  /// `metrics` is where the scanner counts files; outlives this.
  explicit Activity(const util::MemoryMetrics& metrics) : metrics_(metrics) {}

  void source(const std::string& name);
  /// The next step. `total` bytes of work when that is known.
  void begin(const std::string& doing, std::uint64_t total = 0);
  void advance(std::uint64_t bytes) { bytes_ += bytes; }
  State state() const;

  /// While it lives, the state is that of the images that `gate` judges.
  class Watching {
   public:
    Watching(Activity& activity, const gate::Gate& gate);
    ~Watching();
    Watching(const Watching&) = delete;
    Watching& operator=(const Watching&) = delete;

   private:
    Activity& activity_;
  };

  /// While it lives, `end` is called by cancel(); at once when that came first. `end` is called once at most,
  /// from another thread, and must not block for long.
  class Ending {
   public:
    Ending(Activity& activity, std::function<void()> end);
    ~Ending();
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;

   private:
    Activity& activity_;
    std::list<std::function<void()>>::iterator place_;
  };

  /// What runs ends soon and without a verdict, and nothing begins.
  void cancel();
  bool cancelled() const { return cancelled_; }

 private:
  const util::MemoryMetrics& metrics_;
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<bool> cancelled_{false};
  mutable std::mutex mutex_;
  State now_;
  const gate::Gate* gate_ = nullptr;
  std::list<std::function<void()>> endings_;
};

/// Bytes of `from`, counted as they are taken; none after a cancel().
class CountedSource final : public util::ByteSource {
 public:
  CountedSource(util::ByteSource& from, Activity& activity) : from_(from), activity_(activity) {}
  util::Result<std::size_t> read(std::span<std::byte> buffer) override;

 private:
  util::ByteSource& from_;
  Activity& activity_;
};

/// Passes bytes on to `to` and counts them; none after a cancel().
class CountedSink final : public util::ByteSink {
 public:
  CountedSink(util::ByteSink& to, Activity& activity) : to_(to), activity_(activity) {}
  util::Result<void> write(std::span<const std::byte> bytes) override;

 private:
  util::ByteSink& to_;
  Activity& activity_;
};

}  // namespace portcullis::cli
