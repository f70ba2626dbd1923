// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "judge.hpp"
#include "portcullis/gate/gate.hpp"
#include "rescans.hpp"

namespace portcullis::gate {

/// Keeps the gate up with what changes in the records by other hands: waivers that come, go and run out,
/// images that another Portcullis blocked. Looks every `Options::poll`, on a thread of its own. Thread-safe.
class Keeper {
 public:
  Keeper(const Parts& parts, const Options& options, Judge& judge, Standing& standing, Profiles& profiles,
         Rescans& rescans);

  void start();
  void stop();
  /// One look, now.
  void look();

 private:
  void run(const std::stop_token& stop);
  void waivers();
  void announce_expired();
  void catch_up();
  void others();
  void suspects();
  void decide_again(const std::vector<std::string>& waivers);
  void trouble(const char* what, const util::Error& error);

  const Parts& parts_;
  const Options& options_;
  Judge& judge_;
  Standing& standing_;
  Profiles& profiles_;
  Rescans& rescans_;

  std::mutex looking_;  ///< one look at a time
  bool caught_up_ = false;
  bool announce_ = true;  ///< some waiver may have expired unannounced
  std::chrono::steady_clock::time_point announced_{};
  std::int64_t last_event_ = -1;  ///< -1: none looked at yet

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace portcullis::gate
