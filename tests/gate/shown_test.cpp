// SPDX-License-Identifier: Apache-2.0
//
// Clients that hold at a refused blob only are shown the manifest of an image that is not served. No
// such image can be put together from what they get.
#include <gtest/gtest.h>

#include "support/wait.hpp"
#include "world.hpp"

namespace portcullis::gate {
namespace {

using std::chrono::milliseconds;

constexpr const char* kRepo = "library/app";
constexpr milliseconds kSoon{20};

TEST(Shown, ABlockedImageIsItselfAndAllItsOwnBlobsCarryTheVerdict) {
  World world;
  const auto image = world.push(kRepo, "bad", {"fine", "malware"});
  const auto answer = world.pull(kRepo, "bad");
  ASSERT_EQ(answer.status, Status::blocked);
  EXPECT_TRUE(answer.may_be_shown);
  EXPECT_EQ(*answer.body, image.body);
  EXPECT_EQ(*answer.digest, image.manifest);
  for (const auto& digest : {image.config, image.layers[0], image.layers[1]}) {
    const auto blob = world.pull_blob(kRepo, digest, StopAt::config);
    EXPECT_EQ(blob.status, Status::blocked);
    EXPECT_EQ(blob.message, answer.message);
    EXPECT_EQ(blob.report_id, answer.report_id);
  }
  EXPECT_EQ(world.pull_blob(kRepo, image.layers[1]).size, 7u);
}

TEST(Shown, ABlobSharedWithAnAllowedImageIsServed) {
  World world;
  const auto good = world.push(kRepo, "good", {"base", "fine"});
  // The author of the config is the repository, so both would have the same one.
  const auto bad = world.push(kRepo, "bad", {"base", "malware"});
  ASSERT_EQ(good.config, bad.config);
  ASSERT_EQ(world.pull(kRepo, "good").status, Status::served);
  ASSERT_EQ(world.pull(kRepo, "bad").status, Status::blocked);
  EXPECT_EQ(world.pull_blob(kRepo, good.layers[0], StopAt::config).status, Status::served);
  EXPECT_EQ(world.pull_blob(kRepo, good.layers[1], StopAt::config).status, Status::served);
  EXPECT_EQ(world.pull_blob(kRepo, bad.layers[1], StopAt::config).status, Status::blocked);
}

/// All its blobs are allowed by another manifest, so only the sealed config stands in the way.
TEST(Shown, AnImageMadeOfAllowedBlobsOnlyIsStoppedAtItsConfig) {
  policy::Policy policy;
  World probe;
  const auto twin_digest = [](World& world) {
    const auto image = world.push(kRepo, "good", {"base"});
    auto body = image.body;
    body.insert(body.size() - 1, R"(,"annotations":{"x":"denied"})");
    const auto twin = world.registry.add(kRepo, body, std::string(oci::kOciManifest));
    world.registry.tag(kRepo, "twin", twin);
    return std::pair(image, twin);
  };
  policy.deny_digests = {twin_digest(probe).second};
  World world({}, policy);
  const auto [image, twin] = twin_digest(world);
  ASSERT_EQ(world.pull(kRepo, "good").status, Status::served);
  EXPECT_EQ(world.pull_blob(kRepo, image.config, StopAt::config).status, Status::served)
      << "nothing is blocked yet";
  const auto denied = world.pull(kRepo, "twin");
  ASSERT_EQ(denied.status, Status::blocked) << denied.message;
  EXPECT_TRUE(denied.may_be_shown);
  EXPECT_EQ(world.pull_blob(kRepo, image.layers[0], StopAt::config).status, Status::served);
  const auto config = world.pull_blob(kRepo, image.config, StopAt::config);
  EXPECT_EQ(config.status, Status::blocked);
  EXPECT_EQ(config.message, denied.message);
  EXPECT_EQ(world.pull_blob(kRepo, image.config).status, Status::served) << "others never saw the twin";

  world.restart();
  EXPECT_EQ(world.pull_blob(kRepo, image.config, StopAt::config).status, Status::blocked);
  world.gate->set_policy({});
  EXPECT_EQ(world.pull_blob(kRepo, image.config, StopAt::config).status, Status::served);
}

TEST(Shown, WhatHasFaultsOfItsOwnIsNot) {
  World world;
  const auto weird =
      world.push(kRepo, "weird", {"a layer"}, "application/vnd.docker.image.rootfs.diff.weird");
  const auto answer = world.pull(kRepo, "weird");
  ASSERT_EQ(answer.status, Status::blocked);
  EXPECT_FALSE(answer.may_be_shown);

  auto body = world.push(kRepo, "data", {"malware"}).body;
  const std::string config =
      R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},)"
      R"("author":"library/app"})";
  const auto size = R"("size":)" + std::to_string(config.size());
  // base64 of the config: a client that reads `data` never asks for it.
  const std::string base64 =
      "eyJhcmNoaXRlY3R1cmUiOiJhbWQ2NCIsIm9zIjoibGludXgiLCJyb290ZnMiOnsidHlwZSI6ImxheWVycyIsImRpZmZfaWRzIjpbXX"
      "0s"
      "ImF1dGhvciI6ImxpYnJhcnkvYXBwIn0=";
  body.insert(body.find(size) + size.size(), R"(,"data":")" + base64 + "\"");
  world.registry.tag(kRepo, "data", world.registry.add(kRepo, body, std::string(oci::kOciManifest)));
  const auto inlined = world.pull(kRepo, "data");
  ASSERT_EQ(inlined.status, Status::blocked);
  EXPECT_NE(inlined.message.find("test_malware"), std::string::npos) << inlined.message;
  EXPECT_FALSE(inlined.may_be_shown);
}

