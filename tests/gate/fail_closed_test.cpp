// SPDX-License-Identifier: Apache-2.0
//
// Every way in which there is no verdict, and none of them ends in "served".
#include <gtest/gtest.h>

#include "support/wait.hpp"
#include "world.hpp"

namespace portcullis::gate {
namespace {

constexpr const char* kRepo = "library/app";

class ScanOutcome : public testing::TestWithParam<findings::Outcome> {};

TEST_P(ScanOutcome, IsNeverServedByDefault) {
  World world;
  const auto image = world.push(kRepo, "1", {"layer"});
  world.scanner.set_outcome(GetParam());
  const auto answer = world.pull(kRepo, "1");
  EXPECT_NE(answer.status, Status::served);
  EXPECT_EQ(answer.status, GetParam() == findings::Outcome::unavailable ? Status::failed : Status::blocked);
  EXPECT_NE(world.pull_blob(kRepo, image.layers[0]).status, Status::served);
}

std::vector<findings::Outcome> not_complete() {
  std::vector<findings::Outcome> all(std::begin(findings::kAllOutcomes), std::end(findings::kAllOutcomes));
  std::erase(all, findings::Outcome::complete);
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, ScanOutcome, testing::ValuesIn(not_complete()),
                         [](const auto& row) { return std::string(findings::to_string(row.param)); });

TEST(FailClosed, AnUnavailableScannerIsForgottenOnceItIsBack) {
  World world;
  world.push(kRepo, "1", {"layer"});
  world.scanner.set_outcome(findings::Outcome::unavailable);
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::failed);
  world.scanner.set_outcome(findings::Outcome::complete);
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::served);
}

TEST(FailClosed, BadLuckIsNotBelievedForEver) {
  World world;
  world.push(kRepo, "1", {"layer"});
  world.scanner.set_outcome(findings::Outcome::timed_out);
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::blocked);
  world.scanner.set_outcome(findings::Outcome::complete);
  world.restart();
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::blocked);  // still remembered
  world.clock.advance(std::chrono::minutes(16));
  world.restart();
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::served);
}

struct Upstream {
  const char* name;
  util::ErrorKind kind;
  Status cold;   ///< nothing known
  Status known;  ///< the tag and its image are known, the tag's time is over
};

class UpstreamTrouble : public testing::TestWithParam<Upstream> {};

TEST_P(UpstreamTrouble, KeepsItsMeaning) {
  World world;
  world.push(kRepo, "known", {"layer"});
  ASSERT_EQ(world.pull(kRepo, "known").status, Status::served);
  world.registry.fail_with(GetParam().kind);
  EXPECT_EQ(world.pull(kRepo, "cold").status, GetParam().cold);
  world.clock.advance(world.options.tag_ttl * 2);
  EXPECT_EQ(world.pull(kRepo, "known").status, GetParam().known);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, UpstreamTrouble,
    testing::Values(Upstream{"down", util::ErrorKind::unreachable, Status::unreachable, Status::served},
                    Upstream{"rate_limited", util::ErrorKind::limit, Status::unreachable, Status::served},
                    Upstream{"broken_answer", util::ErrorKind::corrupt, Status::unreachable, Status::served},
                    Upstream{"denied", util::ErrorKind::denied, Status::denied, Status::denied},
                    Upstream{"gone", util::ErrorKind::absent, Status::absent, Status::absent}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(FailClosed, StaleHasAnEnd) {
  World world;
  world.push(kRepo, "1", {"layer"});
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  world.registry.fail_with(util::ErrorKind::unreachable);
  world.clock.advance(world.options.stale_max + std::chrono::minutes(1));
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::unreachable);
}

TEST(FailClosed, AStaleTagOfABlockedImageStaysBlocked) {
  World world;
  world.push(kRepo, "1", {"malware"});
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::blocked);
  world.registry.fail_with(util::ErrorKind::unreachable);
  world.clock.advance(world.options.tag_ttl * 2);
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::blocked);
}

