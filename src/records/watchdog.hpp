// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>

#include "portcullis/util/fd.hpp"

namespace portcullis::records {

/// Ends conversations with a server that does not answer: libpq itself would wait for ever. After
/// its time a socket is shut down, and the call that waits on it fails. Thread-safe.
class Watchdog {
 public:
  /// Looks this often.
  explicit Watchdog(std::chrono::milliseconds tick);
  ~Watchdog();

  /// While it lives, `socket` is watched.
  class Watch {
   public:
    Watch(Watchdog& owner, int socket, std::chrono::milliseconds time);
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch();

   private:
    Watchdog& owner_;
    std::uint64_t id_;
  };

 private:
  struct Guarded {
    std::chrono::steady_clock::time_point deadline;
    /// A copy: the library may close its own, and the number would soon mean something else.
    util::UniqueFd socket;
  };
  void run();

  std::chrono::milliseconds tick_;
  std::mutex mutex_;
  std::map<std::uint64_t, Guarded> guarded_;
  std::uint64_t next_ = 0;
  util::Pipe ending_;  ///< readable end: the watchdog is being destroyed
  std::thread thread_;
};

}  // namespace portcullis::records
