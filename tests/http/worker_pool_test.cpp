// SPDX-License-Identifier: Apache-2.0
#include "worker_pool.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <string>
#include <thread>

#include "support/wait.hpp"

namespace portcullis::http {
namespace {

using namespace std::chrono_literals;
using portcullis::test::wait_until;

class PoolTest : public testing::Test {
 protected:
  static std::size_t threads() {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
  }

  /// Once a first thread came and went: a sanitizer starts one of its own with it.
  static std::size_t threads_at_rest() {
    pid_t id = 0;
    std::thread([&] { id = ::gettid(); }).join();
    const auto task = "/proc/self/task/" + std::to_string(id);
    EXPECT_TRUE(wait_until([&] { return !std::filesystem::exists(task); }));
    return threads();
  }

  RequestLimits limits_;
  BodyBudget budget_{1 << 20};
  Connection connection_{make_tcp_transport(util::UniqueFd()), Peer{}, "", limits_, budget_};
  const std::size_t before_ = threads_at_rest();
};

TEST_F(PoolTest, GrowsWithWhatIsHeldAndShrinksUnderALightLoad) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::atomic<int> served = 0;
  WorkerPool pool(8, 200ms, [&](Connection&) {
    ++served;
    released.wait();
  });
  for (int i = 0; i < 12; ++i) pool.submit(connection_);
  EXPECT_TRUE(wait_until([&] { return served == 8; }));
  EXPECT_EQ(threads(), before_ + 8);
  release.set_value();
  EXPECT_TRUE(wait_until([&] { return served == 12; })) << "those in line had their turn";
  // Work that one thread can do keeps one thread busy, and lets the others go.
  EXPECT_TRUE(wait_until([&] {
    pool.submit(connection_);
    return threads() <= before_ + 1;
  }));
}

TEST_F(PoolTest, IdleThreadsEndAndNewOnesCome) {
  std::atomic<int> served = 0;
  WorkerPool pool(4, 1ms, [&](Connection&) { ++served; });
  for (int round = 1; round <= 50; ++round) {
    pool.submit(connection_);
    ASSERT_TRUE(wait_until([&] { return served == round; }));
  }
  EXPECT_TRUE(wait_until([&] { return threads() == before_; }));
}

TEST_F(PoolTest, StopFinishesWhatRunsAndDropsWhatWaits) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::atomic<int> served = 0;
  WorkerPool pool(1, 1s, [&](Connection&) {
    ++served;
    released.wait();
  });
  pool.submit(connection_);
  pool.submit(connection_);
  ASSERT_TRUE(wait_until([&] { return served == 1; }));
  std::thread stopping([&] { pool.stop(); });
  release.set_value();
  stopping.join();
  pool.submit(connection_);
  EXPECT_LE(served, 2);
  EXPECT_TRUE(wait_until([&] { return threads() == before_; }));
}

}  // namespace
}  // namespace portcullis::http
