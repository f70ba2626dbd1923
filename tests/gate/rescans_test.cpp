// SPDX-License-Identifier: Apache-2.0
//
// New rules: what was served is served on while it is scanned again, and what turns bad is blocked from
// then on.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "support/wait.hpp"
#include "world.hpp"

namespace portcullis::gate {
namespace {

constexpr const char* kRepo = "library/app";
const Client kAlice{"192.0.2.10", "alice", "docker/29"};

Options watchful() {
  Options options;
  options.poll = std::chrono::milliseconds(5);
  options.tag_ttl = std::chrono::hours(24 * 365);
  return options;
}

bool rescanned(World& world, std::uint64_t count = 0) {
  return test::wait_until([&] {
    const auto progress = world.gate->rescans();
    return progress.profile == world.scanner.profile().id && progress.left == 0 && progress.done >= count;
  });
}

TEST(Rescans, AServedImageIsServedOnUntilItTurnsOutBad) {
  World world(watchful());
  const auto image = world.push(kRepo, "1", {"fine", "sleeper"});
  const auto first = world.pull_as(kAlice, kRepo, "1");
  ASSERT_EQ(first.status, Status::served);

  world.scanner.hold();
  world.scanner.load_rule("profile-2", "sleeper");
  const auto meanwhile = world.pull(kRepo, "1");
  EXPECT_EQ(meanwhile.status, Status::served);
  EXPECT_EQ(meanwhile.report_id, first.report_id);
  EXPECT_EQ(world.pull_blob(kRepo, image.layers[1]).status, Status::served);
  ASSERT_TRUE(test::wait_until([&] { return world.gate->rescans().current.size() == 1; }));
  const auto progress = world.gate->rescans();
  EXPECT_EQ(progress.profile, "profile-2");
  EXPECT_EQ(progress.total, 1u);
  EXPECT_EQ(progress.left, 1u);
  EXPECT_EQ(progress.current.front(), "docker.io/library/app@" + image.manifest.text());
  ASSERT_TRUE(progress.since);
  EXPECT_EQ(*progress.until, *progress.since + world.options.rescan_max);
  ASSERT_TRUE(test::wait_until([&] {
    const auto now = world.gate->judging();
    return now.size() == 1 && now.front().why == JudgingNow::Why::rescan && now.front().blobs == 3 &&
           now.front().reference == "1";
  }));

  world.scanner.release();
  ASSERT_TRUE(rescanned(world, 1));
  const auto blocked = world.pull(kRepo, "1");
  EXPECT_EQ(blocked.status, Status::blocked);
  EXPECT_NE(blocked.message.find("test_new"), std::string::npos) << blocked.message;
  EXPECT_EQ(world.pull_blob(kRepo, image.layers[1]).status, Status::blocked);
  const auto alerts = world.events("retro-alert");
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts.front().extra.at("cause"), "rescan");
  EXPECT_NE(alerts.front().extra.at("pullers").find("alice"), std::string::npos);
  EXPECT_EQ(world.events("profile-changed").size(), 2u);
}

TEST(Rescans, WhatWasNeverJudgedIsJudgedWithTheNewestRules) {
  World world(watchful());
  world.push(kRepo, "1", {"fine"});
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  world.push(kRepo, "2", {"sleeper"});
  world.scanner.load_rule("profile-2", "sleeper");
  EXPECT_EQ(world.pull(kRepo, "2").status, Status::blocked);
}

TEST(Rescans, ABlockIsNotHeldOnOldRules) {
  World world(watchful());
  world.push(kRepo, "1", {"sleeper"});
  world.scanner.load_rule("profile-1", "sleeper");
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::blocked);
  world.scanner.load_rule("profile-2", "");
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::served);
}

/// The rescan of one image finds a layer bad: another that shares it is not served on.
TEST(Rescans, ABadLayerIsBadForAllWhoShareIt) {
  auto options = watchful();
  options.poll = std::chrono::hours(1);  // no rescan comes to the second image
  World world(options);
  const auto one = world.push("library/one", "1", {"sleeper", "one"});
  world.push("library/two", "1", {"sleeper", "two"});
  ASSERT_EQ(world.pull("library/one", "1").status, Status::served);
  ASSERT_EQ(world.pull_as(kAlice, "library/two", "1").status, Status::served);
  world.scanner.load_rule("profile-2", "sleeper");
  ASSERT_EQ(world.pull("library/two", "1").status, Status::served);
  world.push("library/new", "1", {"sleeper", "new"});
  ASSERT_EQ(world.pull("library/new", "1").status, Status::blocked);
  EXPECT_EQ(world.pull("library/two", "1").status, Status::blocked);
  world.gate->waivers_changed();  // a look at once, and the rescan of the first
  EXPECT_TRUE(test::wait_until([&] { return world.events("retro-alert").size() == 2; }));
}

