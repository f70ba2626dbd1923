// SPDX-License-Identifier: Apache-2.0
//
// TLS and who may pull, with the real clients. The mirror route never challenges: dockerd answers a
// challenge by going to the origin, of which the private network has none.
#include <gmock/gmock.h>
#include <signal.h>

#include "support/certificates.hpp"
#include "support/dockerd.hpp"
#include "support/private_network.hpp"
#include "support/require.hpp"
#include "support/wait.hpp"
#include "world.hpp"

namespace portcullis::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// alice, "wonder"; bcrypt of the least cost.
constexpr const char* kAlice = "alice:$2b$04$leZrZAmyvGtF8OSOEqTpz.3dO2V1YFHry5LFV9TmtdDpg.TsDpfpC\n";

/// Portcullis with a certificate of a CA that nobody knows by nature.
class FrontDoor {
 public:
  explicit FrontDoor(const std::string& clients, const std::string& registry = "")
      : ca(dir.path()),
        origin(dir / "registry"),
        server({.directory = dir / "portcullis",
                .upstreams = {"docker.io=" + origin.url()},
                .config = config(clients, registry)}) {
    push(origin.port(), "team/clean", "1", image);
    std::filesystem::create_directories(dir / "certs");
    std::filesystem::copy_file(ca.cert(), dir / "certs/ca.crt");
  }

  std::string users() const { return (dir / "users").string(); }
  /// The certificate directory of skopeo and podman then holds one for the client.
  void give_client(const KeyPair& pair) const {
    std::filesystem::copy_file(pair.cert, dir / "certs/client.cert");
    std::filesystem::copy_file(pair.key, dir / "certs/client.key");
  }
  /// By prefix, with the certificate checked; `flags` such as --src-creds.
  RunResult skopeo(std::vector<std::string> flags = {}) const {
    static int serial = 0;
    std::vector<std::string> argv = {"skopeo", "--insecure-policy", "copy", "--src-cert-dir",
                                     (dir / "certs").string()};
    argv.insert(argv.end(), flags.begin(), flags.end());
    argv.push_back("docker://" + server.address() + "/docker.io/team/clean:1");
    argv.push_back("dir:" + (dir / ("got" + std::to_string(serial++))).string());
    // Nothing from the home directory of whoever runs the test.
    return run(Command{.argv = argv, .env = {{"REGISTRY_AUTH_FILE", no_credentials()}}});
  }
  RunResult podman(std::vector<std::string> flags) const {
    std::vector<std::string> argv = {
        "podman",           "--root", (dir / "pr").string(), "--runroot", (dir / "pp").string(),
        "--storage-driver", "vfs"};
    argv.insert(argv.end(), flags.begin(), flags.end());
    return run(Command{.argv = argv, .env = {{"REGISTRY_AUTH_FILE", no_credentials()}}});
  }

  /// Is there a pull by this user, sooner or later?
  bool recorded_as(const std::string& user) const {
    const auto database = (server.data() / "portcullis.db").string();
    return wait_until([&] {
      return run({"sqlite3", database,
                  "SELECT DISTINCT user_name FROM pulls JOIN clients ON clients.id = pulls.client"})
                 .out == user + "\n";
    });
  }

  TempDir dir;
  const Image image = clean_image();
  TestCa ca;
  DockerRegistry origin;
  PortcullisServer server;

 private:
  std::string config(const std::string& clients, const std::string& registry) const {
    const auto pair = ca.server("server");
    dir.write("users", kAlice);
    return "[registry]\ntls_cert = \"" + pair.cert.string() + "\"\ntls_key = \"" + pair.key.string() +
           "\"\n" + registry + "[clients]\n" + with_paths(clients);
  }
  std::string with_paths(std::string text) const {
    for (const auto& [mark, path] :
         {std::pair<std::string, std::string>{"USERS", users()}, {"CA", ca.cert().string()}}) {
      if (const auto at = text.find(mark); at != std::string::npos) text.replace(at, mark.size(), path);
    }
    return text;
  }
  std::string no_credentials() const { return dir.write("auth.json", "{}").string(); }
};

