// SPDX-License-Identifier: Apache-2.0
#include "housekeeping.hpp"

#include <gtest/gtest.h>

#include "portcullis/records/search.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

namespace portcullis::cli {
namespace {

using namespace std::chrono_literals;
using test::wait_until;

class HousekeepingTest : public testing::Test {
 protected:
  HousekeepingTest() {
    retention_.batch = 2;
    for (int i = 0; i < 7; ++i) pull("old", clock_.now() - 24h * 100, i);
    pull("new", clock_.now() - 24h, 0);
  }

  void pull(const std::string& name, util::TimePoint when, int client) {
    const records::PullRecord record{.host = "docker.io",
                                     .repository = "library/" + name,
                                     .reference = "1",
                                     .manifest = oci::Digest::of(name),
                                     .client_address = "10.0.0." + std::to_string(client),
                                     .decision_id = "d",
                                     .first = when,
                                     .last = when,
                                     .requests = 1};
    ASSERT_TRUE(records_->put_pulls({record}));
  }
  std::vector<std::string> pulled() {
    std::vector<std::string> names;
    const auto page = records_->search().pulls({});
    for (const auto& each : page.value().pulls) names.push_back(each.repository);
    return names;
  }

  test::TempDir dir_;
  util::SystemClock clock_;
  records::Retention retention_;
  std::unique_ptr<records::Records> records_ = records::open((dir_ / "records.db").string()).value();
};

TEST_F(HousekeepingTest, RemovesBatchByBatchWhatIsTooOldAndNothingElse) {
  ASSERT_EQ(pulled().size(), 8u);
  const Housekeeping keeping(*records_, retention_, clock_, {.first = 0ms, .between = 1h, .pause = 1ms});
  EXPECT_TRUE(wait_until([&] { return pulled() == std::vector<std::string>{"library/new"}; }));
}

TEST_F(HousekeepingTest, GoesOnRoundAfterRound) {
  const Housekeeping keeping(*records_, retention_, clock_, {.first = 0ms, .between = 1ms, .pause = 1ms});
  ASSERT_TRUE(wait_until([&] { return pulled().size() == 1; }));
  pull("late", clock_.now() - 24h * 200, 1);
  EXPECT_TRUE(wait_until([&] { return pulled() == std::vector<std::string>{"library/new"}; }));
}

TEST_F(HousekeepingTest, EndsAtOnceWhileItRests) {
  { const Housekeeping keeping(*records_, retention_, clock_, {.first = 24h, .between = 24h, .pause = 24h}); }
  EXPECT_EQ(pulled().size(), 8u);
}

}  // namespace
}  // namespace portcullis::cli
