// SPDX-License-Identifier: Apache-2.0
//
// An operator's round with curl alone: see a blocked pull, read why, waive it until a time, see the pull
// succeed, take the waiver back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/require.hpp"
#include "support/wait.hpp"
#include "world.hpp"

namespace portcullis::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

/// curl as in the README; what it prints.
class Operator {
 public:
  explicit Operator(const PortcullisServer& server)
      : api_("http://127.0.0.1:" + std::to_string(server.admin_port()) + "/api/v1") {
    const auto log = server.log();
    const auto start = log.find("/#token=");
    EXPECT_NE(start, std::string::npos) << "no login link:\n" << log;
    token_ = log.substr(start + 8, log.find('\n', start) - start - 8);
  }

  json get(const std::string& target) { return ask({api_ + target}); }
  json post(const std::string& target, const json& body) {
    return ask({"-H", "Content-Type: application/json", "-d", body.dump(), api_ + target});
  }
  Process watch(const std::filesystem::path& file) {
    return Process(
        {.argv = {"curl", "-sN", "-H", "Authorization: Bearer " + token_, api_ + "/events/stream?after=0"},
         .out_file = file});
  }
  const std::string& token() const { return token_; }

 private:
  json ask(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"curl", "-s", "-H", "Authorization: Bearer " + token_});
    const auto result = run(arguments);
    auto answer = json::parse(result.out, nullptr, false);
    EXPECT_FALSE(answer.is_discarded()) << result.out << result.err;
    return answer;
  }

  std::string api_;
  std::string token_;
};

TEST(AdminApi, FromABlockedPullToAWaiverAndBack) {
  PORTCULLIS_REQUIRE_TOOL("docker-registry");
  PORTCULLIS_REQUIRE_TOOL("curl");
  World world;
  Operator olga(world.server);
  const auto events = world.dir / "events";
  auto watching = olga.watch(events);
  const auto infected = infected_image();
  push(world.registry.port(), "team/infected", "1", infected);
  EXPECT_TRUE(is_block(get_manifest(world.server.port(), "team/infected", "1"), "layer 2"));

  json blocked;
  ASSERT_TRUE(wait_until([&] {
    blocked = olga.get("/pulls?action=block")["pulls"];
    return !blocked.empty();
  }));
  EXPECT_EQ(blocked[0]["name"], "docker.io/team/infected");
  EXPECT_THAT(blocked[0]["summary"], HasSubstr(std::string(kEicarRule)));
  const std::string report = blocked[0]["decision"];
  const auto story = olga.get("/decisions/" + report);
  EXPECT_EQ(story["reasons"][0]["code"], "rule:" + std::string(kEicarRule));
  EXPECT_EQ(story["config"]["cmd"][0], "/bin/busybox");
  EXPECT_EQ(story["pullers"][0]["client"], "127.0.0.1");

  const json wanted = {{"report", report}, {"reason", "a test file"}, {"expires", "1h"}};
  EXPECT_EQ(olga.post("/waivers/preview", wanted)["effect"]["passing"], 1);
  const auto made = olga.post("/waivers", wanted);
  ASSERT_TRUE(made.contains("waivers")) << made;
  EXPECT_TRUE(pulls(world.server.port(), "team/infected", "1", infected));
  EXPECT_EQ(olga.get("/images?waiver=" + made["waivers"][0]["id"].get<std::string>())["images"].size(), 1u);

  const std::string id = made["waivers"][0]["id"];
  EXPECT_EQ(olga.post("/waivers/" + id + "/revoke", {{"reason", "no longer"}})["state"], "revoked");
  EXPECT_TRUE(is_block(get_manifest(world.server.port(), "team/infected", "1"), "layer 2"));

  EXPECT_TRUE(wait_until([&] { return slurp(events).find("waiver-revoked") != std::string::npos; }));
  const auto seen = slurp(events);
  for (const auto* action :
       {"token-created", "image-blocked", "pull-blocked", "waiver-added", "waiver-revoked"}) {
    EXPECT_THAT(seen, HasSubstr("\"action\":\"" + std::string(action) + "\""));
  }
  EXPECT_TRUE(world.server.stop()) << "while somebody watches";
  EXPECT_EQ(watching.wait_for(std::chrono::seconds(30)), 0);
}

TEST(AdminApi, TheFirstTokenIsShownOnceAndStaysOutOfTheLog) {
  PORTCULLIS_REQUIRE_TOOL("curl");
  const TempDir dir;
  PortcullisServer server({.directory = dir / "portcullis", .flags = {"--log-level", "debug"}});
  Operator olga(server);
  EXPECT_EQ(olga.get("/session")["role"], "operator");
  EXPECT_EQ(olga.get("/status")["scanner"]["ready"], true);
  const auto before = server.log();
  EXPECT_EQ(before.find(olga.token()), before.rfind(olga.token())) << "it stands in the log again";
  ASSERT_TRUE(server.stop());
  server.start();
  EXPECT_EQ(olga.get("/session")["role"], "operator");
  const auto after = server.log();
  EXPECT_EQ(after.find("/#token="), after.rfind("/#token=")) << "one more was made";
}

}  // namespace
}  // namespace portcullis::test
