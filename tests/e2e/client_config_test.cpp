// SPDX-License-Identifier: Apache-2.0
//
// What `portcullis client-config` prints, given to the clients themselves: they read it, they pull through
// Portcullis, and where the output promises it they never ask the origin, neither after a refusal nor
// while Portcullis is down.
#include <gmock/gmock.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "support/ports.hpp"
#include "support/private_network.hpp"
#include "support/raw_server.hpp"
#include "support/require.hpp"
#include "support/wait.hpp"
#include "world.hpp"

namespace portcullis::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A registry that clients know by the address of an origin which counts who comes, and Portcullis in
/// front of its real content.
class ClientConfig : public ::testing::Test {
 protected:
  void SetUp() override {
    PORTCULLIS_REQUIRE_TOOL("docker-registry");
    registry_.emplace(dir_ / "registry");
    push(registry_->port(), "team/clean", "1", clean_image());
    push(registry_->port(), "team/infected", "1", infected_image());
    server_.emplace(PortcullisServer::Options{.directory = dir_ / "portcullis",
                                              .upstreams = {host() + "=" + registry_->url()}});
  }

  std::string host() const { return "localhost:" + std::to_string(origin_.port()); }
  std::string image(const std::string& name) const { return host() + "/team/" + name + ":1"; }

