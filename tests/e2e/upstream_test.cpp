// SPDX-License-Identifier: Apache-2.0
//
// Names and state of upstreams as clients and operators see them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include <random>

#include "support/ports.hpp"
#include "support/raw_server.hpp"
#include "support/require.hpp"
#include "support/wait.hpp"
#include "world.hpp"

namespace portcullis::test {
namespace {

using ::testing::HasSubstr;

TEST(Upstreams, AnAliasLeadsToTheSameVerdictsAndBlobs) {
  PORTCULLIS_REQUIRE_TOOL("docker-registry");
  World world;
  const auto clean = clean_image();
  const auto infected = infected_image();
  push(world.registry.port(), "library/clean", "1", clean);
  push(world.registry.port(), "library/infected", "1", infected);
  const auto port = world.server.port();
  EXPECT_TRUE(pulls(port, "library/clean", "1", clean));
  const auto first = get_manifest(port, "docker.io/library/infected", "1");
  EXPECT_TRUE(is_block(first, "layer 2"));
  const auto scans = world.server.metric("portcullis_scans_total");
  world.registry.clear_log();

  for (const char* name : {"index.docker.io/", "registry-1.docker.io/"}) {
    SCOPED_TRACE(name);
    EXPECT_TRUE(pulls(port, std::string(name) + "clean", "1", clean)) << "with library/ put in front";
    const auto again = get_manifest(port, std::string(name) + "library/infected", "1");
    EXPECT_EQ(again.status, 403);
    EXPECT_EQ(again.body, first.body) << "the same report";
  }
  const auto by_ns = get_manifest(port, "library/clean", "1", "?ns=registry-1.docker.io");
  EXPECT_EQ(by_ns.status, 200) << by_ns.body;
  EXPECT_EQ(by_ns.header("OCI-Namespace"), "registry-1.docker.io") << "as it was given";
  EXPECT_EQ(world.server.metric("portcullis_scans_total"), scans);
  EXPECT_EQ(world.registry.requests("GET", "/blobs/"), 0U);
  EXPECT_EQ(world.server.events().find("index.docker.io"), std::string::npos) << "records have one name";
}

TEST(Upstreams, OneThatIsDownIsToldAndNoReasonNotToBeReady) {
  const TempDir dir;
  RawServer counting([](const std::string&, const std::string&) {
    return RawAnswer{http_message("429 Too Many Requests",
                                  "Retry-After: 50\r\nRateLimit-Limit: 100;w=21600\r\n"
                                  "RateLimit-Remaining: 0;w=21600\r\n",
                                  "{}")};
  });
  PortcullisServer server({.directory = dir / "portcullis",
                           .upstreams = {"docker.io=" + counting.url(),
                                         "ghcr.io=http://127.0.0.1:" + std::to_string(free_port())}});
  EXPECT_THAT(http_get(server.admin_port(), "/readyz").body, HasSubstr("not asked yet"));
  const auto limited = get_manifest(server.port(), "docker.io/team/app", "1");
  EXPECT_EQ(limited.status, 503) << "never a 404: " << limited.body;
  const auto wait = limited.header("Retry-After");
  EXPECT_TRUE(wait == "50" || wait == "49" || wait == "48") << wait;
  EXPECT_EQ(get_manifest(server.port(), "ghcr.io/team/app", "1").status, 503);

  const auto ready = http_get(server.admin_port(), "/readyz");
  EXPECT_EQ(ready.status, 200) << ready.body;
  EXPECT_THAT(ready.body, HasSubstr("\"upstream docker.io\""));
  EXPECT_THAT(ready.body, HasSubstr("0 requests left of its rate limit"));
  EXPECT_THAT(ready.body, HasSubstr("failures in a row"));
  EXPECT_EQ(server.metric("portcullis_upstream_ratelimit_limit", "docker.io"), 100);
  EXPECT_EQ(server.metric("portcullis_upstream_up", "ghcr.io"), 0);
  EXPECT_GE(server.metric("portcullis_upstream_failures_in_a_row", "ghcr.io"), 1);
}

TEST(FailOpenDoors, AFullDiskServesNothingAndIsForgottenOnceThereIsRoom) {
  PORTCULLIS_REQUIRE_TOOL("docker-registry");
  PORTCULLIS_REQUIRE_ROOT();
  const TempDir dir;
  const auto data = dir / "portcullis" / "data";
  std::filesystem::create_directories(data);
  // For this test's thread and what it starts; nobody else sees the small disk.
  const bool mounted = unshare(CLONE_NEWNS) == 0 &&
                       mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                       mount("none", data.c_str(), "tmpfs", 0, "size=8m") == 0;
  PORTCULLIS_REQUIRE(mounted, "the right to mount a tmpfs in a namespace of its own");
  DockerRegistry registry(dir / "registry");
  PortcullisServer server({.directory = dir / "portcullis", .upstreams = {"docker.io=" + registry.url()}});
  std::mt19937 random(11);
  std::string noise(12'000'000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  const auto large = ImageBuilder().layer({{"srv/noise", noise}}).build();
  const auto small = ImageBuilder().layer({{"etc/motd", "small"}}).build();
  push(registry.port(), "team/large", "1", large);
  push(registry.port(), "team/small", "1", small);

  const auto refused = get_manifest(server.port(), "team/large", "1");
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_THAT(refused.body, HasSubstr("layer 1"));
  EXPECT_FALSE(server.has_blob(large.layers[0].digest().hex()));
  EXPECT_NE(http_get(server.port(), "/v2/team/large/blobs/" + large.layers[0].digest().text()).status, 200);
  EXPECT_GE(server.metric("portcullis_blob_transfers_total", "result=\"io\""), 1);
  EXPECT_TRUE(pulls(server.port(), "team/small", "1", small)) << "what was received of it went again";
  server.stop();
}

}  // namespace
}  // namespace portcullis::test
