// SPDX-License-Identifier: Apache-2.0
//
// Minimum age, from the pull to the line that the client is shown.
#include <gmock/gmock.h>

#include "world.hpp"

namespace portcullis::gate {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

TEST(Cooldown, EndsByItselfAndNotForOverriddenRepositories) {
  World world;
  auto policy = world.policy;
  policy.cooldown = 72h;
  policy::Override lifted;
  lifted.match = "docker.io/team/*";
  lifted.cooldown = 0ms;
  policy.overrides.push_back(lifted);
  world.gate->set_policy(policy);
  world.push("library/app", "1", {"layer"});
  world.push("team/app", "1", {"another"});

  EXPECT_EQ(world.pull("team/app", "1").status, Status::served);
  const auto first = world.pull("library/app", "1");
  EXPECT_EQ(first.status, Status::blocked);
  EXPECT_THAT(first.message,
              HasSubstr("BLOCKED by Portcullis: first seen 0 seconds ago, policy wants 3 days; report "));
  world.clock.advance(71h);
  const auto later = world.pull("library/app", "1");
  EXPECT_EQ(later.status, Status::blocked) << "the age is counted from when it was first seen";
  world.clock.advance(1h);
  const auto old = world.pull("library/app", "1");
  EXPECT_EQ(old.status, Status::served) << old.message;
}

}  // namespace
}  // namespace portcullis::gate
