// SPDX-License-Identifier: Apache-2.0
//
// How slowly a client may take its answers. Judged by what its machine acknowledged, not by what our
// socket took: a socket that reports room again only after a third of megabytes would make a slow
// client look stuck, and a first gulp into its buffer would make a stuck one look fast.
#pragma once

#include <chrono>
#include <cstdint>

#include "portcullis/http/server.hpp"

namespace portcullis::http {

/// One for the life of a connection, so that many small answers are no way around it.
class SendPace {
 public:
  using Clock = std::chrono::steady_clock;

  /// We have to wait for the client from now on.
  void begin_wait(Clock::time_point now, std::uint64_t bytes_taken);
  /// The waiting is over or goes on. False when the client was too slow over the last stretch.
  bool end_wait(Clock::time_point now, std::uint64_t bytes_taken, const SendLimits& limits);

 private:
  Clock::time_point since_{};
  Clock::duration waited_{};          ///< in this stretch; ends at `stall`
  std::uint64_t taken_at_first_ = 0;  ///< when the stretch began
};

}  // namespace portcullis::http
