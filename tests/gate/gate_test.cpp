// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "portcullis/records/search.hpp"
#include "world.hpp"

namespace portcullis::gate {
namespace {

constexpr const char* kRepo = "library/app";

TEST(Gate, ServesACleanImageWithItsBytes) {
  World world;
  const auto image = world.push(kRepo, "1", {"layer one", "layer two"});
  const auto answer = world.pull(kRepo, "1");
  ASSERT_EQ(answer.status, Status::served) << answer.message;
  EXPECT_EQ(*answer.digest, image.manifest);
  EXPECT_EQ(*answer.body, image.body);
  EXPECT_EQ(answer.media_type, oci::kOciManifest);
  EXPECT_TRUE(answer.warning.empty());
  for (const auto& layer : image.layers) {
    const auto blob = world.pull_blob(kRepo, layer);
    ASSERT_EQ(blob.status, Status::served) << blob.message;
    EXPECT_EQ(blob.blob->digest, layer);
  }
  EXPECT_EQ(world.scanner.scans(), 3);  // config and two layers
}

TEST(Gate, BlocksWithRuleFileAndLayer) {
  World world;
  const auto image = world.push(kRepo, "bad", {"fine", "malware"});
  const auto answer = world.pull(kRepo, "bad");
  ASSERT_EQ(answer.status, Status::blocked);
  EXPECT_NE(
      answer.message.find("BLOCKED by Portcullis: rule test_malware (critical) matched usr/bin/x in layer 2"),
      std::string::npos)
      << answer.message;
  EXPECT_NE(answer.message.find(answer.report_id), std::string::npos);
  for (const auto& layer : image.layers) EXPECT_EQ(world.pull_blob(kRepo, layer).status, Status::blocked);
}

TEST(Gate, RemembersAcrossARestartWithTheUpstreamGone) {
  World world;
  const auto good = world.push(kRepo, "good", {"fine"});
  world.push(kRepo, "bad", {"malware"});
  const auto first = world.pull(kRepo, "good");
  ASSERT_EQ(first.status, Status::served);
  const auto blocked = world.pull(kRepo, "bad");
  const int scans = world.scanner.scans();

  world.restart();
  world.registry.fail_with(util::ErrorKind::unreachable);
  const auto again = world.pull(kRepo, "good");
  ASSERT_EQ(again.status, Status::served) << again.message;
  EXPECT_EQ(again.report_id, first.report_id);
  EXPECT_EQ(world.pull_blob(kRepo, good.layers[0]).status, Status::served);
  const auto still_blocked = world.pull(kRepo, "bad");
  EXPECT_EQ(still_blocked.status, Status::blocked);
  EXPECT_EQ(still_blocked.report_id, blocked.report_id);
  EXPECT_EQ(world.scanner.scans(), scans);
}

TEST(Gate, OneFetchAndOneScanForManyAtOnce) {
  World world;
  const auto image = world.push(kRepo, "1", {"shared layer"});
  world.scanner.hold();
  std::vector<std::thread> clients;
  std::atomic<int> served{0};
  for (int i = 0; i < 64; ++i) {
    clients.emplace_back([&] { served += world.pull(kRepo, "1").status == Status::served; });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  world.scanner.release();
  for (auto& client : clients) client.join();
  EXPECT_EQ(served, 64);
  EXPECT_EQ(world.registry.requests("blob " + image.layers[0].text()), 1);
  EXPECT_EQ(world.registry.requests("manifest"), 1);
  EXPECT_EQ(world.registry.requests("resolve"), 1);
  EXPECT_EQ(world.scanner.scans(), 2);
}

TEST(Gate, ImagesThatShareALayerShareItsScan) {
  World world;
  world.push("library/a", "1", {"base", "a"});
  world.push("library/b", "1", {"base", "b"});
  EXPECT_EQ(world.pull("library/a", "1").status, Status::served);
  const int after_first = world.scanner.scans();
  EXPECT_EQ(world.pull("library/b", "1").status, Status::served);
  EXPECT_EQ(world.scanner.scans() - after_first, 2);  // its config and its own layer
}

TEST(Gate, WaitsPatientlyAndWorkGoesOnWithoutTheClient) {
  World world;
  world.push(kRepo, "slow", {"layer"});
  world.scanner.hold();
  EXPECT_EQ(world.pull(kRepo, "slow", std::chrono::milliseconds(20)).status, Status::pending);
  world.scanner.release();
  EXPECT_EQ(world.pull(kRepo, "slow").status, Status::served);
  EXPECT_EQ(world.scanner.scans(), 2);
}

TEST(Gate, UnknownHostIsRefusedAndNobodyIsAsked) {
  World world;
  const auto answer = world.gate->manifest({"ghrc.io",
                                            *oci::Repository::parse("owner/app"),
                                            *oci::parse_tag_or_digest("1"),
                                            Method::get,
                                            {},
                                            {},
                                            std::chrono::seconds(5)});
  EXPECT_EQ(answer.status, Status::refused);
  EXPECT_NE(answer.message.find("ghrc.io is not configured"), std::string::npos) << answer.message;
  EXPECT_EQ(world.registry.requests("resolve"), 0);
}

TEST(Gate, ADigestIsNoPermission) {
  World world;
  const auto image = world.push("private/app", "1", {"secret layer"});
  ASSERT_EQ(world.pull("private/app", "1").status, Status::served);
  EXPECT_EQ(world.pull("library/other", image.manifest.text()).status, Status::absent);
  EXPECT_EQ(world.pull_blob("library/other", image.layers[0]).status, Status::unlisted);
}

TEST(Gate, AnEvictedBlobComesBackUnderTheSameVerdict) {
  World world;
  const auto image = world.push(kRepo, "1", {"layer"});
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  const int scans = world.scanner.scans();
  ASSERT_TRUE(world.store->remove(image.layers[0]));
  EXPECT_EQ(world.pull_blob(kRepo, image.layers[0]).status, Status::served);
  EXPECT_EQ(world.scanner.scans(), scans);
}

TEST(Gate, ThePolicyCanChangeUnderway) {
  World world;
  world.push(kRepo, "bad", {"malware"});
  ASSERT_EQ(world.pull(kRepo, "bad").status, Status::blocked);
  policy::Policy audit;
  audit.mode = policy::Mode::audit;
  world.gate->set_policy(audit);
  const auto served = world.pull(kRepo, "bad");
  EXPECT_EQ(served.status, Status::served);
  EXPECT_NE(served.warning.find("test_malware"), std::string::npos) << served.warning;
  world.gate->set_policy({});
  EXPECT_EQ(world.pull(kRepo, "bad").status, Status::blocked);
}

TEST(Gate, NewRulesMeanANewScan) {
  Options options;
  options.concurrent_rescans = 0;  // nothing is served on an older decision then
  World world(options);
  world.push(kRepo, "1", {"layer"});
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  world.scanner.set_profile("profile-2");
  world.scanner.set_outcome(findings::Outcome::crashed);
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::blocked);
}

TEST(Gate, TheCanaryNeedsNoUpstream) {
  World world;
  world.registry.fail_with(util::ErrorKind::unreachable);
  const auto answer = world.pull(std::string(kCanaryRepository), "latest");
  EXPECT_EQ(answer.status,
            Status::served);  // the scripted scanner knows no EICAR; the layer came from the gate
  EXPECT_EQ(world.registry.requests("resolve"), 0);
}

TEST(Gate, PullsAndDecisionsAreRecorded) {
  World world;
  world.push(kRepo, "bad", {"malware"});
  world.pull(kRepo, "bad");
  world.pull(kRepo, "bad");
  world.gate->stop();
  auto records =
      records::open((world.dir.path() / "records.db").string(), records::OpenMode::existing_read_only);
  ASSERT_TRUE(records);
  const auto found = (*records)->search().pulls({.host = "docker.io", .repository = kRepo});
  ASSERT_TRUE(found);
  const auto& pulls = found->pulls;
  ASSERT_EQ(pulls.size(), 1u);
  EXPECT_EQ(pulls.front().requests, 2u);
  EXPECT_EQ(pulls.front().action, findings::Action::block);
  const auto events = (*records)->events({});
  ASSERT_TRUE(events);
  std::vector<std::string> actions;
  for (const auto& event : *events) actions.push_back(event.action);
  EXPECT_EQ(std::ranges::count(actions, "image-blocked"), 1);
  EXPECT_EQ(std::ranges::count(actions, "pull-blocked"), 1);
}

TEST(Gate, AMovedTagIsAnEvent) {
  World world;
  world.push(kRepo, "1", {"one"});
  world.pull(kRepo, "1");
  world.push(kRepo, "1", {"two"});
  world.clock.advance(world.options.tag_ttl + std::chrono::seconds(1));
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::served);
  world.gate->stop();
  auto records =
      records::open((world.dir.path() / "records.db").string(), records::OpenMode::existing_read_only);
  records::EventQuery query;
  query.actions = {"tag-moved"};
  EXPECT_EQ((*records)->events(query)->size(), 1u);
}

}  // namespace
}  // namespace portcullis::gate
