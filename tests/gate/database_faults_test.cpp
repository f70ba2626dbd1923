// SPDX-License-Identifier: Apache-2.0
//
// A thousand pulls in a random order while the database fails at random: whatever is served, the
// decision that lets it pass stands in the records at that moment.
#include <gtest/gtest.h>

#include <random>

#include "world.hpp"

namespace portcullis::gate {
namespace {

class DatabaseFaults : public testing::TestWithParam<int> {};

TEST_P(DatabaseFaults, NothingIsServedWithoutItsRecordedDecision) {
  constexpr int kPulls = 1'000;
  constexpr unsigned kSeed = 20261123;
  Options options;
  options.queued_pulls = 100'000;  // pulls that cannot be written wait; their bound has its own test
  World world(options);
  std::mt19937 random(kSeed);
  const auto upto = [&](unsigned n) { return random() % n; };
  std::vector<std::pair<std::string, Image>> images;
  const auto push = [&] {
    const auto number = std::to_string(images.size());
    const auto repository = "library/app" + std::to_string(upto(5));
    const auto layer = (upto(4) == 0 ? "malware " : "layer ") + number;
    images.emplace_back(repository, world.push(repository, std::to_string(upto(3)), {"base", layer}));
  };
  push();
  world.fail_records_at_random(kSeed, GetParam());
  int served = 0;
  int failed = 0;
  for (int i = 0; i < kPulls; ++i) {
    SCOPED_TRACE(i);
    if (upto(10) == 0) push();
    if (upto(10) == 0) world.clock.advance(world.options.tag_ttl);
    if (upto(50) == 0) world.scanner.set_profile("profile-" + std::to_string(i));
    if (upto(100) == 0) {
      world.fail_records_at_random(kSeed, 0);  // a gate that cannot start serves nothing anyway
      world.restart();
      world.fail_records_at_random(kSeed + static_cast<unsigned>(i), GetParam());
    }
    const auto& [repository, image] = images[upto(static_cast<unsigned>(images.size()))];
    if (upto(3) == 0) {
      const auto& layer = image.layers[upto(2)];
      const auto answer = world.pull_blob(repository, layer);
      if (answer.status == Status::served) {
        ++served;
        EXPECT_TRUE(world.blob_may_be_served(repository, layer));
      }
    } else {
      const auto answer =
          world.pull(repository, upto(2) == 0 ? std::to_string(upto(3)) : image.manifest.text());
      if (answer.status == Status::served) {
        ++served;
        ASSERT_TRUE(answer.digest);
        EXPECT_TRUE(world.may_be_served(repository, *answer.digest)) << answer.digest->text();
      }
      failed += answer.status == Status::failed;
    }
  }
  EXPECT_GT(served, 0);
  EXPECT_GT(failed, 0);
}

INSTANTIATE_TEST_SUITE_P(Percent, DatabaseFaults, testing::Values(5, 30),
                         [](const auto& row) { return std::to_string(row.param) + "_percent"; });

}  // namespace
}  // namespace portcullis::gate