bool tools_are_here() {
  return have_tool("docker-registry") && have_tool("skopeo") && have_tool("openssl") && have_tool("sqlite3");
}

#define NEEDS_TOOLS() PORTCULLIS_REQUIRE(tools_are_here(), "docker-registry, skopeo, openssl and sqlite3")

TEST(FrontDoor, SkopeoAndPodmanLogIn) {
  NEEDS_TOOLS();
  PORTCULLIS_REQUIRE_ROOT();
  PORTCULLIS_REQUIRE_TOOL("podman");
  enter_private_network();
  FrontDoor door("htpasswd = \"USERS\"\n");
  EXPECT_THAT(door.skopeo().err, HasSubstr("unauthorized: log in to Portcullis"));
  EXPECT_THAT(door.skopeo({"--src-creds", "alice:x"}).err,
              HasSubstr("unauthorized: user name or password is wrong"));
  const auto good = door.skopeo({"--src-creds", "alice:wonder"});
  EXPECT_EQ(good.exit_code, 0) << good.err << door.server.log();
  EXPECT_EQ(run({"skopeo", "--insecure-policy", "copy",
                 "docker://" + door.server.address() + "/docker.io/team/clean:1",
                 "dir:" + (door.dir / "untrusted").string()})
                .exit_code,
            1)
      << "the certificate is of an unknown CA";

  const auto certs = (door.dir / "certs").string();
  const auto login =
      door.podman({"login", "-u", "alice", "-p", "wonder", "--cert-dir", certs, door.server.address()});
  EXPECT_EQ(login.exit_code, 0) << login.err;
  EXPECT_NE(
      door.podman({"login", "-u", "alice", "-p", "x", "--cert-dir", certs, door.server.address()}).exit_code,
      0);
  const auto image = door.server.address() + "/docker.io/team/clean:1";
  EXPECT_NE(door.podman({"pull", "-q", "--creds", "alice:x", "--cert-dir", certs, image}).exit_code, 0);
  const auto pulled = door.podman({"pull", "-q", "--creds", "alice:wonder", "--cert-dir", certs, image});
  EXPECT_EQ(pulled.exit_code, 0) << pulled.err;
  EXPECT_THAT(pulled.out, HasSubstr(door.image.id().hex()));

  EXPECT_GT(door.server.metric("portcullis_clients_refused_total", "reason=\"wrong_password\""), 0);
  EXPECT_THAT(door.server.log(), Not(HasSubstr("wonder")));
  EXPECT_TRUE(door.recorded_as("alice"));
}

TEST(FrontDoor, DockerLogsInByNameAndAsAMirrorNeedsItsAddress) {
  NEEDS_TOOLS();
  PORTCULLIS_REQUIRE_ROOT();
  PORTCULLIS_REQUIRE(have_tool("dockerd") && have_tool("docker"), "dockerd and docker");
  enter_private_network();
  FrontDoor door("htpasswd = \"USERS\"\n");
  const Dockerd docker(door.dir / "d", door.server.port(), {.scheme = "https"});
  const auto image = door.server.address() + "/docker.io/team/clean:1";
  EXPECT_NE(docker.pull(image).exit_code, 0);
  EXPECT_NE(docker.docker({"login", "-u", "alice", "-p", "x", door.server.address()}).exit_code, 0);
  const auto login = docker.docker({"login", "-u", "alice", "-p", "wonder", door.server.address()});
  EXPECT_EQ(login.exit_code, 0) << login.err;
  const auto pulled = docker.pull(image);
  EXPECT_EQ(pulled.exit_code, 0) << pulled.err << door.server.log();
  EXPECT_EQ(docker.image_id(image), door.image.id().text());

  EXPECT_NE(docker.pull("team/clean:1").exit_code, 0);
  EXPECT_EQ(docker.image_id("team/clean:1"), "");
  // The address is let in without a restart.
  write_file(door.dir / "portcullis/portcullis.toml",
             slurp(door.dir / "portcullis/portcullis.toml") + "allow = [\"127.0.0.0/8\"]\n");
  door.server.process().signal(SIGHUP);
  ASSERT_TRUE(wait_until([&] { return door.server.log().find("reloaded") != std::string::npos; }));
  const auto mirrored = docker.pull("team/clean:1");
  EXPECT_EQ(mirrored.exit_code, 0) << mirrored.err << door.server.log();
  EXPECT_EQ(docker.image_id("team/clean:1"), door.image.id().text());
}

