// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>

namespace portcullis::http {

struct GuessLimits {
  int failures = 10;  ///< of one address, until the oldest is `age` old
  std::chrono::seconds age{60};
  std::size_t addresses = 4096;  ///< whose failures are counted, the latest ones
};

/// Who guesses at secrets. Not thread-safe: its owner guards it.
class GuessLimit {
 public:
  using Clock = std::chrono::steady_clock;

  explicit GuessLimit(const GuessLimits& limits) : limits_(limits) {}

  /// `site` is whose guesses are counted together.
  bool is_guessing(const std::string& site, Clock::time_point now);
  void note_failure(const std::string& site, Clock::time_point now);

 private:
  struct Failures {
    int count = 0;
    Clock::time_point since;
    std::list<std::string>::iterator order;
  };

  const GuessLimits limits_;
  std::unordered_map<std::string, Failures> failures_;
  std::list<std::string> failure_order_;  ///< the oldest first
};

}  // namespace portcullis::http
