// SPDX-License-Identifier: Apache-2.0
//
// Upstreams that say no, hang, or count requests: what clients get, and that nobody else suffers.
#include <gtest/gtest.h>

#include "world.hpp"

namespace portcullis::gate {
namespace {

constexpr const char* kRepo = "library/app";
constexpr std::chrono::milliseconds kBriefly{30};

struct No {
  const char* name;
  util::ErrorKind kind;
  bool restart;
};

class WithdrawnTag : public testing::TestWithParam<No> {};

TEST_P(WithdrawnTag, IsNotOfferedWhileTheUpstreamIsDown) {
  World world;
  world.push(kRepo, "1", {"layer"});
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  world.clock.advance(world.options.tag_ttl * 2);
  world.registry.fail_with(GetParam().kind);
  ASSERT_NE(world.pull(kRepo, "1").status, Status::served);
  world.registry.fail_with(util::ErrorKind::unreachable);
  if (GetParam().restart) world.restart();
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::unreachable);
  world.clock.advance(std::chrono::seconds(10));
  world.registry.fail_with(util::ErrorKind::internal);  // well again
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::served);
}

INSTANTIATE_TEST_SUITE_P(Kinds, WithdrawnTag,
                         testing::Values(No{"gone", util::ErrorKind::absent, false},
                                         No{"denied", util::ErrorKind::denied, false},
                                         No{"gone_then_restart", util::ErrorKind::absent, true},
                                         No{"denied_then_restart", util::ErrorKind::denied, true}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Upstream, OurOwnTroubleWithdrawsNothing) {
  World world;
  world.push(kRepo, "1", {"layer"});
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  world.clock.advance(world.options.tag_ttl * 2);
  world.registry.fail_with(util::ErrorKind::io);
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::failed);
  world.registry.fail_with(util::ErrorKind::unreachable);
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::served);
}

TEST(Upstream, OneThatHangsKeepsNobodyWaitingAndWhatIsKnownServes) {
  World world;
  world.push(kRepo, "known", {"layer"});
  world.push(kRepo, "bad", {"malware"});
  ASSERT_EQ(world.pull(kRepo, "known").status, Status::served);
  ASSERT_EQ(world.pull(kRepo, "bad").status, Status::blocked);
  world.clock.advance(world.options.tag_ttl * 2);
  world.registry.hang();
  const auto cold = world.pull(kRepo, "cold", kBriefly);
  EXPECT_EQ(cold.status, Status::pending);
  EXPECT_NE(cold.message.find("docker.io has not answered yet"), std::string::npos) << cold.message;
  EXPECT_EQ(world.pull(kRepo, "known", kBriefly).status, Status::served);
  EXPECT_EQ(world.pull(kRepo, "bad", kBriefly).status, Status::blocked);
  world.registry.release();
  EXPECT_EQ(world.pull(kRepo, "cold").status, Status::absent);
}

struct Hang {
  const char* name;
  const char* where;
};

class HangingUpstream : public testing::TestWithParam<Hang> {};

/// Far more images than there are turns for, so that every turn of the upstream that hangs is taken.
TEST_P(HangingUpstream, TakesNoTurnFromAnother) {
  Options options;
  options.concurrent_images = 4;
  World world(options);
  std::vector<std::string> layers{"shared layer"};
  for (int i = 0; i < 40; ++i) layers.push_back("layer " + std::to_string(i));
  for (int i = 0; i < 10; ++i) {
    layers.push_back("of image " + std::to_string(i));
    world.push("library/app" + std::to_string(i), "1", layers);
  }
  world.push_to(world.second, "team/app", "1", {"shared layer", "its own"}, std::string(oci::kOciLayer));
  world.registry.hang(GetParam().where);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(world.pull("library/app" + std::to_string(i), "1", kBriefly).status, Status::pending);
  }
  const auto other = world.pull_second("team/app", "1");
  EXPECT_EQ(other.status, Status::served) << other.message;
  world.registry.release();
  EXPECT_EQ(world.pull("library/app3", "1").status, Status::served);
}

INSTANTIATE_TEST_SUITE_P(Where, HangingUpstream,
                         testing::Values(Hang{"tags", "resolve"}, Hang{"manifests", "manifest"},
                                         Hang{"blobs", "blob"}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Upstream, AManifestWithoutItsBlobIsNoAbsentImage) {
  World world;
  const auto image = world.push(kRepo, "1", {"layer"});
  world.registry.forget(kRepo, image.layers[0]);
  const auto answer = world.pull(kRepo, "1");
  EXPECT_EQ(answer.status, Status::unreachable)
      << "a 404 would send clients to the origin: " << answer.message;
  EXPECT_NE(answer.message.find("layer 1"), std::string::npos) << answer.message;

  world.push(kRepo, "2", {"evicted"});
  ASSERT_EQ(world.pull(kRepo, "2").status, Status::served);
  const auto evicted = oci::Digest::of("evicted");
  world.registry.forget(kRepo, evicted);
  ASSERT_TRUE(world.store->remove(evicted));
  EXPECT_EQ(world.pull_blob(kRepo, evicted).status, Status::unreachable);
}

TEST(Upstream, TheWaitItAsksForReachesTheClientForBlobsToo) {
  World world;
  const auto image = world.push(kRepo, "1", {"layer"});
  world.registry.count_blobs(std::chrono::seconds(42));
  const auto answer = world.pull(kRepo, "1");
  EXPECT_EQ(answer.status, Status::unreachable) << answer.message;
  EXPECT_EQ(answer.retry_after, std::chrono::seconds(42));
  world.registry.count_blobs(std::chrono::seconds(0));
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  ASSERT_TRUE(world.store->remove(image.layers[0]));
  world.registry.count_blobs(std::chrono::seconds(42));
  const auto blob = world.pull_blob(kRepo, image.layers[0]);
  EXPECT_EQ(blob.status, Status::unreachable) << blob.message;
  EXPECT_EQ(blob.retry_after, std::chrono::seconds(42));
}

TEST(Upstream, AClockThatIsSetBackMakesNoTagYoung) {
  World world;
  world.push(kRepo, "1", {"layer"});
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  ASSERT_EQ(world.registry.requests("resolve"), 1);
  world.clock.advance(-std::chrono::hours(1));
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::served);
  EXPECT_EQ(world.registry.requests("resolve"), 2) << "asked again";
  world.clock.advance(-std::chrono::hours(1));
  world.registry.fail_with(util::ErrorKind::unreachable);
  EXPECT_EQ(world.pull(kRepo, "1").status, Status::unreachable) << "its age is not known";
}

}  // namespace
}  // namespace portcullis::gate