TEST(FrontDoor, AMirrorClientThatIsNotAllowedIsRefusedWithoutAChallenge) {
  NEEDS_TOOLS();
  PORTCULLIS_REQUIRE_ROOT();
  PORTCULLIS_REQUIRE(have_tool("dockerd") && have_tool("docker"), "dockerd and docker");
  enter_private_network();
  FrontDoor door("allow = [\"10.0.0.0/8\"]\n");
  const Dockerd docker(door.dir / "d", door.server.port(), {.scheme = "https"});
  EXPECT_NE(docker.pull("team/clean:1").exit_code, 0);
  EXPECT_EQ(docker.image_id("team/clean:1"), "");
  EXPECT_THAT(door.server.log(), HasSubstr("client refused client=127.0.0.1 reason=address"));
  EXPECT_GT(door.server.metric("portcullis_clients_refused_total", "reason=\"address\""), 0);
  EXPECT_EQ(door.origin.requests("GET", "/manifests/") + door.origin.requests("HEAD", "/manifests/"), 0u)
      << "nothing is asked of an upstream for a stranger";
}

TEST(FrontDoor, CertificatesOfClientsNameTheUser) {
  NEEDS_TOOLS();
  FrontDoor door("ca_file = \"CA\"\n");
  EXPECT_NE(door.skopeo().exit_code, 0) << "without a certificate";
  door.give_client(door.ca.client("runner", "/CN=runner-7"));
  const auto pulled = door.skopeo();
  EXPECT_EQ(pulled.exit_code, 0) << pulled.err << door.server.log();
  EXPECT_TRUE(door.recorded_as("CN=runner-7"));
}

TEST(FrontDoor, AReloadTakesNewCertificatesAndRefusesBadOnes) {
  NEEDS_TOOLS();
  FrontDoor door("htpasswd = \"USERS\"\n");
  const auto pulls = [&] { return door.skopeo({"--src-creds", "alice:wonder"}).exit_code == 0; };
  const auto reload = [&](const std::string& line) {
    const auto times = [&] {
      int count = 0;
      const auto log = door.server.log();
      for (auto at = log.find(line); at != std::string::npos; at = log.find(line, at + 1)) ++count;
      return count;
    };
    const int before = times();
    door.server.process().signal(SIGHUP);
    return wait_until([&] { return times() > before; });
  };
  ASSERT_TRUE(pulls());

  const auto config = slurp(door.dir / "portcullis/portcullis.toml");
  const auto cert = door.dir / "ca/server.pem";
  const auto key = door.dir / "ca/server.key";
  const auto good_key = slurp(key);
  // As a renewal that is caught half way.
  const TestCa other(door.dir.path(), "other");
  const auto fresh = other.server("fresh");
  write_file(key, slurp(fresh.key));
  EXPECT_TRUE(reload("reload refused"));
  EXPECT_THAT(door.server.log(), HasSubstr("is not the key of the certificate"));
  EXPECT_TRUE(pulls()) << "the old pair serves on";
  write_file(cert, slurp(fresh.cert));
  EXPECT_TRUE(reload("reloaded"));
  EXPECT_FALSE(pulls()) << "of a CA that this client does not know";
  std::filesystem::copy_file(other.cert(), door.dir / "certs/ca.crt",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(pulls());
}

}  // namespace
}  // namespace portcullis::test
