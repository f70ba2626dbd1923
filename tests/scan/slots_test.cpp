// SPDX-License-Identifier: Apache-2.0
#include "slots.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "support/wait.hpp"

namespace portcullis::scan {
namespace {

TEST(Slots, QueueIsBoundedAndDrains) {
  util::MemoryMetrics metrics;
  Slots slots(1, 1, metrics);
  auto first = slots.acquire();
  ASSERT_TRUE(first);
  std::thread waiter([&] { EXPECT_TRUE(slots.acquire()); });
  ASSERT_TRUE(test::wait_until([&] { return metrics.value("portcullis_scan_queue_depth") == 1; }));
  const auto refused = slots.acquire();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, util::ErrorKind::limit);
  first->reset();
  waiter.join();
  EXPECT_EQ(metrics.value("portcullis_scan_queue_depth"), 0);
  EXPECT_TRUE(slots.acquire());
}

TEST(Slots, OneThatIsLentIsUsedByAnotherUntilItIsTakenBack) {
  util::MemoryMetrics metrics;
  Slots slots(1, 5, metrics);
  auto stalled = slots.acquire();
  ASSERT_TRUE(stalled);
  (*stalled)->lend();
  (*stalled)->lend();  // once is enough
  auto second = slots.acquire();
  ASSERT_TRUE(second);
  (*stalled)->take_back();
  second->reset();
  // What was lent is in use again: the next one waits for it.
  std::atomic<bool> got = false;
  std::thread third([&] { got = slots.acquire().has_value(); });
  ASSERT_TRUE(test::wait_until([&] { return metrics.value("portcullis_scan_queue_depth") == 1; }));
  EXPECT_FALSE(got);
  stalled->reset();
  third.join();
  EXPECT_TRUE(got);

  auto lent = slots.acquire();
  (*lent)->lend();
  lent->reset();  // given back while lent: there is still one slot, not two
  auto only = slots.acquire();
  std::thread waiter([&] { EXPECT_TRUE(slots.acquire()); });
  EXPECT_TRUE(test::wait_until([&] { return metrics.value("portcullis_scan_queue_depth") == 1; }));
  only->reset();
  waiter.join();
}

TEST(Slots, StopWakesWhoWaits) {
  util::MemoryMetrics metrics;
  Slots slots(1, 5, metrics);
  auto held = slots.acquire();
  std::thread waiter([&] {
    const auto slot = slots.acquire();
    ASSERT_FALSE(slot);
    EXPECT_EQ(slot.error().kind, util::ErrorKind::cancelled);
  });
  ASSERT_TRUE(test::wait_until([&] { return metrics.value("portcullis_scan_queue_depth") == 1; }));
  slots.stop();
  waiter.join();
  held->reset();
  slots.wait_idle();
}

}  // namespace
}  // namespace portcullis::scan