struct WrongBytes {
  const char* name;
  std::string bytes;
};

class CorruptBlob : public testing::TestWithParam<WrongBytes> {};

TEST_P(CorruptBlob, LeavesNothingAndTheNextPullWorks) {
  World world;
  const auto image = world.push(kRepo, "1", {"the real layer"});
  world.registry.corrupt(image.layers[0], GetParam().bytes);
  const auto answer = world.pull(kRepo, "1");
  EXPECT_EQ(answer.status, Status::unreachable) << answer.message;
  EXPECT_NE(answer.message.find("layer 1"), std::string::npos) << answer.message;
  EXPECT_FALSE(world.store->contains(image.layers[0]));
  world.registry.corrupt(image.layers[0], "the real layer");
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::served);
}

INSTANTIATE_TEST_SUITE_P(Bytes, CorruptBlob,
                         testing::Values(WrongBytes{"truncated", "the real"}, WrongBytes{"empty", ""},
                                         WrongBytes{"oversized", "the real layer and more"},
                                         WrongBytes{"same_size_other_bytes", "the fake layer"}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(FailClosed, WithoutRecordsNothingIsServed) {
  World world;
  const auto image = world.push(kRepo, "1", {"layer"});
  world.break_records(true);
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::failed);
  EXPECT_EQ(world.pull(kRepo, image.manifest.text()).status, Status::failed);
  EXPECT_NE(world.pull_blob(kRepo, image.layers[0]).status, Status::served);
  world.break_records(false);
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::served);
}

TEST(FailClosed, WithRecordsThatAreGoneNothingIsServed) {
  World world;
  const auto image = world.push(kRepo, "1", {"layer"});
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  world.restart();  // nothing in memory any longer
  world.lose_records(true);
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::failed);
  EXPECT_EQ(world.pull(kRepo, image.manifest.text()).status, Status::failed);
  EXPECT_EQ(world.pull_blob(kRepo, image.layers[0]).status, Status::failed);
  world.registry.fail_with(util::ErrorKind::unreachable);
  EXPECT_NE(world.pull(kRepo, "1").status, Status::served);
  world.lose_records(false);
  world.registry.fail_with(util::ErrorKind::internal);
  world.clock.advance(std::chrono::seconds(10));
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::served);
}

TEST(FailClosed, WhenMemoryRunsOutNothingIsServed) {
  World world;
  const auto image = world.push(kRepo, "1", {"layer"});
  world.scanner.run_out_of_memory(true);
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::failed);
  EXPECT_NE(world.pull_blob(kRepo, image.layers[0]).status, Status::served);
  world.scanner.run_out_of_memory(false);
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::served);
}

TEST(FailClosed, WhenTooManyImagesWaitFurtherOnesAreRefused) {
  Options options;
  options.concurrent_images = 1;
  options.queued_images = 2;
  World world(options);
  for (int i = 0; i < 6; ++i) world.push("library/app" + std::to_string(i), "1", {"layer"});
  world.scanner.hold();
  int refused = 0;
  for (int i = 0; i < 6; ++i) {
    const auto answer = world.pull("library/app" + std::to_string(i), "1", std::chrono::milliseconds(30));
    EXPECT_TRUE(answer.status == Status::pending || answer.status == Status::failed) << answer.message;
    if (answer.status == Status::failed) {
      ++refused;
      EXPECT_TRUE(answer.retry_after);
    }
  }
  EXPECT_EQ(refused, 3);
  EXPECT_EQ(world.metrics.value("portcullis_refused_total{reason=image_queue_full}"), 3);
  world.scanner.release();
  EXPECT_EQ(world.pull("library/app0", "1").status, Status::served);
}

