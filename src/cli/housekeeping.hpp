// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "portcullis/records/records.hpp"
#include "portcullis/util/clock.hpp"

namespace portcullis::cli {

struct HousekeepingTimes {
  std::chrono::milliseconds first{60'000};          ///< after the start: not while everybody comes back
  std::chrono::milliseconds between{3600'000};      ///< from the end of one round to the next
  std::chrono::milliseconds pause{100};             ///< after each batch, so that writers get their turn
  std::chrono::milliseconds after_trouble{60'000};  ///< instead of `pause`: what failed may be what is slow
};

/// Removes what `retention` lets go from the records, now and then, on a thread of its own. A round that
/// fails is logged and tried again in the next one. The destructor waits for the batch under way.
class Housekeeping {
 public:
  /// `records` and `clock` outlive it.
  Housekeeping(records::Records& records, records::Retention retention, const util::Clock& clock,
               HousekeepingTimes times = {});

 private:
  void run(const std::stop_token& stop);
  void remove_old(const std::stop_token& stop);
  /// False when it is time to end.
  bool rest(const std::stop_token& stop, std::chrono::milliseconds time);

  records::Records& records_;
  const records::Retention retention_;
  const util::Clock& clock_;
  const HousekeepingTimes times_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  ///< last: it uses the rest
};

}  // namespace portcullis::cli
