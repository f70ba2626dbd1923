// SPDX-License-Identifier: Apache-2.0
//
// Waivers and tokens by the command line, beside a server that runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <thread>

#include "portcullis/records/records.hpp"
#include "portcullis/records/tokens.hpp"
#include "program.hpp"
#include "support/http_get.hpp"
#include "support/wait.hpp"

namespace portcullis::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// Times, digests and random ids are put by what they are.
std::string with_names_for_what_changes(std::string text) {
  const std::pair<const char*, const char*> kNames[] = {
      {"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z", "TIME"},
      {"sha256:[0-9a-f]{64}", "DIGEST"},
      {"file [0-9a-f]{64}", "file HASH"},
      {"w-[a-z0-9]{8}", "ID"},
      {"report [a-z0-9]{8}", "report REPORT"},
  };
  for (const auto& [pattern, name] : kNames) text = std::regex_replace(text, std::regex(pattern), name);
  return text;
}

/// A server whose only image, the canary, was asked for and blocked.
class BesideAServer : public testing::Test {
 protected:
  void SetUp() override {
    server_.emplace(setup_.command());
    ASSERT_TRUE(test::wait_until([&] { return test::http_ok(setup_.admin_port, "/readyz"); }))
        << setup_.log();
    EXPECT_NE(test::http_get(setup_.port, "/v2/library/portcullis-canary/manifests/latest").status, 200);
    const auto events = run({"events", "--action", "image-blocked", "--format", "json"});
    report_ = json::parse(events.out).at("portcullis.decision_id");
  }
  void TearDown() override {
    if (!server_) return;
    server_->signal(SIGTERM);
    EXPECT_EQ(server_->wait_for(std::chrono::seconds(30)), 0) << setup_.log();
  }

  test::RunResult run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--data", setup_.data.string()});
    return test::run(portcullis(std::move(arguments)));
  }
  test::RunResult add(std::vector<std::string> more) const {
    std::vector<std::string> arguments = {"waive", "add", "--author", "me@host", "--reason", "a known test"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(std::move(arguments));
  }
  json list(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"waive", "list", "--format", "json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = run(std::move(arguments));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return json::parse(result.out);
  }
  std::size_t events(const std::string& action) const {
    const auto out = run({"events", "--action", action, "--format", "json"}).out;
    return static_cast<std::size_t>(std::ranges::count(out, '\n'));
  }

  test::TempDir dir_;
  ServeSetup setup_{dir_};
  std::optional<test::Process> server_;
  std::string report_;
};

TEST_F(BesideAServer, AReportIsWaivedListedShownAndRevoked) {
  const auto dry = add({"--report", report_, "--for", "7d", "--dry-run"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  const std::string forecast = R"(New waiver, until TIME
  scope:  rule eicar_test_file manifest DIGEST file HASH
  reason: a known test
  author: me@host
Would let 1 blocked image pass; covers 1 finding, worst critical.
  docker.io/library/portcullis-canary:latest (DIGEST) would pass
      waived: rule eicar_test_file (critical) matched eicar.com in layer 1
)";
  EXPECT_EQ(with_names_for_what_changes(dry.out), forecast + "Nothing was created (--dry-run).\n");
  EXPECT_TRUE(list().empty());

  const auto made = add({"--report", report_, "--for", "7d", "--yes"});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(with_names_for_what_changes(made.out),
            forecast + "Created ID. It counts when an image is next asked for.\n");
  EXPECT_EQ(events("waiver-added"), 1u);

  const auto listed = list({"--state", "active"});
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].at("rule"), "eicar_test_file");
  EXPECT_EQ(listed[0].at("author"), "me@host");
  EXPECT_EQ(list({"--state", "expiring", "--within", "6d"}).size(), 0u);
  EXPECT_EQ(list({"--state", "expiring", "--within", "8d"}).size(), 1u);
  const std::string id = listed[0].at("id");

  const auto shown = run({"waive", "show", id});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, StartsWith(id + "  active, until "));

  const auto again = add({"--report", report_, "--for", "7d", "--dry-run", "--format", "json"});
  EXPECT_EQ(json::parse(again.out).at("effect").at("findings"), 1) << "shown, though covered already";

  const auto revoked = run({"waive", "revoke", id, "--reason", "over", "--author", "boss"});
  EXPECT_EQ(revoked.exit_code, 0) << revoked.err;
  EXPECT_THAT(revoked.out, HasSubstr("  revoked by boss, "));
  EXPECT_EQ(list({"--state", "active"}).size(), 0u);
  EXPECT_EQ(list({"--state", "revoked"}).size(), 1u);
  EXPECT_EQ(events("waiver-revoked"), 1u);
  const auto twice = run({"waive", "revoke", id, "--reason", "over"});
  EXPECT_EQ(twice.exit_code, 64);
  EXPECT_THAT(twice.err, HasSubstr("was revoked already, by 'boss'"));
}