TEST(Rescans, TheMostRecentlyPulledComesFirst) {
  World world(watchful());
  for (int i = 0; i < 5; ++i) {
    world.push(kRepo, std::to_string(i), {"layer " + std::to_string(i)});
    ASSERT_EQ(world.pull(kRepo, std::to_string(i)).status, Status::served);
    world.clock.advance(std::chrono::minutes(1));
  }
  ASSERT_TRUE(test::wait_until([&] { return world.recorded_pulls() == 5; }));
  world.scanner.set_profile("profile-2");
  ASSERT_TRUE(rescanned(world, 5));
  world.gate->stop();
  std::vector<std::string> order;
  for (const auto& row : world.records_images()) {
    if (row.profile == "profile-2") order.push_back(row.tags.front());
  }
  EXPECT_EQ(order, (std::vector<std::string>{"0", "1", "2", "3", "4"}));  // the last to be decided first
}

TEST(Rescans, GoOnAfterARestart) {
  World world(watchful());
  const auto here = world.push(kRepo, "here", {"layer here"});
  const auto gone = world.push(kRepo, "gone", {"layer gone"});
  ASSERT_EQ(world.pull(kRepo, "here").status, Status::served);
  ASSERT_EQ(world.pull(kRepo, "gone").status, Status::served);
  ASSERT_TRUE(world.store->remove(gone.layers[0]));
  world.registry.fail_with(util::ErrorKind::unreachable);
  world.scanner.set_profile("profile-2");
  ASSERT_TRUE(test::wait_until([&] {
    const auto now = world.gate->rescans();
    return now.failed == 1 && now.done == 1;
  }));
  const auto progress = world.gate->rescans();
  EXPECT_EQ(progress.left, 1u);
  EXPECT_NE(progress.last_failure.find("trouble"), std::string::npos) << progress.last_failure;
  const auto since = progress.since;
  const auto decision = world.find_decision(kRepo, here.manifest)->id;

  world.clock.advance(std::chrono::hours(1));
  world.restart();
  ASSERT_TRUE(test::wait_until([&] { return world.gate->rescans().failed == 1; }));
  EXPECT_EQ(world.gate->rescans().since, since);  // a restart makes nothing younger
  EXPECT_EQ(world.pull(kRepo, "gone").status, Status::served);
  world.registry.fail_with(util::ErrorKind::internal);
  world.clock.advance(std::chrono::minutes(2));
  ASSERT_TRUE(rescanned(world, 1));
  EXPECT_EQ(world.find_decision(kRepo, gone.manifest)->profile, "profile-2");
  EXPECT_EQ(world.find_decision(kRepo, here.manifest)->id, decision);
  EXPECT_EQ(world.find_decision(kRepo, here.manifest)->profile, "profile-2");
}

TEST(Rescans, AnOldVerdictDoesNotStandForEver) {
  World world(watchful());
  const auto image = world.push(kRepo, "1", {"layer"});
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  ASSERT_TRUE(world.store->remove(image.layers[0]));
  world.registry.fail_with(util::ErrorKind::unreachable);
  world.scanner.set_profile("profile-2");
  ASSERT_TRUE(test::wait_until([&] { return world.gate->rescans().failed == 1; }));
  world.clock.advance(world.options.rescan_max - std::chrono::minutes(1));
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::served);
  world.clock.advance(std::chrono::minutes(2));
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::unreachable);
  world.restart();
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::unreachable);
}

/// Decided again at once, from the scans of then, without a byte.
TEST(Rescans, ANewPolicyCountsForWhatIsNotScannedAgainYet) {
  World world(watchful());
  const auto image = world.push(kRepo, "1", {"layer"});
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  for (const auto& digest : {image.config, image.layers[0]}) ASSERT_TRUE(world.store->remove(digest));
  world.registry.fail_with(util::ErrorKind::unreachable);
  world.scanner.set_profile("profile-2");
  ASSERT_TRUE(test::wait_until([&] { return world.gate->rescans().failed == 1; }));
  policy::Policy policy;
  policy.block_at = findings::Severity::critical;
  world.gate->set_policy(policy);
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::served);
  EXPECT_EQ(world.find_decision(kRepo, image.manifest)->policy, policy.fingerprint());
  policy.deny_digests = {image.layers[0]};
  world.gate->set_policy(policy);
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::blocked);
}

