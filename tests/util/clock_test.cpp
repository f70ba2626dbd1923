// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/clock.hpp"

#include <gtest/gtest.h>

namespace portcullis::util {
namespace {

TEST(Rfc3339, RendersUtcWithMilliseconds) {
  EXPECT_EQ(to_rfc3339(from_millis(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(from_millis(1795416348123)), "2026-11-23T06:45:48.123Z");
  EXPECT_EQ(to_rfc3339(from_millis(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(Rfc3339, ParsesTable) {
  struct Row {
    const char* text;
    std::optional<std::int64_t> millis;
  };
  const Row rows[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2026-11-23T06:45:48.123Z", 1795416348123},
      {"2026-11-23T06:45:48.123456789Z", 1795416348123},
      {"2026-11-23t06:45:48.1z", 1795416348100},
      {"2026-11-23T07:45:48+01:00", 1795416348000},
      {"2026-11-22T22:15:48-08:30", 1795416348000},
      {"0001-01-01T00:00:00Z", -62135596800000},  // Go's zero time, in many images
      {"2024-02-29T00:00:00Z", 1709164800000},
      {"1990-12-31T23:59:60Z", 662688000000},
      {"2023-02-29T00:00:00Z", std::nullopt},
      {"2026-13-01T00:00:00Z", std::nullopt},
      {"2026-00-01T00:00:00Z", std::nullopt},
      {"2026-01-01T24:00:00Z", std::nullopt},
      {"2026-01-01T00:60:00Z", std::nullopt},
      {"2026-01-01T00:00:61Z", std::nullopt},
      {"2026-01-01T00:00:00", std::nullopt},
      {"2026-01-01T00:00:00.Z", std::nullopt},
      {"2026-01-01 00:00:00Z", std::nullopt},
      {"2026-01-01T00:00:00Zx", std::nullopt},
      {"2026-01-01T00:00:00+24:00", std::nullopt},
      {"2026-01-01T00:00:00+0100", std::nullopt},
      {"26-01-01T00:00:00Z", std::nullopt},
      {"2026-1-1T0:0:0Z", std::nullopt},
      {"+026-01-01T00:00:00Z", std::nullopt},
      {"", std::nullopt},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    const auto parsed = parse_rfc3339(row.text);
    ASSERT_EQ(parsed.has_value(), row.millis.has_value());
    if (parsed) {
      EXPECT_EQ(to_millis(*parsed), *row.millis);
    }
  }
}

TEST(Rfc3339, RoundTrip) {
  for (std::int64_t millis = -62135596800000; millis < 4102444800000;
       millis += 86'400'000LL * 97 + 12'345'678) {
    const auto parsed = parse_rfc3339(to_rfc3339(from_millis(millis)));
    ASSERT_TRUE(parsed);
    ASSERT_EQ(to_millis(*parsed), millis);
  }
}

TEST(ManualClock, MovesOnlyWhenTold) {
  ManualClock clock(from_millis(1000));
  EXPECT_EQ(to_millis(clock.now()), 1000);
  clock.advance(std::chrono::seconds(2));
  EXPECT_EQ(to_millis(clock.now()), 3000);
}

TEST(SystemClock, IsAfterThisWasWritten) {
  EXPECT_GT(SystemClock().now(), *parse_rfc3339("2024-01-01T00:00:00Z"));
}

}  // namespace
}  // namespace portcullis::util
