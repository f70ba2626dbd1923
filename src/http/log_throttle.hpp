// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_set>

namespace portcullis::http {

/// Lets the first of a kind through each minute, and no more kinds than a log can bear: lines that a
/// client causes must not be a way to fill a disk. Thread-safe.
class LogThrottle {
 public:
  bool admits(const std::string& kind) {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (now - begun_ >= kPeriod) {
      begun_ = now;
      seen_.clear();
    }
    return seen_.size() < kMostKinds && seen_.insert(kind).second;
  }

 private:
  static constexpr std::chrono::seconds kPeriod{60};
  static constexpr std::size_t kMostKinds = 256;

  std::mutex mutex_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::unordered_set<std::string> seen_;
};

}  // namespace portcullis::http
