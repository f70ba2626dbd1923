// SPDX-License-Identifier: Apache-2.0
#include "send_pace.hpp"

#include <algorithm>

namespace portcullis::http {

void SendPace::begin_wait(Clock::time_point now, std::uint64_t bytes_taken) {
  since_ = now;
  if (waited_ == Clock::duration::zero()) taken_at_first_ = bytes_taken;
}

bool SendPace::end_wait(Clock::time_point now, std::uint64_t bytes_taken, const SendLimits& limits) {
  waited_ += now - since_;
  since_ = now;
  if (waited_ < limits.stall) return true;
  const double seconds = std::chrono::duration<double>(waited_).count();
  const double needed = std::max(1.0, static_cast<double>(limits.min_rate) * seconds);
  const bool kept_up = static_cast<double>(bytes_taken - taken_at_first_) >= needed;
  waited_ = Clock::duration::zero();
  taken_at_first_ = bytes_taken;
  return kept_up;
}

}  // namespace portcullis::http