TEST(Shown, WhileItIsBeingJudgedAndItsBlobsWaitForTheVerdict) {
  World world;
  const auto image = world.push(kRepo, "slow", {"layer", "another layer"});
  world.scanner.hold();
  ASSERT_TRUE(test::wait_until([&] {
    const auto answer = world.pull(kRepo, "slow", kSoon);
    EXPECT_EQ(answer.status, Status::pending);
    return answer.may_be_shown && *answer.body == image.body;
  }));
  for (const auto stop_at : {StopAt::config, StopAt::manifest}) {
    const auto blob = world.pull_blob(kRepo, image.layers[1], stop_at, kSoon);
    EXPECT_EQ(blob.status, Status::pending) << "not `unlisted`: the client is to wait";
    EXPECT_EQ(blob.size, 13u);
  }
  world.scanner.release();
  EXPECT_EQ(world.pull_blob(kRepo, image.layers[1], StopAt::config).status, Status::served);
  EXPECT_EQ(world.scanner.scans(), 3) << "the work went on";
}

TEST(Shown, AnUndecidedImageIsStoppedAtItsConfigToo) {
  World world;
  const auto good = world.push(kRepo, "good", {"base"});
  ASSERT_EQ(world.pull(kRepo, "good").status, Status::served);
  world.scanner.hold();
  const auto slow = world.push(kRepo, "slow", {"base", "new layer"});
  ASSERT_EQ(good.config, slow.config);
  ASSERT_TRUE(test::wait_until([&] { return world.pull(kRepo, "slow", kSoon).may_be_shown; }));
  EXPECT_EQ(world.pull_blob(kRepo, good.config, StopAt::config, kSoon).status, Status::pending);
  EXPECT_EQ(world.pull_blob(kRepo, good.layers[0], StopAt::config, kSoon).status, Status::served);
  EXPECT_EQ(world.pull_blob(kRepo, good.config, StopAt::manifest, kSoon).status, Status::served);
}

TEST(Shown, NothingWhenTheManifestIsNotKnown) {
  World world;
  world.push(kRepo, "1", {"layer"});
  world.registry.fail_with(util::ErrorKind::unreachable);
  const auto answer = world.pull(kRepo, "1");
  EXPECT_EQ(answer.status, Status::unreachable);
  EXPECT_FALSE(answer.may_be_shown);
  EXPECT_EQ(answer.body, nullptr);
}

// --- waiting

TEST(Waiting, ASlowUpstreamKeepsNobodyWaitingForLongerThanHisPatience) {
  World world;
  world.push(kRepo, "1", {"layer"});
  world.registry.hang();
  EXPECT_EQ(world.pull(kRepo, "1", kSoon).status, Status::pending);
  EXPECT_EQ(world.pull(kRepo, "1", kSoon).status, Status::pending);
  EXPECT_EQ(world.registry.requests("resolve"), 1);
  world.registry.release();
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::served);
}

TEST(Waiting, ABlobThatComesBackDoesSoWithoutItsClient) {
  World world;
  const auto image = world.push(kRepo, "1", {"layer"});
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  ASSERT_TRUE(world.store->remove(image.layers[0]));
  world.registry.hang();
  const auto waiting = world.pull_blob(kRepo, image.layers[0], StopAt::manifest, kSoon);
  EXPECT_EQ(waiting.status, Status::pending);
  EXPECT_EQ(waiting.size, 5u);
  world.registry.release();
  EXPECT_TRUE(test::wait_until([&] { return world.store->contains(image.layers[0]); }))
      << "nobody asks any more";
  EXPECT_EQ(world.pull_blob(kRepo, image.layers[0]).status, Status::served);
}

TEST(Waiting, JudgingGoesOnWithoutTheClient) {
  World world;
  const auto image = world.push(kRepo, "1", {"layer"});
  world.scanner.hold();
  ASSERT_EQ(world.pull(kRepo, "1", kSoon).status, Status::pending);
  world.scanner.release();
  EXPECT_TRUE(test::wait_until([&] {
    const auto decision = world.find_decision(kRepo, image.manifest);
    return decision && decision->decision.action == findings::Action::allow;
  }));
}

}  // namespace
}  // namespace portcullis::gate
