// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>

#include "portcullis/scan/service.hpp"

namespace portcullis::scan {

/// The wall clock of one job: base + bytes / floor rate. It stands still while the worker has
/// nothing to do but wait for our source (a slow download is not the worker's fault) or our sink.
/// Thread-safe.
class JobClock {
 public:
  using Clock = std::chrono::steady_clock;

  explicit JobClock(const Limits& limits)
      : base_(limits.base_time), floor_rate_(std::max<std::uint64_t>(limits.floor_rate, 1)) {}

  /// Both sides of a job may wait at the same time: it runs again when both have resumed it.
  void pause() {
    const std::lock_guard lock(mutex_);
    if (pauses_++ > 0) return;
    paused_at_ = Clock::now();
    spent_ += paused_at_ - since_;
  }
  void resume() {
    const std::lock_guard lock(mutex_);
    if (--pauses_ == 0) since_ = Clock::now();
  }
  /// For how long it stands still.
  Clock::duration paused() const {
    const std::lock_guard lock(mutex_);
    return pauses_ > 0 ? Clock::now() - paused_at_ : Clock::duration::zero();
  }
  void set_bytes(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    bytes_ = std::max(bytes_, bytes);
  }

  std::chrono::seconds allowance() const {
    const std::lock_guard lock(mutex_);
    return allowance_locked();
  }
  bool expired() const {
    const std::lock_guard lock(mutex_);
    const auto running = pauses_ > 0 ? Clock::duration::zero() : Clock::now() - since_;
    return spent_ + running > allowance_locked();
  }

 private:
  std::chrono::seconds allowance_locked() const {
    return base_ + std::chrono::seconds(static_cast<std::int64_t>(bytes_ / floor_rate_));
  }

  mutable std::mutex mutex_;
  const std::chrono::seconds base_;
  const std::uint64_t floor_rate_;
  Clock::time_point since_ = Clock::now();
  Clock::time_point paused_at_{};
  Clock::duration spent_{};
  int pauses_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace portcullis::scan
