// SPDX-License-Identifier: Apache-2.0
//
// Names that imitate others, pulled with a real docker daemon: what people read, and that nobody was asked.
#include <gmock/gmock.h>

#include "support/dockerd.hpp"
#include "support/private_network.hpp"
#include "support/require.hpp"
#include "world.hpp"

namespace portcullis::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::size_t asked(const DockerRegistry& registry, std::string_view repository) {
  const auto part = "/v2/" + std::string(repository) + "/";
  return registry.requests("GET", part) + registry.requests("HEAD", part);
}

TEST(Names, AreRefusedToDockerWithTheNameThatWasMeant) {
  PORTCULLIS_REQUIRE_ROOT();
  PORTCULLIS_REQUIRE(have_tool("dockerd") && have_tool("docker") && have_tool("docker-registry"),
                     "dockerd, docker and docker-registry");
  enter_private_network();  // a refused docker turns to docker.io: let it find nobody there
  World world("[names]\ndeny = [\"docker.io/evil/*\"]\n");
  const auto clean = clean_image();
  for (const char* name : {"library/ngnix", "evil/app", "team/app"}) {
    push(world.registry.port(), name, "1", clean);
  }
  world.registry.clear_log();
  const Dockerd docker(world.dir / "d", world.server.port());
  const auto refused = [&](const std::string& reference, const auto& says) {
    SCOPED_TRACE(reference);
    const auto pulled = docker.pull(reference);
    EXPECT_NE(pulled.exit_code, 0) << pulled.out;
    EXPECT_THAT(pulled.err, AllOf(HasSubstr("BLOCKED by Portcullis: "), says, HasSubstr("; report ")));
  };
  const auto by_prefix = [&](const std::string& name) { return world.server.address() + "/" + name; };

  // By prefix, a host that is in no configuration.
  refused(by_prefix("ghrc.io/team/app:1"), AllOf(HasSubstr("registry ghrc.io looks like ghcr.io"),
                                                 HasSubstr("did you mean ghcr.io/team/app?")));
  EXPECT_EQ(asked(world.registry, "team/app"), 0u);
  EXPECT_THAT(world.server.events(), HasSubstr("\"name-squat\""));

  // By mirror and by prefix, a name that is denied.
  refused("evil/app:1", HasSubstr("is denied by names.deny (docker.io/evil/*)"));
  refused(by_prefix("docker.io/evil/app:1"), HasSubstr("is denied by names.deny (docker.io/evil/*)"));
  EXPECT_EQ(asked(world.registry, "evil/app"), 0u);

  // A suspicious name whose digest is new.
  const auto suspicious =
      AllOf(HasSubstr("repository ngnix looks like nginx"), HasSubstr("did you mean nginx?"),
            HasSubstr("first seen less than 7 days ago"));
  refused("ngnix:1", suspicious);
  refused(by_prefix("docker.io/library/ngnix:1"), suspicious);
  EXPECT_EQ(docker.docker({"images", "--quiet"}).out, "");

  const auto honest = docker.pull("team/app:1");
  EXPECT_EQ(honest.exit_code, 0) << honest.err;
}

TEST(Names, OnlyWarnDockerWhenConfiguredSo) {
  PORTCULLIS_REQUIRE_ROOT();
  PORTCULLIS_REQUIRE(have_tool("dockerd") && have_tool("docker") && have_tool("docker-registry"),
                     "dockerd, docker and docker-registry");
  enter_private_network();
  World world("[names]\nsquat = \"warn\"\n");
  const auto clean = clean_image();
  push(world.registry.port(), "library/ngnix", "1", clean);
  const Dockerd docker(world.dir / "d", world.server.port());
  const auto pulled = docker.pull("ngnix:1");
  EXPECT_EQ(pulled.exit_code, 0) << pulled.err;
  EXPECT_EQ(docker.image_id("ngnix:1"), clean.id().text());
  const auto says = AllOf(HasSubstr("repository ngnix looks like nginx"), HasSubstr("did you mean nginx?"));
  EXPECT_THAT(world.server.events(), AllOf(HasSubstr("\"name-squat\""), says));
  // Docker shows nobody the header; whoever looks finds it.
  const auto answer = get_manifest(world.server.port(), "docker.io/library/ngnix", "1");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.header("Warning"), says);
}

}  // namespace
}  // namespace portcullis::test