TEST(FailClosed, WhenTooManyScansWaitFurtherOnesAreRefused) {
  Options options;
  options.concurrent_images = 60;
  options.queued_images = 1;
  options.max_layers = 2;
  World world(options);
  for (int i = 0; i < 60; ++i)
    world.push("library/app" + std::to_string(i), "1", {"layer " + std::to_string(i)});
  world.scanner.hold();
  for (int i = 0; i < 60; ++i) {
    const auto answer = world.pull("library/app" + std::to_string(i), "1", std::chrono::milliseconds(5));
    EXPECT_TRUE(answer.status == Status::pending || answer.status == Status::failed) << answer.message;
  }
  EXPECT_GT(world.metrics.value("portcullis_refused_total{reason=scan_queue_full}"), 0);
  world.scanner.release();
  EXPECT_TRUE(test::wait_until([&] { return world.pull("library/app59", "1").status == Status::served; }));
}

TEST(FailClosed, RulesThatChangeInTheMiddleOfAPullScanAgain) {
  World world;
  world.push(kRepo, "1", {"layer"});
  world.scanner.hold();
  ASSERT_EQ(world.pull(kRepo, "1", std::chrono::milliseconds(30)).status, Status::pending);
  const int before = world.scanner.scans();
  world.scanner.set_profile("profile-2");
  world.scanner.set_outcome(findings::Outcome::crashed);  // what the new rules would end in
  world.scanner.release();
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::blocked);
  EXPECT_GT(world.scanner.scans(), before);
}

TEST(FailClosed, APolicyThatChangesInTheMiddleOfAPullDecides) {
  World world;
  world.push(kRepo, "1", {"layer"});
  world.scanner.hold();
  ASSERT_EQ(world.pull(kRepo, "1", std::chrono::milliseconds(30)).status, Status::pending);
  policy::Policy strict;
  strict.deny_repositories = {"docker.io/library/*"};
  world.gate->set_policy(strict);
  world.scanner.release();
  // Whoever joined the old judgement hears of it; from the next question on the new policy counts.
  world.pull(kRepo, "1");
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::blocked);
}

TEST(FailClosed, WhenPullsCannotBeWrittenTheQueueFillsAndServingStops) {
  Options options;
  options.queued_pulls = 4;
  World world(options);
  const auto image = world.push(kRepo, "1", {"layer"});
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  world.break_records(true);
  int served = 0;
  for (int minute = 0; minute < 10; ++minute) {  // each minute is a pull of its own
    world.clock.advance(std::chrono::minutes(1));
    served += world.pull(kRepo, image.manifest.text()).status == Status::served;
  }
  EXPECT_LE(served, 4);
  EXPECT_GE(world.metrics.value("portcullis_refused_total{reason=pull_queue_full}"), 6);
}

TEST(FailClosed, PullsThatPiledUpAreWrittenInGroupsThatATransactionCanHold) {
  constexpr int kPulls = 1200;
  World world;
  const auto image = world.push(kRepo, "1", {"layer"});
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  world.break_records(true);
  for (int minute = 0; minute < kPulls; ++minute) {
    world.clock.advance(std::chrono::minutes(1));
    ASSERT_EQ(world.pull(kRepo, image.manifest.text()).status, Status::served);
  }
  world.break_records(false);
  EXPECT_TRUE(test::wait_until([&] { return world.recorded_pulls() == kPulls + 1; }));
  EXPECT_LE(world.largest_pull_group(), 500u);
}

TEST(FailClosed, OversizedLayersAreALimitNotASurprise) {
  Options options;
  options.max_layer_bytes = 10;
  World world(options);
  world.push(kRepo, "1", {"this layer has more than ten bytes"});
  const auto answer = world.pull(kRepo, "1");
  EXPECT_EQ(answer.status, Status::blocked);
  EXPECT_NE(answer.message.find("max_layer_size"), std::string::npos) << answer.message;
}

TEST(FailClosed, AfterStopNothingIsServed) {
  World world;
  const auto image = world.push(kRepo, "1", {"layer"});
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  world.gate->stop();
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::failed);
  EXPECT_EQ(world.pull_blob(kRepo, image.layers[0]).status, Status::failed);
}

}  // namespace
}  // namespace portcullis::gate
