// SPDX-License-Identifier: Apache-2.0
//
// Waivers from their creation to their end, and what is said to whom when an image that was served is
// blocked again.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "support/wait.hpp"
#include "world.hpp"

namespace portcullis::gate {
namespace {

using findings::Action;
using std::chrono::hours;

constexpr const char* kRepo = "library/app";
const Client kAlice{"192.0.2.10", "alice", "docker/29"};
const Client kBob{"192.0.2.11", "bob", "containerd/2"};

Options watchful() {
  Options options;
  options.poll = std::chrono::milliseconds(5);
  return options;
}

findings::Waiver waiver_for(World& world, const Image& image) {
  return {"w-1",
          "test_malware",
          "",
          image.manifest.text(),
          "",
          "looked at it by hand",
          "eve",
          world.clock.now(),
          world.clock.now() + hours(24)};
}

bool sees(World& world, const std::string& action, std::size_t count = 1) {
  return test::wait_until([&] { return world.events(action).size() >= count; });
}

TEST(Waiving, TheWholeRound) {
  World world(watchful());
  const auto image = world.push(kRepo, "1", {"fine", "malware"});
  ASSERT_EQ(world.pull_as(kBob, kRepo, "1").status, Status::blocked);

  world.waive(waiver_for(world, image));
  world.gate->waivers_changed();
  const auto served = world.pull_as(kAlice, kRepo, "1");
  ASSERT_EQ(served.status, Status::served) << served.message;
  EXPECT_NE(served.warning.find("waived by w-1"), std::string::npos) << served.warning;
  EXPECT_EQ(world.pull_blob(kRepo, image.layers[1]).status, Status::served);
  EXPECT_TRUE(world.events("retro-alert").empty());

  world.clock.advance(hours(25));
  ASSERT_TRUE(sees(world, "retro-alert"));  // nobody asked for the image
  ASSERT_EQ(world.events("waiver-expired").size(), 1u);
  EXPECT_EQ(world.events("waiver-expired").front().extra.at("waiver"), "w-1");
  EXPECT_EQ(world.pull_as(kAlice, kRepo, "1").status, Status::blocked);
  EXPECT_EQ(world.pull_blob(kRepo, image.layers[1]).status, Status::blocked);

  const auto alert = world.events("retro-alert").front();
  EXPECT_EQ(alert.extra.at("cause"), "waiver-expired");
  EXPECT_EQ(alert.extra.at("previous"), served.report_id);
  EXPECT_EQ(alert.severity, findings::Severity::critical);
  ASSERT_FALSE(alert.rules.empty());
  EXPECT_EQ(alert.rules.front().rule, "test_malware");
  // Alice, and the client of the blob; Bob was only ever refused.
  EXPECT_EQ(alert.extra.at("pullers.count"), "2");
  EXPECT_EQ(alert.extra.at("pullers.more"), "0");
  const auto pullers = nlohmann::json::parse(alert.extra.at("pullers"));
  ASSERT_EQ(pullers.size(), 2u);
  const auto alice = std::ranges::find_if(pullers, [](const auto& p) { return p["user"] == "alice"; });
  ASSERT_NE(alice, pullers.end());
  EXPECT_EQ((*alice)["address"], "192.0.2.10");
  EXPECT_EQ((*alice)["agent"], "docker/29");
  EXPECT_EQ((*alice)["first"], "2027-01-15T08:00:00.000Z");
  EXPECT_NE(alert.message.find("was served, now blocked after its waiver expired: rule test_malware"),
            std::string::npos)
      << alert.message;
  EXPECT_NE(alert.message.find("alice at 192.0.2.10"), std::string::npos) << alert.message;

  world.restart();
  EXPECT_EQ(world.pull_as(kAlice, kRepo, "1").status, Status::blocked);
  world.gate->waivers_changed();
  EXPECT_EQ(world.events("retro-alert").size(), 1u);
  EXPECT_EQ(world.events("waiver-expired").size(), 1u);
}

TEST(Waiving, ARevokedWaiverBlocksAtOnceAndTells) {
  World world(watchful());
  const auto image = world.push(kRepo, "1", {"malware"});
  world.waive(waiver_for(world, image));
  ASSERT_EQ(world.pull_as(kAlice, kRepo, "1").status, Status::served);
  world.revoke("w-1");
  world.gate->waivers_changed();
  EXPECT_EQ(world.pull_as(kBob, kRepo, "1").status, Status::blocked);
  ASSERT_TRUE(sees(world, "retro-alert"));
  EXPECT_EQ(world.events("retro-alert").front().extra.at("cause"), "waiver-revoked");
  EXPECT_EQ(world.events("retro-alert").front().extra.at("pullers.count"), "1");
}

/// Written by another process: nobody calls waivers_changed().
TEST(Waiving, OthersChangesAreNoticed) {
  World world(watchful());
  const auto image = world.push(kRepo, "1", {"malware"});
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::blocked);
  world.waive(waiver_for(world, image));
  EXPECT_TRUE(test::wait_until([&] { return world.pull(kRepo, "1").status == Status::served; }));
  world.revoke("w-1");
  EXPECT_TRUE(test::wait_until([&] { return world.pull(kRepo, "1").status == Status::blocked; }));
}

TEST(Waiving, AWaiverThatEndedWhileNobodyLookedIsCaughtUpWith) {
  World world(watchful());
  const auto image = world.push(kRepo, "1", {"malware"});
  world.waive(waiver_for(world, image));
  ASSERT_EQ(world.pull_as(kAlice, kRepo, "1").status, Status::served);
  world.gate->stop();
  world.revoke("w-1");
  world.restart();
  ASSERT_TRUE(sees(world, "retro-alert"));
  EXPECT_EQ(world.events("retro-alert").front().extra.at("cause"), "waiver-revoked");
}

TEST(Waiving, OthersOfAFleetTellOnce) {
  World world(watchful());
  const auto image = world.push(kRepo, "1", {"malware"});
  world.waive(waiver_for(world, image));
  ASSERT_EQ(world.pull_as(kAlice, kRepo, "1").status, Status::served);
  {
    std::vector<std::unique_ptr<Gate>> fleet;
    for (const auto* name : {"two", "three", "four"}) fleet.push_back(world.neighbour(name));
    world.clock.advance(hours(25));
    ASSERT_TRUE(sees(world, "retro-alert"));
    for (const auto& gate : fleet) gate->waivers_changed();
    world.gate->waivers_changed();
  }
  world.gate->stop();  // what was begun is done
  EXPECT_EQ(world.events("retro-alert").size(), 1u);
  EXPECT_EQ(world.events("waiver-expired").size(), 1u);
  EXPECT_EQ(world.events("image-blocked").size(), 1u);
}

/// Nobody can say then whether it was revoked.
TEST(Waiving, NoWaiverIsHonouredWhileTheRecordsCannotBeRead) {
  World world(watchful());
  const auto bad = world.push(kRepo, "bad", {"malware"});
  world.push(kRepo, "good", {"fine"});
  world.waive(waiver_for(world, bad));
  ASSERT_EQ(world.pull(kRepo, "bad").status, Status::served);
  ASSERT_EQ(world.pull(kRepo, "good").status, Status::served);
  world.lose_records(true);
  world.gate->waivers_changed();
  EXPECT_EQ(world.pull(kRepo, "bad").status, Status::failed);
  EXPECT_EQ(world.pull(kRepo, "good").status, Status::served);
  EXPECT_GT(world.metrics.value("portcullis_records_errors_total{what=waivers}"), 0);
  world.lose_records(false);
  EXPECT_TRUE(test::wait_until([&] { return world.pull(kRepo, "bad").status == Status::served; }));
}

/// The clock alone: no poll comes in between.
TEST(Waiving, NoPullIsServedAfterTheExpiry) {
  Options options;
  options.poll = hours(1);
  World world(options);
  const auto image = world.push(kRepo, "1", {"malware"});
  world.waive(waiver_for(world, image));
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  world.clock.advance(hours(24));
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::blocked);
}