  /// Below `root()`, as --directory writes it.
  void install(const std::string& client) const {
    const auto result = portcullis({"client-config", client, "--url", "http://" + server_->address(),
                                    "--upstream", host(), "--directory", root().string()});
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  std::filesystem::path root() const { return dir_ / "root"; }

  const TempDir dir_;
  RawServer origin_{[](const std::string&, const std::string&) {
    return RawAnswer{http_message("404 Not Found", "", "")};
  }};
  std::optional<DockerRegistry> registry_;
  std::optional<PortcullisServer> server_;
};

/// `pull(name)` runs the client; the promise is that of `location=` and of server with host.
template <class Pull>
void expect_held(Pull pull, PortcullisServer& server, const RawServer& origin) {
  const auto clean = pull("clean");
  EXPECT_EQ(clean.exit_code, 0) << clean.out << clean.err;
  const auto refused = pull("infected");
  EXPECT_NE(refused.exit_code, 0) << refused.out;
  EXPECT_THAT(refused.err + refused.out, HasSubstr("BLOCKED by Portcullis"));
  ASSERT_TRUE(server.stop());
  const auto down = pull("infected");
  EXPECT_NE(down.exit_code, 0) << down.out;
  EXPECT_EQ(origin.connections(), 0u)
      << "the origin was asked: " << ::testing::PrintToString(origin.requests());
}

/// Their locations cannot hold a port, so this origin is Docker Hub, out of reach: who asks it says so.
TEST_F(ClientConfig, SkopeoAndPodmanNeverAskTheOrigin) {
  PORTCULLIS_REQUIRE_ROOT();
  PORTCULLIS_REQUIRE(have_tool("skopeo") && have_tool("podman"), "skopeo and podman");
  enter_private_network();
  World world;
  push(world.registry.port(), "team/clean", "1", clean_image());
  push(world.registry.port(), "team/infected", "1", infected_image());
  const auto made = portcullis({"client-config", "podman", "--url", "http://" + world.server.address(),
                                "--directory", root().string()});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const auto conf = (root() / "etc/containers/registries.conf.d/50-portcullis.conf").string();
  const auto origin = HasSubstr("registry-1.docker.io");
  int serial = 0;
  const auto skopeo = [&](const std::string& name, const std::string& file) {
    return run({"skopeo", "--insecure-policy", "--registries-conf", file, "copy",
                "docker://docker.io/team/" + name + ":1",
                "dir:" + (dir_ / ("pulled" + std::to_string(serial++))).string()});
  };
  const auto podman = [&](const std::string& name, const std::string& file) {
    return run(Command{.argv = {"podman", "--root", (dir_ / "pr").string(), "--runroot",
                                (dir_ / "px").string(), "--storage-driver", "vfs", "--cgroup-manager",
                                "cgroupfs", "pull", "-q", "docker.io/team/" + name + ":1"},
                       .env = {{"CONTAINERS_REGISTRIES_CONF", file}}});
  };
  EXPECT_THAT(skopeo("clean", dir_.write("none.conf", "").string()).err, origin) << "the control";

  for (const auto& pull : {std::function(skopeo), std::function(podman)}) {
    const auto clean = pull("clean", conf);
    EXPECT_EQ(clean.exit_code, 0) << clean.err;
    const auto refused = pull("infected", conf);
    EXPECT_NE(refused.exit_code, 0);
    EXPECT_THAT(refused.err, HasSubstr("denied: BLOCKED by Portcullis"));
    EXPECT_THAT(refused.err, Not(origin));
  }
  ASSERT_TRUE(world.server.stop());
  const auto down = skopeo("infected", conf);
  EXPECT_NE(down.exit_code, 0);
  EXPECT_THAT(down.err, Not(origin));
}

TEST_F(ClientConfig, ContainerdNeverAsksTheOrigin) {
  PORTCULLIS_REQUIRE_ROOT();
  PORTCULLIS_REQUIRE(have_tool("containerd") && have_tool("ctr"), "containerd and ctr");
  install("containerd");
  const auto socket = (dir_ / "c.sock").string();
  const auto config =
      dir_.write("containerd.toml", "version = 2\nroot = \"" + (dir_ / "cr").string() + "\"\nstate = \"" +
                                        (dir_ / "cs").string() + "\"\n[grpc]\naddress = \"" + socket +
                                        "\"\n[ttrpc]\naddress = \"" + socket +
                                        ".ttrpc\"\n[plugins.\"io.containerd.internal.v1.opt\"]\npath = \"" +
                                        (dir_ / "opt").string() + "\"\n");
  Process daemon(Command{.argv = {"containerd", "--config", config.string()},
                         .out_file = dir_ / "c.log",
                         .err_file = dir_ / "c.log"});
  ASSERT_TRUE(wait_until(
      [&] {
        return run({"ctr", "--address", socket, "version"}).exit_code == 0;
      },
      std::chrono::seconds(60)))
      << slurp(dir_ / "c.log");
  const auto pull = [&](const std::string& name) {
    return run(Command{.argv = {"ctr", "--address", socket, "images", "pull", "--snapshotter", "native",
                                "--hosts-dir", (root() / "etc/containerd/certs.d").string(), image(name)}});
  };
  expect_held(pull, *server_, origin_);

  const auto without = run(Command{
      .argv = {"ctr", "--address", socket, "images", "pull", "--snapshotter", "native", image("clean")}});
  EXPECT_NE(without.exit_code, 0);
  EXPECT_GT(origin_.connections(), 0u) << "the control: without the files the origin is asked";
}

TEST_F(ClientConfig, DockerdTakesItsFile) {
  PORTCULLIS_REQUIRE_ROOT();
  PORTCULLIS_REQUIRE(have_tool("dockerd") && have_tool("docker"), "dockerd and docker");
  enter_private_network();
  install("docker");
  const auto socket = "unix://" + (dir_ / "s").string();
  const Process daemon(
      Command{.argv = {"dockerd", "--config-file", (root() / "etc/docker/daemon.json").string(),
                       "--data-root", (dir_ / "d").string(), "--exec-root", (dir_ / "x").string(),
                       "--pidfile", (dir_ / "p").string(), "--host", socket, "--storage-driver", "vfs",
                       "--iptables=false", "--ip6tables=false", "--bridge=none"},
              .out_file = dir_ / "d.log",
              .err_file = dir_ / "d.log"});
  const auto info = [&] {
    return run({"docker", "--host", socket, "info", "--format", "{{json .RegistryConfig}}"});
  };
  ASSERT_TRUE(wait_until([&] { return info().exit_code == 0; }, std::chrono::seconds(60)))
      << slurp(dir_ / "d.log");
  const auto registries = nlohmann::json::parse(info().out);
  EXPECT_EQ(registries["Mirrors"], nlohmann::json({"http://" + server_->address() + "/"}));
  EXPECT_EQ(registries["IndexConfigs"][server_->address()]["Secure"], false);
}

}  // namespace
}  // namespace portcullis::test
