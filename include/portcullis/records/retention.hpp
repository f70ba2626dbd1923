// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "portcullis/util/result.hpp"

namespace portcullis::records {

/// How long and how many of one kind are kept; 0: no bound.
struct Keep {
  std::chrono::milliseconds age{0};
  std::uint64_t count = 0;
};

/// Whatever these say, there stay: the current decision of every image that is kept, what was found in its
/// blobs, active waivers, when a manifest was first seen, and events that a cursor has not passed.
struct Retention {
  Keep pulls{std::chrono::hours(24 * 90), 5'000'000};
  Keep pullers{std::chrono::hours(24 * 365), 5'000'000};  ///< who pulled what: first, last, how often
  Keep events{std::chrono::hours(24 * 365), 5'000'000};
  Keep decisions{std::chrono::hours(24 * 365), 1'000'000};  ///< those that are not current
  Keep images{std::chrono::hours(24 * 365),
              1'000'000};  ///< neither decided nor pulled since; with all of theirs
  Keep scans{std::chrono::hours(24 * 90), 1'000'000};  ///< superseded, or of no image that is kept
  Keep tag_history{std::chrono::hours(24 * 365), 1'000'000};
  Keep waivers{std::chrono::hours(24 * 365 * 3), 0};  ///< expired and announced, or revoked
  Keep statistics{std::chrono::hours(24 * 400), 0};   ///< counts by hour and day
  std::uint32_t batch =
      500;  ///< rows of a kind that one call removes; of statistics, a day or a week of hours
};

struct Removed {
  std::uint64_t pulls = 0;
  std::uint64_t pullers = 0;
  std::uint64_t events = 0;
  std::uint64_t decisions = 0;
  std::uint64_t images = 0;
  std::uint64_t scans = 0;
  std::uint64_t tag_history = 0;
  std::uint64_t waivers = 0;
  std::uint64_t statistics = 0;
  bool more = false;                        ///< a batch was full: call again
  std::optional<util::Error> trouble = {};  ///< of the first kind that failed; the others were looked after

  std::uint64_t total() const {
    return pulls + pullers + events + decisions + images + scans + tag_history + waivers + statistics;
  }
};

}  // namespace portcullis::records
