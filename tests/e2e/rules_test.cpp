// SPDX-License-Identifier: Apache-2.0
//
// Rules that change while images are pulled.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <future>
#include <nlohmann/json.hpp>

#include "portcullis/util/fd.hpp"
#include "support/require.hpp"
#include "support/wait.hpp"
#include "world.hpp"

namespace portcullis::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;

/// A server whose rules are a directory and one file, and an operator with curl.
class RulesThatChange : public ::testing::Test {
 protected:
  void SetUp() override {
    PORTCULLIS_REQUIRE_TOOL("docker-registry");
    PORTCULLIS_REQUIRE_TOOL("curl");
    rules_.write("late.yar", kHarmless);
    rules_.write("more/other.yar", "rule other { condition: false }");
    world_.emplace("[rules]\npaths = [\"" + (rules_ / "late.yar").string() + "\", \"" +
                   (rules_ / "more").string() + "\"]\n");
    const auto log = world_->server.log();
    const auto start = log.find("/#token=") + 8;
    token_ = log.substr(start, log.find('\n', start) - start);
  }
  json ask(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"curl", "-s", "-H", "Authorization: Bearer " + token_});
    arguments.back() =
        "http://127.0.0.1:" + std::to_string(world_->server.admin_port()) + "/api/v1" + arguments.back();
    const auto result = run(arguments);
    auto answer = json::parse(result.out, nullptr, false);
    EXPECT_FALSE(answer.is_discarded()) << result.out << result.err;
    return answer;
  }
  json put(const std::string& rule, const json& body) const {
    return ask(
        {"-X", "PUT", "-H", "Content-Type: application/json", "-d", body.dump(), "/rules/settings/" + rule});
  }
  std::string profile() const { return ask({"/status"})["scanner"]["profile"]; }
  void push_image(const std::string& name, const std::string& text) {
    images_.insert_or_assign(name, ImageBuilder().layer(base_files()).layer({{"etc/note", text}}).build());
    push(world_->registry.port(), name, "1", images_.at(name));
  }
  ::testing::AssertionResult served(const std::string& name) {
    return pulls(world_->server.port(), name, "1", images_.at(name));
  }

  static constexpr const char* kHarmless = "rule late { condition: false }";
  TempDir rules_;
  std::optional<World> world_;
  std::string token_;
  std::map<std::string, Image> images_;
};

/// The rule file is a pipe for a while: the new rules are as late as the test wants them to be.
TEST_F(RulesThatChange, TheOldOnesServeUntilTheNewOnesAreReady) {
  push_image("team/one", "NEW-MARKER one");
  push_image("team/two", "NEW-MARKER two");
  push_image("team/three", "NEW-MARKER three");
  ASSERT_TRUE(served("team/one"));
  const auto before = profile();

  const auto late = rules_ / "late.yar";
  fs::remove(late);
  ASSERT_EQ(::mkfifo(late.c_str(), 0600), 0);
  auto reloading = std::async(std::launch::async, [&] { return ask({"-X", "POST", "/rules/reload"}); });
  // Opens only when the new scanner reads it.
  auto pipe = util::open_file(late, O_WRONLY);
  ASSERT_TRUE(pipe);
  EXPECT_TRUE(served("team/two")) << "scanned under the old rules, while the new ones are on their way";
  EXPECT_EQ(profile(), before);

  ASSERT_TRUE(util::write_full(
      pipe->get(), util::as_bytes(std::string("rule late { meta: severity = \"high\" strings: $a = "
                                              "\"NEW-MARKER\" condition: $a }"))));
  pipe->reset();
  const auto reloaded = reloading.get();
  EXPECT_EQ(reloaded["changed"], true) << reloaded;
  EXPECT_NE(profile(), before);
  const auto three = get_manifest(world_->server.port(), "team/three", "1");
  EXPECT_EQ(three.status, 403) << three.body;
  EXPECT_THAT(three.body, HasSubstr("rule late (high) matched etc/note in layer 2"));
}

TEST_F(RulesThatChange, ABrokenUpdateNeverReplacesAGoodSet) {
  push_image("team/one", "one");
  push_image("team/two", "two");
  ASSERT_TRUE(served("team/one"));
  const auto before = profile();
  fs::remove(rules_ / "late.yar");
  fs::remove_all(rules_ / "more");
  const auto refused = ask({"-X", "POST", "/rules/reload"});
  EXPECT_EQ(refused["status"], 409) << refused;
  EXPECT_THAT(refused["detail"], HasSubstr("no such file"));
  EXPECT_EQ(profile(), before);
  EXPECT_TRUE(served("team/two"));
}

/// From the admin API to the pull and back.
TEST_F(RulesThatChange, ADisabledRuleBlocksNothingUntilItIsRestored) {
  images_.insert_or_assign("team/infected", infected_image());
  push(world_->registry.port(), "team/infected", "1", images_.at("team/infected"));
  ASSERT_TRUE(is_block(get_manifest(world_->server.port(), "team/infected", "1"), "layer 2"));
  const std::string rule = "test%2Feicar.yar/" + std::string(kEicarRule);
  const auto off = put(rule, {{"action", "disable"}, {"reason", "a test"}});
  EXPECT_EQ(off["setting"]["file"], "test/eicar.yar") << off;
  EXPECT_TRUE(wait_until([&] { return bool(served("team/infected")); })) << "judged again without the rule";

  EXPECT_EQ(
      put(rule, {{"action", "severity"}, {"severity", "critical"}, {"reason", "x"}})["setting"]["severity"],
      "critical");
  EXPECT_TRUE(wait_until(
      [&] { return bool(is_block(get_manifest(world_->server.port(), "team/infected", "1"), "layer 2")); }));
  const auto back = ask({"-X", "DELETE", "/rules/settings/" + rule + "?reason=over"});
  EXPECT_EQ(back["setting"], nullptr) << back;
  EXPECT_EQ(ask({"/rules?text=eicar"})["rules"][0]["setting"], nullptr);

  const auto cost = ask({"-X", "POST", "/rules/bench"});
  EXPECT_GT(cost["sample_bytes"], 0) << cost;
  EXPECT_GT(cost["files"].size(), 10u);
  EXPECT_EQ(ask({"/rules"})["cost"], cost);
}

}  // namespace
}  // namespace portcullis::test