TEST(Rescans, BadLuckIsTriedAgainBeforeItBlocks) {
  World world(watchful());
  world.push(kRepo, "1", {"layer"});
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  world.scanner.set_outcome(findings::Outcome::timed_out);
  world.scanner.set_profile("profile-2");
  // Time goes on in small steps: when the next try is due is said by the clock a moment after a failure
  // is counted.
  const auto later = [&](auto what) {
    return test::wait_until([&] {
      if (what()) return true;
      world.clock.advance(std::chrono::seconds(30));
      return false;
    });
  };
  for (int i = 1; i < 3; ++i) {
    ASSERT_TRUE(later([&] { return world.metrics.value("portcullis_rescans_total{result=failed}") == i; }));
    EXPECT_EQ(world.pull(kRepo, "1").status, Status::served);
  }
  ASSERT_TRUE(later([&] { return !world.events("retro-alert").empty(); }));
  ASSERT_TRUE(rescanned(world, 1));
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::blocked);
  EXPECT_EQ(world.events("retro-alert").size(), 1u);
}

TEST(Rescans, AnOperatorAsksForOne) {
  World world(watchful());
  const auto image = world.push(kRepo, "1", {"sleeper"});
  const auto repository = std::string(kRepo);
  EXPECT_EQ(world.gate->rescan("docker.io", repository, image.manifest).error().kind,
            util::ErrorKind::absent);
  EXPECT_EQ(world.gate->rescan("nowhere.example", repository, image.manifest).error().kind,
            util::ErrorKind::invalid);
  ASSERT_EQ(world.pull_as(kAlice, kRepo, "1").status, Status::served);
  world.scanner.load_rule("profile-1", "sleeper");  // the same profile: nothing happens by itself
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  ASSERT_TRUE(world.gate->rescan("docker.io", repository, image.manifest));
  ASSERT_TRUE(test::wait_until([&] { return world.events("retro-alert").size() == 1; }));
  EXPECT_TRUE(test::wait_until([&] { return world.pull(kRepo, "1").status == Status::blocked; }));
}

/// What one Portcullis of a fleet found out, the others do not serve from memory.
TEST(Rescans, AFleetBlocksTogether) {
  World world(watchful());
  const auto image = world.push(kRepo, "1", {"sleeper"});
  const auto other = world.neighbour("other");
  const ManifestRequest request{
      "docker.io", *oci::Repository::parse(kRepo), *oci::parse_tag_or_digest("1"), Method::get, kAlice,
      {},          std::chrono::seconds(20)};
  ASSERT_EQ(other->manifest(request).status, Status::served);
  world.scanner.load_rule("profile-1", "sleeper");
  ASSERT_TRUE(world.gate->rescan("docker.io", kRepo, image.manifest));
  EXPECT_TRUE(test::wait_until([&] { return other->manifest(request).status == Status::blocked; }));
  EXPECT_TRUE(test::wait_until([&] { return world.events("retro-alert").size() == 1; }));
}

TEST(Rescans, ClientsGoFirst) {
  World world(watchful());
  world.push(kRepo, "old", {"old"});
  ASSERT_EQ(world.pull(kRepo, "old").status, Status::served);
  world.push("library/new", "1", {"new"});
  world.scanner.hold();
  auto client = std::async(std::launch::async, [&] { return world.pull("library/new", "1").status; });
  ASSERT_TRUE(test::wait_until([&] { return world.scanner.scans() == 4; }));  // both of the new image began
  world.scanner.set_profile("profile-2");
  ASSERT_TRUE(test::wait_until([&] { return world.gate->rescans().current.size() == 1; }));
  EXPECT_EQ(world.scanner.scans(), 4);  // it waits
  world.scanner.release();
  EXPECT_EQ(client.get(), Status::served);
  EXPECT_TRUE(rescanned(world, 1));
}

TEST(Rescans, RecordsThatFailStopNothingForGood) {
  World world(watchful());
  world.push(kRepo, "1", {"sleeper"});
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  ASSERT_TRUE(test::wait_until([&] { return world.recorded_pulls() == 1; }));
  world.lose_records(true);
  world.scanner.load_rule("profile-2", "sleeper");
  ASSERT_TRUE(test::wait_until(
      [&] { return world.metrics.value("portcullis_records_errors_total{what=rescans}") > 0; }));
  world.lose_records(false);
  EXPECT_TRUE(test::wait_until([&] {
    world.clock.advance(std::chrono::minutes(1));
    return world.pull(kRepo, "1").status == Status::blocked;
  }));
}

}  // namespace
}  // namespace portcullis::gate
