// SPDX-License-Identifier: Apache-2.0
//
// The main job, with a real docker daemon: the clean image arrives, the infected one does not, and
// it stays that way after a restart with the upstream gone.
#include <gmock/gmock.h>

#include "support/dockerd.hpp"
#include "support/private_network.hpp"
#include "support/require.hpp"
#include "world.hpp"

namespace portcullis::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// Names rule, file and layer.
auto tells_why() { return AllOf(HasSubstr(kEicarRule), HasSubstr(kInfectedPath), HasSubstr("layer 2")); }

void expect_pulls(const Dockerd& docker, const Image& clean) {
  const auto good = docker.pull("team/clean:1");
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_EQ(docker.image_id("team/clean:1"), clean.id().text());

  const auto bad = docker.pull("team/infected:1");
  EXPECT_NE(bad.exit_code, 0) << bad.out;
  EXPECT_THAT(bad.err, tells_why()) << "and docker.io was not asked instead";
  EXPECT_EQ(docker.image_id("team/infected:1"), "");
  EXPECT_EQ(docker.docker({"images", "--quiet"}).out.size(), clean.id().short_hex().size() + 1)
      << "exactly one image is there";
}

bool tools_are_here() {
  return have_tool("dockerd") && have_tool("docker") && have_tool("docker-registry") && have_tool("skopeo");
}

/// The control experiment: what is blocked below does arrive when the mirror is the registry itself.
TEST(DockerPull, WithoutPortcullisTheInfectedImageArrives) {
  PORTCULLIS_REQUIRE_ROOT();
  PORTCULLIS_REQUIRE(tools_are_here(), "dockerd, docker, docker-registry and skopeo");
  enter_private_network();
  const TempDir dir;
  DockerRegistry registry(dir / "registry");
  const auto infected = infected_image();
  push(registry.port(), "team/infected", "1", infected);
  const Dockerd docker(dir / "d", registry.port());
  const auto pulled = docker.pull("team/infected:1");
  EXPECT_EQ(pulled.exit_code, 0) << pulled.err;
  EXPECT_EQ(docker.image_id("team/infected:1"), infected.id().text());
}

TEST(DockerPull, CleanArrivesInfectedDoesNotAndARestartChangesNothing) {
  PORTCULLIS_REQUIRE_ROOT();
  PORTCULLIS_REQUIRE(tools_are_here(), "dockerd, docker, docker-registry and skopeo");
  enter_private_network();  // a refused docker turns to docker.io: let it find nobody there
  World world;
  const auto clean = clean_image();
  const auto infected = infected_image();
  push(world.registry.port(), "team/clean", "1", clean);
  push(world.registry.port(), "team/infected", "1", infected);

  {
    SCOPED_TRACE("first pulls");
    expect_pulls(Dockerd(world.dir / "a", world.server.port()), clean);
    EXPECT_THAT(world.server.log(), tells_why());
    EXPECT_THAT(world.server.events(), tells_why());
    // 3 layers and a config each; two layers are the same in both.
    EXPECT_EQ(world.server.metric("portcullis_scans_total"), 6);
  }
  for (const std::string route : {"", "docker.io/"}) {
    SCOPED_TRACE("skopeo by route '" + route + "'");
    EXPECT_EQ(skopeo_pull(world.server, route + "team/clean:1", world.dir).exit_code, 0);
    const auto refused = skopeo_pull(world.server, route + "team/infected:1", world.dir);
    EXPECT_NE(refused.exit_code, 0);
    if (route.empty()) {
      // It might come as to a mirror, so it is shown the manifest and stopped at a blob; skopeo 1.9 keeps
      // the words of that to itself.
      EXPECT_THAT(refused.err, HasSubstr("403"));
    } else {
      EXPECT_THAT(refused.err, AllOf(HasSubstr("denied: BLOCKED by Portcullis: rule "), tells_why()));
    }
  }

  EXPECT_TRUE(world.server.stop());
  world.registry.stop();
  world.server.start();
  {
    SCOPED_TRACE("restarted, upstream stopped");
    expect_pulls(Dockerd(world.dir / "b", world.server.port()), clean);
    EXPECT_EQ(skopeo_pull(world.server, "docker.io/team/clean:1", world.dir).exit_code, 0);
    EXPECT_THAT(skopeo_pull(world.server, "docker.io/team/infected:1", world.dir).err, tells_why());
    EXPECT_EQ(world.server.metric("portcullis_scans_total"), 0) << "verdicts survive a restart";
  }
}

}  // namespace
}  // namespace portcullis::test