struct Scope {
  const char* name;
  std::function<void(findings::Waiver&, const Image&)> scope;
  Status other_repository;  ///< the same image in another repository
};

class WaiverScope : public testing::TestWithParam<Scope> {};

TEST_P(WaiverScope, ReachesWhatItSays) {
  World world(watchful());
  const auto image = world.push(kRepo, "1", {"malware"});
  world.push("library/other", "1", {"malware and more"});
  auto waiver = waiver_for(world, image);
  waiver.digest.clear();
  GetParam().scope(waiver, image);
  world.waive(waiver);
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::served);
  EXPECT_EQ(world.pull("library/other", "1").status, GetParam().other_repository);
}

INSTANTIATE_TEST_SUITE_P(
    All, WaiverScope,
    testing::Values(Scope{"digest", [](auto& w, const auto& image) { w.digest = image.manifest.text(); },
                          Status::blocked},
                    Scope{"file_hash", [](auto& w, const auto&) { w.file_hash = std::string(64, 'a'); },
                          Status::served},
                    Scope{"repository_and_file_hash",
                          [](auto& w, const auto&) {
                            w.repository = "docker.io/library/app";
                            w.file_hash = std::string(64, 'a');
                          },
                          Status::blocked}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(RetroAlert, ADeniedDigestTellsWhoPulledIt) {
  World world(watchful());
  const auto image = world.push(kRepo, "1", {"fine"});
  world.push(kRepo, "2", {"fine too"});
  ASSERT_EQ(world.pull_as(kAlice, kRepo, "1").status, Status::served);
  ASSERT_EQ(world.pull_as(kBob, kRepo, "2").status, Status::served);
  policy::Policy policy;
  policy.deny_digests = {image.layers[0]};
  world.gate->set_policy(policy);
  ASSERT_TRUE(sees(world, "retro-alert"));
  const auto alert = world.events("retro-alert").front();
  EXPECT_EQ(alert.extra.at("cause"), "policy");
  EXPECT_EQ(alert.manifest, image.manifest.text());
  EXPECT_NE(alert.extra.at("pullers").find("alice"), std::string::npos);
  EXPECT_EQ(alert.rules.front().rule, "deny:digest");
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::blocked);
  EXPECT_EQ(world.pull(kRepo, "2").status, Status::served);
  EXPECT_EQ(world.events("retro-alert").size(), 1u);
}

/// A malicious image vanishes from its registry, and then one learns its digest.
TEST(RetroAlert, NeedsNoBytes) {
  World world(watchful());
  const auto image = world.push(kRepo, "1", {"fine"});
  ASSERT_EQ(world.pull_as(kAlice, kRepo, "1").status, Status::served);
  world.gate->stop();
  for (const auto& digest : {image.manifest, image.config, image.layers[0]}) {
    world.store->remove(digest);
    world.registry.forget(kRepo, digest);
  }
  world.policy.deny_digests = {image.manifest};
  world.restart();
  ASSERT_TRUE(sees(world, "retro-alert"));
  EXPECT_NE(world.events("retro-alert").front().extra.at("pullers").find("alice"), std::string::npos);
  EXPECT_NE(world.pull(kRepo, "1").status, Status::served);
}

TEST(RetroAlert, IsNotSentWhenNobodyWasServed) {
  World world(watchful());
  const auto image = world.push(kRepo, "1", {"fine"});
  const auto judged = world.gate->judge({"docker.io",
                                         *oci::Repository::parse(kRepo),
                                         *oci::parse_tag_or_digest("1"),
                                         Method::get,
                                         kAlice,
                                         {},
                                         std::chrono::seconds(5)});
  ASSERT_EQ(judged.answer.status, Status::served);
  world.push(kRepo, "bad", {"malware"});
  ASSERT_EQ(world.pull_as(kBob, kRepo, "bad").status, Status::blocked);
  policy::Policy policy;
  policy.deny_repositories = {"docker.io/library/*"};
  world.gate->set_policy(policy);
  ASSERT_TRUE(sees(world, "retro-alert"));  // of the one that was
  EXPECT_EQ(world.pull_as(kBob, kRepo, "bad").status, Status::blocked);
  for (const auto& alert : world.events("retro-alert")) EXPECT_EQ(alert.manifest, image.manifest.text());
}

TEST(RetroAlert, ListsAHundredAndCountsTheRest) {
  World world(watchful());
  const auto image = world.push(kRepo, "1", {"fine"});
  for (int i = 0; i < 130; ++i) {
    const Client client{"10.0.0." + std::to_string(i), "", std::string(3000, '\xff')};
    ASSERT_EQ(world.pull_as(client, kRepo, "1").status, Status::served);
  }
  // The alert waits for pulls that are not on record yet, but not for ever.
  ASSERT_TRUE(test::wait_until([&] { return world.events("pull-allowed").size() == 130; }));
  policy::Policy policy;
  policy.deny_digests = {image.manifest};
  world.gate->set_policy(policy);
  ASSERT_TRUE(sees(world, "retro-alert"));
  const auto alert = world.events("retro-alert").front();
  EXPECT_EQ(alert.extra.at("pullers.count"), "130");
  const auto pullers = nlohmann::json::parse(alert.extra.at("pullers"));
  EXPECT_EQ(pullers.size() + std::stoul(alert.extra.at("pullers.more")), 130u);
  EXPECT_GE(pullers.size(), 50u);
}

/// The decision and its alert are one transaction: what fails is done whole, later.
TEST(RetroAlert, IsNotLostWhenTheRecordsFail) {
  World world(watchful());
  const auto image = world.push(kRepo, "1", {"fine"});
  ASSERT_EQ(world.pull_as(kAlice, kRepo, "1").status, Status::served);
  ASSERT_TRUE(test::wait_until([&] { return world.recorded_pulls() == 1; }));
  world.break_records(true);
  world.policy.deny_digests = {image.manifest};
  world.gate->set_policy(world.policy);
  EXPECT_EQ(world.pull_as(kBob, kRepo, "1").status, Status::failed);
  EXPECT_TRUE(world.events("retro-alert").empty());
  world.restart();
  ASSERT_TRUE(sees(world, "retro-alert"));
  EXPECT_EQ(world.events("retro-alert").front().extra.at("pullers.count"), "1");
}

TEST(Events, SayAllThereIsToSay) {
  World world(watchful());
  policy::Policy policy;
  policy.mode = policy::Mode::audit;
  world.gate->set_policy(policy);
  const auto image = world.push(kRepo, "1", {"fine", "malware"});
  ASSERT_EQ(world.pull_as(kAlice, kRepo, "1").status, Status::served);
  ASSERT_TRUE(sees(world, "pull-warned"));
  for (const auto* action : {"image-warned", "pull-warned"}) {
    SCOPED_TRACE(action);
    const auto event = world.events(action).front();
    EXPECT_EQ(event.severity, findings::Severity::critical);
    ASSERT_EQ(event.rules.size(), 1u);
    EXPECT_EQ(event.rules[0].rule, "test_malware");
    EXPECT_EQ(event.rules[0].techniques, std::vector<std::string>{"T1496"});
    EXPECT_EQ(event.rules[0].path, "usr/bin/x");
    EXPECT_EQ(event.rules[0].file_hash, std::string(64, 'a'));
    EXPECT_EQ(event.rules[0].layer, image.layers[1].text());
    EXPECT_EQ(event.extra.at("policy"), policy.fingerprint());
    EXPECT_EQ(event.extra.at("profile"), "profile-1");
    EXPECT_EQ(event.extra.at("would_block"), "true");
  }
  const auto pull = world.events("pull-warned").front();
  EXPECT_EQ(pull.client_address, "192.0.2.10");
  EXPECT_EQ(pull.client_user, "alice");
  EXPECT_EQ(pull.client_agent, "docker/29");

  world.push(kRepo, "1", {"other"});
  world.clock.advance(world.options.tag_ttl * 2);
  world.scanner.set_outcome(findings::Outcome::unscannable);
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  const auto moved = world.events("tag-moved").front();
  EXPECT_EQ(moved.extra.at("tag.from"), image.manifest.text());
  EXPECT_EQ(moved.extra.at("tag.to"), moved.manifest);
  ASSERT_EQ(world.events("scan-failed").size(), 1u);  // its config is that of the other
  const auto failed = world.events("scan-failed").front();
  EXPECT_EQ(failed.extra.at("outcome"), "unscannable");
  EXPECT_EQ(failed.rules.front().rule, "outcome:unscannable");
  EXPECT_NE(failed.message.find("as the test wants it"), std::string::npos) << failed.message;
}

}  // namespace
}  // namespace portcullis::gate
