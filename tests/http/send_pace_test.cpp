// SPDX-License-Identifier: Apache-2.0
#include "send_pace.hpp"

#include <gtest/gtest.h>

namespace portcullis::http {
namespace {

using namespace std::chrono_literals;

constexpr SendLimits kLimits{.stall = 60s, .min_rate = 1000};

class Pace : public testing::Test {
 protected:
  /// Waits `time` for the client, which takes `bytes` meanwhile.
  bool wait(std::chrono::milliseconds time, std::uint64_t bytes) {
    pace_.begin_wait(now_, taken_);
    now_ += time;
    taken_ += bytes;
    return pace_.end_wait(now_, taken_, kLimits);
  }

  SendPace pace_;
  SendPace::Clock::time_point now_{};
  std::uint64_t taken_ = 1'000'000;
};

TEST_F(Pace, NothingForTheWholeStallIsTooSlow) {
  EXPECT_TRUE(wait(59s, 0));
  EXPECT_FALSE(wait(1s, 0));
}

TEST_F(Pace, OneByteAMinuteIsTooSlow) { EXPECT_FALSE(wait(60s, 1)); }

TEST_F(Pace, TheRateIsAnAverageOverTheStretch) {
  EXPECT_TRUE(wait(59s, 0));
  EXPECT_TRUE(wait(1s, 60'000)) << "late, but enough";
  EXPECT_TRUE(wait(30s, 30'000));
  EXPECT_FALSE(wait(30s, 29'999)) << "each stretch counts for itself";
}

TEST_F(Pace, OnlyTimeSpentWaitingCounts) {
  EXPECT_TRUE(wait(30s, 0));
  now_ += 24h;  // idle, or we had nothing to send
  EXPECT_TRUE(wait(29s, 0));
  EXPECT_FALSE(wait(1s, 0));
}

TEST_F(Pace, WhatIsTakenBetweenTwoWaitsCounts) {
  EXPECT_TRUE(wait(30s, 0));
  taken_ += 60'000;
  EXPECT_TRUE(wait(30s, 0));
}

TEST_F(Pace, WithoutARateOneByteIsEnough) {
  const SendLimits patient{.stall = 60s, .min_rate = 0};
  pace_.begin_wait(now_, 5);
  EXPECT_TRUE(pace_.end_wait(now_ + 60s, 6, patient));
  pace_.begin_wait(now_, 6);
  EXPECT_FALSE(pace_.end_wait(now_ + 60s, 6, patient));
}

}  // namespace
}  // namespace portcullis::http