TEST_F(BesideAServer, RefusalsCreateNothing) {
  const std::pair<std::vector<std::string>, const char*> kRows[] = {
      {{"--report", "nobody", "--for", "7d"}, "there is no report 'nobody' in the records"},
      {{"--report", report_, "--for", "91d"}, "within 90 days (waivers.longest), saw '20"},
      {{"--report", report_, "--until", "2020-01-01T00:00:00Z"}, "must be in the future, saw '2020-01-01"},
      {{"--report", report_, "--until", "tomorrow"}, "--until: expected a time such as"},
      {{"--report", report_, "--for", "long"}, "--for: expected a duration such as"},
      {{"--report", report_}, "--for 7d or --until"},
      {{"--rule", "eicar_test_file", "--repository", "docker.io/*", "--for", "1d"},
       "a digest or a file hash only"},
      {{"--digest", "sha256:" + std::string(64, 'a'), "--for", "1d"}, "at least two of rule, repository"},
  };
  for (const auto& [arguments, message] : kRows) {
    auto with_yes = arguments;
    with_yes.push_back("--yes");
    const auto result = add(with_yes);
    EXPECT_EQ(result.exit_code, 64) << message;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_THAT(result.out, IsEmpty());
  }
  EXPECT_TRUE(list().empty());
}

TEST_F(BesideAServer, LongestOfTheConfigurationHolds) {
  const auto config = dir_.write("p.toml", "[waivers]\nlongest = \"12h\"\n");
  const auto result = add({"--report", report_, "--for", "1d", "--yes", "--config", config.string()});
  EXPECT_EQ(result.exit_code, 64);
  EXPECT_THAT(result.err, HasSubstr("within 12 hours (waivers.longest)"));
}

TEST_F(BesideAServer, ManyWriteWhileItServes) {
  constexpr std::size_t kWriters = 6;
  std::vector<std::thread> writers;
  std::vector<test::RunResult> results(kWriters);
  for (std::size_t i = 0; i < kWriters; ++i) {
    writers.emplace_back([&, i] { results[i] = add({"--report", report_, "--for", "7d", "--yes"}); });
    EXPECT_NE(test::http_get(setup_.port, "/v2/").status, 500);
  }
  for (auto& writer : writers) writer.join();
  for (const auto& result : results) EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(list().size(), kWriters);
  EXPECT_TRUE(test::http_ok(setup_.admin_port, "/readyz"));
}

TEST_F(BesideAServer, TokenIsShownOnceAloneOnStdout) {
  const auto made = run({"token", "create", "--name", "ci", "--role", "operator", "--for", "30d"});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.out, testing::ContainsRegex("^pct_[a-z0-9]{10}_[a-z0-9]{52}\n$"));
  EXPECT_THAT(made.err, HasSubstr("(operator, ci), until "));
  const auto secret = made.out.substr(0, made.out.size() - 1);
  EXPECT_EQ(made.err.find(secret.substr(15)), std::string::npos);

  auto records =
      records::open((setup_.data / "portcullis.db").string(), records::OpenMode::existing_read_only);
  ASSERT_TRUE(records) << records.error().message;
  const auto verified = [&] {
    return (*records)->tokens().verify(secret, util::SystemClock().now())->has_value();
  };
  EXPECT_TRUE(verified());
  const auto listed = run({"token", "list", "--format", "json"});
  const auto tokens = json::parse(listed.out);
  const auto mine = std::ranges::find_if(tokens, [](const auto& token) { return token.at("name") == "ci"; });
  ASSERT_NE(mine, tokens.end());
  EXPECT_EQ(mine->at("role"), "operator");
  EXPECT_EQ(mine->at("state"), "active");
  EXPECT_EQ(listed.out.find(secret.substr(15)), std::string::npos);

  const std::string id = mine->at("id");
  EXPECT_THAT(run({"token", "revoke", id}).out, HasSubstr("revoked " + id + " (ci)"));
  EXPECT_FALSE(verified());
  EXPECT_THAT(run({"token", "revoke", id}).err, HasSubstr("was revoked before"));
  const auto pasted = run({"token", "revoke", secret});
  EXPECT_EQ(pasted.exit_code, 64);
  EXPECT_EQ(pasted.err.find(secret.substr(15)), std::string::npos) << "a secret in an error";
  EXPECT_EQ(events("token-created"), 2u) << "the server's first one, and this";
  EXPECT_EQ(events("token-revoked"), 1u);
}

}  // namespace
}  // namespace portcullis::cli
