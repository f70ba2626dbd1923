// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/lane_pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>

namespace portcullis::util {
namespace {

TEST(LanePool, ALaneThatHangsTakesNoTurnFromAnother) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::atomic<int> hanging = 0;
  LanePool pool(2, 100);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(pool.submit("dead", [&] {
      ++hanging;
      released.wait();
    }));
  }
  for (int i = 0; i < 20; ++i) {
    std::promise<void> ran;
    ASSERT_TRUE(pool.submit("well", [&] { ran.set_value(); }));
    ran.get_future().wait();
  }
  EXPECT_LE(hanging, 2);
  release.set_value();
  pool.close(LanePool::Queued::run);
  pool.join();
  EXPECT_EQ(hanging, 10);
}

TEST(LanePool, QueuesAreBoundedByLane) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::promise<void> started;
  LanePool pool(1, 2);
  ASSERT_TRUE(pool.submit("a", [&] {
    started.set_value();
    released.wait();
  }));
  started.get_future().wait();
  EXPECT_TRUE(pool.submit("a", [] {}));
  EXPECT_TRUE(pool.submit("a", [] {}));
  EXPECT_FALSE(pool.submit("a", [] {}));
  EXPECT_TRUE(pool.submit("b", [] {}));
  release.set_value();
}

TEST(LanePool, WhatWaitsRunsOrIsDroppedWhenItCloses) {
  for (const auto queued : {LanePool::Queued::run, LanePool::Queued::drop}) {
    std::promise<void> release;
    const auto released = release.get_future().share();
    std::promise<void> started;
    std::atomic<int> ran = 0;
    LanePool pool(1, 10);
    pool.submit("a", [&] {
      started.set_value();
      released.wait();
    });
    started.get_future().wait();
    for (int i = 0; i < 3; ++i) pool.submit("a", [&] { ++ran; });
    pool.close(queued);
    EXPECT_FALSE(pool.submit("b", [] {}));
    release.set_value();
    pool.join();
    EXPECT_EQ(ran, queued == LanePool::Queued::run ? 3 : 0);
  }
}

TEST(LanePool, TheWatchIsToldTheLoadOfAllLanes) {
  std::mutex mutex;
  LanePool::Load most;
  LanePool::Load last;
  std::promise<void> release;
  const auto released = release.get_future().share();
  LanePool pool(1, 10, [&](const LanePool::Load& load) {
    const std::lock_guard lock(mutex);
    most = {std::max(most.waiting, load.waiting), std::max(most.running, load.running)};
    last = load;
  });
  std::promise<void> started[2];
  for (int lane = 0; lane < 2; ++lane) {
    pool.submit(std::to_string(lane), [&, lane] {
      started[lane].set_value();
      released.wait();
    });
    started[lane].get_future().wait();
  }
  for (int i = 0; i < 3; ++i) pool.submit("0", [] {});
  pool.submit("1", [] {});
  {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(most.waiting, 4U);
    EXPECT_EQ(most.running, 2U);
  }
  pool.close(LanePool::Queued::drop);
  release.set_value();
  pool.join();
  EXPECT_EQ(last.waiting, 0U);
  EXPECT_EQ(last.running, 0U);
}

TEST(LanePool, EveryTaskOfManyRunsOnce) {
  std::atomic<int> ran = 0;
  LanePool pool(4, 10'000);
  for (int i = 0; i < 3000; ++i) ASSERT_TRUE(pool.submit(std::to_string(i % 7), [&] { ++ran; }));
  pool.close(LanePool::Queued::run);
  pool.join();
  EXPECT_EQ(ran, 3000);
}

}  // namespace
}  // namespace portcullis::util
