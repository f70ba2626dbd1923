// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portcullis::util {

/// Wall-clock time at millisecond precision: what records and messages carry.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

/// Time as an argument: decisions are pure, tests turn the hands themselves. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
};

class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint start) : millis_(start.time_since_epoch().count()) {}
  TimePoint now() const override { return TimePoint(std::chrono::milliseconds(millis_.load())); }
  void advance(std::chrono::milliseconds by) { millis_ += by.count(); }

 private:
  std::atomic<std::int64_t> millis_;
};

/// RFC 3339 in UTC, "2026-11-23T06:45:48.123Z".
std::string to_rfc3339(TimePoint time);
std::optional<TimePoint> parse_rfc3339(std::string_view text);

inline std::int64_t to_millis(TimePoint time) { return time.time_since_epoch().count(); }
inline TimePoint from_millis(std::int64_t millis) { return TimePoint(std::chrono::milliseconds(millis)); }

}  // namespace portcullis::util
