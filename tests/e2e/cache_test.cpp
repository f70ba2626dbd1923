// SPDX-License-Identifier: Apache-2.0
//
// prefetch and cache against a server that runs.
#include <gmock/gmock.h>

#include "support/require.hpp"
#include "world.hpp"

namespace portcullis::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Cache : public ::testing::Test {
 protected:
  void SetUp() override {
    PORTCULLIS_REQUIRE_TOOL("docker-registry");
    world_.emplace();
    push(world_->registry.port(), "team/clean", "1", clean_);
    push(world_->registry.port(), "team/infected", "1", infected_image());
    push(world_->registry.port(), "team/multi", "1", index_);
  }

  RunResult prefetch(std::vector<std::string> arguments, const std::string& input = {}) const {
    Command command{
        .argv = {program("portcullis"), "prefetch", "--server", "http://" + world_->server.address()}};
    for (auto& argument : arguments) command.argv.push_back(std::move(argument));
    command.input = input;
    return run(command);
  }
  RunResult cache(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "cache");
    arguments.insert(arguments.end(), {"--data", world_->server.data().string()});
    return portcullis(arguments);
  }

  const Image clean_ = clean_image();
  const IndexImage index_ =
      make_index({ImageBuilder().architecture("amd64").layer({{"etc/motd", "a"}}).build(),
                  ImageBuilder().architecture("arm64").layer({{"etc/motd", "b"}}).build()});
  std::optional<World> world_;
};

TEST_F(Cache, WhatWasPrefetchedIsServedWithoutTheUpstream) {
  const auto result = prefetch({"team/clean:1"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("allowed  team/clean:1  "));
  world_->registry.stop();
  EXPECT_TRUE(pulls(world_->server.port(), "team/clean", "1", clean_));
}

TEST_F(Cache, PrefetchTellsBlockedFromUnknown) {
  const auto blocked =
      prefetch({"--file", "-"}, "team/clean:1 # comment\n\n# nothing\nteam/infected:1\nteam/none:1\n");
  EXPECT_EQ(blocked.exit_code, 1) << blocked.out << blocked.err;
  EXPECT_THAT(blocked.out, AllOf(HasSubstr("allowed  team/clean:1"), HasSubstr("blocked  team/infected:1"),
                                 HasSubstr("BLOCKED by Portcullis: rule " + std::string(kEicarRule)),
                                 HasSubstr("error    team/none:1")));
  EXPECT_EQ(prefetch({"team/none:1"}).exit_code, 2);
  EXPECT_EQ(prefetch({"unknown.example/a:1"}).exit_code, 2);
}

TEST_F(Cache, PrefetchTakesThePlatformsThatAreWanted) {
  const auto one = prefetch({"--platform", "linux/arm64", "team/multi:1"});
  EXPECT_EQ(one.exit_code, 0) << one.out;
  EXPECT_THAT(one.out, AllOf(HasSubstr("team/multi:1 linux/arm64"), Not(HasSubstr("amd64"))));
  EXPECT_TRUE(world_->server.has_blob(index_.images[1].layers[0].digest().hex()));
  EXPECT_FALSE(world_->server.has_blob(index_.images[0].layers[0].digest().hex()));
  const auto all = prefetch({"--all-platforms", "team/multi:1"});
  EXPECT_THAT(all.out, AllOf(HasSubstr("linux/amd64"), HasSubstr("linux/arm64")));
  const auto none = prefetch({"--platform", "linux/s390x", "team/multi:1"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.out, HasSubstr("no image for the platform"));
}

TEST_F(Cache, APurgeUnderARunningServerCostsADownloadAndChangesNoVerdict) {
  const auto port = world_->server.port();
  EXPECT_TRUE(pulls(port, "team/clean", "1", clean_));
  EXPECT_NE(get_manifest(port, "team/infected", "1").status, 200);
  EXPECT_THAT(cache({"list"}).out,
              AllOf(HasSubstr("docker.io/team/clean:1\n"), HasSubstr("docker.io/team/infected:1\n")));

  const auto before = world_->server.visible_blobs();
  const auto dry = cache({"purge", "--all", "--dry-run"});
  EXPECT_THAT(dry.out, HasSubstr("would remove " + std::to_string(before) + " blobs"));
  EXPECT_EQ(world_->server.visible_blobs(), before);
  EXPECT_THAT(cache({"purge", "--older-than", "1h"}).out, HasSubstr("removed 0 blobs"));

  EXPECT_EQ(cache({"purge", "--repository", "docker.io/team/clean"}).exit_code, 0);
  EXPECT_LT(world_->server.visible_blobs(), before);
  EXPECT_TRUE(pulls(port, "team/clean", "1", clean_)) << "fetched again, while the same server runs";
  const auto scans = world_->server.metric("portcullis_scans_total");

  const auto all = cache({"purge", "--all"});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_EQ(world_->server.visible_blobs(), 0u);
  EXPECT_TRUE(pulls(port, "team/clean", "1", clean_));
  EXPECT_NE(get_manifest(port, "team/infected", "1").status, 200);
  EXPECT_EQ(world_->server.metric("portcullis_scans_total"), scans) << "verdicts stay";
}

}  // namespace
}  // namespace portcullis::test
