// SPDX-License-Identifier: Apache-2.0
//
// What an operator does: health, canary, reload, stop, and starts that must fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "support/ports.hpp"
#include "support/raw_server.hpp"
#include "support/require.hpp"
#include "support/wait.hpp"
#include "world.hpp"

namespace portcullis::test {
namespace {

using ::testing::HasSubstr;

std::string loopback(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

RunResult doctor(const PortcullisServer& server) {
  return portcullis({"doctor", "--url", "http://" + server.address(), "--admin-url",
                     "http://" + loopback(server.admin_port()), "--etc", "/nonexistent"});
}

PortcullisServer::Options without_upstream(const TempDir& dir, std::string config = {}) {
  return {.directory = dir / "portcullis",
          .upstreams = {"docker.io=http://" + loopback(free_port())},
          .config = std::move(config)};
}

TEST(Operations, CanaryIsBlockedAndDoctorSaysSo) {
  const TempDir dir;
  PortcullisServer server(without_upstream(dir));
  const auto canary = get_manifest(server.port(), "library/portcullis-canary", "latest");
  EXPECT_EQ(canary.status, 403);
  EXPECT_THAT(canary.body, HasSubstr("BLOCKED by Portcullis: rule " + std::string(kEicarRule)));
  const auto result = doctor(server);
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("ok    a pull that names Portcullis is stopped"));

  EXPECT_EQ(http_get(server.admin_port(), "/healthz").status, 200);
  EXPECT_EQ(http_get(server.admin_port(), "/readyz").status, 200);
  EXPECT_GE(server.metric("portcullis_scans_total", "outcome=\"complete\""), 1);
}

TEST(Operations, DoctorNoticesThatNothingIsBlocked) {
  const TempDir dir;
  PortcullisServer server(without_upstream(dir, "[policy]\nmode = \"audit\"\n"));
  EXPECT_EQ(doctor(server).exit_code, 1);
  ASSERT_TRUE(server.stop());
}

TEST(Operations, SigtermEndsInTimeWhileAPullHangs) {
  const auto image = clean_image();
  RawServer hanging([&](const std::string&, const std::string& target) -> RawAnswer {
    if (target.find("/blobs/") != std::string::npos) {
      return {"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nsome", Afterwards::hang};
    }
    return {
        http_message("200 OK", "Content-Type: " + image.manifest.media_type + "\r\n", image.manifest.bytes)};
  });
  const TempDir dir;
  PortcullisServer server({.directory = dir / "portcullis", .upstreams = {"docker.io=" + hanging.url()}});
  int status = 0;
  std::thread client([&] {
    try {
      status = get_manifest(server.port(), "team/app", "1").status;
    } catch (const std::exception&) {
      status = -1;  // cut off is as good as refused
    }
  });
  EXPECT_TRUE(wait_until([&] {
    for (const auto& request : hanging.requests()) {
      if (request.find("/blobs/") != std::string::npos) return true;
    }
    return false;
  }));
  EXPECT_TRUE(server.stop());
  client.join();
  EXPECT_NE(status, 200);
}

TEST(Operations, SighupReadsTheFileAgainAndKeepsWhatItHadWhenThatIsBroken) {
  PORTCULLIS_REQUIRE_TOOL("docker-registry");
  World world("[policy]\nmode = \"enforce\"\n");
  const auto infected = infected_image();
  push(world.registry.port(), "team/infected", "1", infected);
  const auto reload = [&](const std::string& config, const std::string& expected_log) {
    write_file(world.dir / "portcullis" / "portcullis.toml", config);
    world.server.process().signal(SIGHUP);
    EXPECT_TRUE(wait_until([&] { return world.server.log().find(expected_log) != std::string::npos; }))
        << world.server.log();
  };
  EXPECT_TRUE(is_block(get_manifest(world.server.port(), "team/infected", "1"), "layer 2"));
  reload("[policy]\nmode = \"adit\"\n", "reload refused");
  EXPECT_TRUE(is_block(get_manifest(world.server.port(), "team/infected", "1"), "layer 2"));
  reload("[policy]\nmode = \"audit\"\n", "reloaded");
  EXPECT_TRUE(pulls(world.server.port(), "team/infected", "1", infected));
}

TEST(Operations, AStartThatCannotWorkFailsWithAClearLineBeforeThePortOpens) {
  const TempDir dir;
  RawServer occupant([](const std::string&, const std::string&) { return RawAnswer{}; });
  const auto port = free_port();
  struct Row {
    const char* name;
    std::vector<std::string> flags;
    std::vector<std::string> words;
  };
  const auto file = [&](const char* name, const char* text) { return dir.write(name, text).string(); };
  const Row rows[] = {
      {"registry port in use", {"--listen", occupant.address()}, {occupant.address(), "in use"}},
      {"admin port in use", {"--admin-listen", occupant.address()}, {occupant.address(), "in use"}},
      {"data directory under a file", {"--data", file("plain", "x") + "/data"}, {"plain"}},
      {"rules that do not load",
       {"--no-builtin-rules", "--rules", file("broken.yar", "rule x { condition: what }")},
       {"broken.yar"}},
      {"wrong value",
       {"--config", file("a.toml", "[policy]\nblock_at = \"hgih\"\n")},
       {"a.toml:2", "block_at", "hgih"}},
      {"unknown key",
       {"--config", file("b.toml", "[policy]\nblock_al = \"high\"\n")},
       {"b.toml:2", "block_al"}},
      {"not TOML", {"--config", file("c.toml", "[policy\n")}, {"c.toml:1"}},
      {"no such file", {"--config", (dir / "none.toml").string()}, {"none.toml"}}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    std::vector<std::string> arguments = {"serve"};
    const auto add_default = [&](const char* flag, const std::string& value) {
      if (row.flags.front() == flag) return;
      arguments.emplace_back(flag);
      arguments.push_back(value);
    };
    add_default("--listen", loopback(port));
    add_default("--admin-listen", loopback(free_port()));
    add_default("--data", (dir / row.name).string());
    for (const auto& flag : row.flags) arguments.push_back(flag);
    const auto result = portcullis(arguments, std::chrono::seconds(30));
    EXPECT_FALSE(result.timed_out) << "it runs";
    EXPECT_GE(result.exit_code, 64) << result.err;
    for (const auto& word : row.words) EXPECT_THAT(result.err, HasSubstr(word));
  }
  EXPECT_FALSE(http_ok(port, "/v2/"));
}

}  // namespace
}  // namespace portcullis::test
