// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "program.hpp"
#include "support/http_get.hpp"
#include "support/wait.hpp"

namespace portcullis::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::chrono::seconds kBound{30};  // of a failing test; serve's own promise is 10 s

/// It must end by itself, with one clear line, and never have listened.
void expect_refusal(const ServeSetup& setup, const std::vector<std::string>& more,
                    const std::string& message) {
  test::Process server(setup.command(more));
  const auto code = server.wait_for(kBound);
  ASSERT_TRUE(code) << "still runs; log: " << setup.log();
  EXPECT_EQ(*code, 69) << setup.log();
  EXPECT_THAT(setup.log(), HasSubstr("portcullis: "));
  EXPECT_THAT(setup.log(), HasSubstr(message));
  EXPECT_THAT(setup.log(), Not(HasSubstr("ready")));
}

util::UniqueFd listen_on(std::uint16_t port) {
  util::UniqueFd taken(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(bind(taken.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(listen(taken.get(), 8), 0);
  return taken;
}

TEST(ServeRefuses, DataDirectoryThatCannotBe) {
  const test::TempDir dir;
  ServeSetup setup(dir);
  setup.data = dir.write("file", "") / "data";
  expect_refusal(setup, {}, "data directory: ");
}

TEST(ServeRefuses, RulesThatAreNotThere) {
  const test::TempDir dir;
  expect_refusal(ServeSetup(dir), {"--rules", "/nonexistent/rules"}, "/nonexistent/rules");
}

TEST(ServeRefuses, RulesThatDoNotLoad) {
  const test::TempDir dir;
  const auto rules = dir.write("rules/broken.yar", "rule broken { condition: nonsense }");
  expect_refusal(ServeSetup(dir), {"--no-builtin-rules", "--rules", rules.string()}, "scanner: ");
}

TEST(ServeRefuses, UpstreamWithoutItsCaFile) {
  const test::TempDir dir;
  const auto config = dir.write(
      "p.toml",
      "[[upstream]]\nname = \"a.example\"\nurl = \"https://a.example\"\nca_file = \"/nonexistent.pem\"\n");
  expect_refusal(ServeSetup(dir), {"--config", config.string()}, "upstream a.example: ");
}

TEST(ServeRefuses, PortInUse) {
  const test::TempDir dir;
  const ServeSetup setup(dir);
  const util::UniqueFd taken = listen_on(setup.port);
  expect_refusal(setup, {}, "registry.listen: " + ServeSetup::address(setup.port));
}

TEST(ServeRefuses, SecondServerOnTheSameData) {
  const test::TempDir dir;
  const test::TempDir other;
  const ServeSetup first(dir);
  test::Process server(first.command());
  ASSERT_TRUE(test::wait_until([&] { return test::http_ok(first.admin_port, "/readyz"); })) << first.log();
  ServeSetup second(other);
  second.data = first.data;
  expect_refusal(second, {}, "in use by another process");
}

class Serve : public testing::Test {
 protected:
  void start(std::vector<std::string> more = {}) {
    process_.emplace(setup_.command(std::move(more)));
    ASSERT_TRUE(test::wait_until([&] { return test::http_ok(setup_.admin_port, "/readyz"); }))
        << setup_.log();
  }
  bool logs(const std::string& text) {
    return test::wait_until([&] { return setup_.log().find(text) != std::string::npos; });
  }

  test::TempDir dir_;
  ServeSetup setup_{dir_};
  std::optional<test::Process> process_;
};

TEST_F(Serve, StartsAndEndsOnSigterm) {
  start();
  EXPECT_TRUE(test::http_ok(setup_.port, "/v2/"));
  EXPECT_THAT(setup_.log(), HasSubstr(ServeSetup::address(setup_.port)));
  EXPECT_THAT(setup_.log(), HasSubstr("docker.io"));
  process_->signal(SIGTERM);
  EXPECT_EQ(process_->wait_for(kBound), 0) << setup_.log();
  EXPECT_THAT(setup_.log(), HasSubstr("stopped"));
  EXPECT_FALSE(test::http_ok(setup_.port, "/v2/"));
}

/// An upstream that takes connections and says nothing, and a pull that waits for it.
class ServeWithAPullThatHangs : public Serve {
 protected:
  void SetUp() override {
    const std::uint16_t port = test::free_port();
    silent_ = listen_on(port);
    start({"--upstream", "docker.io=http://" + ServeSetup::address(port)});
    pull_ = std::thread([this] {
      try {
        test::http_get(setup_.port, "/v2/library/app/manifests/latest");
      } catch (const std::runtime_error&) {
        // The server went away in the middle: what this is about.
      }
    });
    pollfd arrival{silent_.get(), POLLIN, 0};
    ASSERT_EQ(poll(&arrival, 1, 30'000), 1) << "the pull never reached the upstream";
  }
  void TearDown() override {
    process_.reset();
    if (pull_.joinable()) pull_.join();
  }

 private:
  util::UniqueFd silent_;
  std::thread pull_;
};

TEST_F(ServeWithAPullThatHangs, EndsByItselfOnSigterm) {
  process_->signal(SIGTERM);
  EXPECT_EQ(process_->wait_for(kBound), 0) << setup_.log();  // 142 would be the last resort, SIGALRM
}

TEST_F(ServeWithAPullThatHangs, EndsAtOnceOnASecondSignal) {
  process_->signal(SIGTERM);
  ASSERT_TRUE(logs("stopping"));
  process_->signal(SIGTERM);
  EXPECT_EQ(process_->wait_for(kBound), 128 + SIGTERM) << setup_.log();
  EXPECT_THAT(setup_.log(), Not(HasSubstr("stopped")));
}

TEST_F(Serve, StartsAgainOnTheSameData) {
  for (int round = 0; round < 2; ++round) {
    start();
    process_->signal(SIGINT);
    EXPECT_EQ(process_->wait_for(kBound), 0) << setup_.log();
  }
}

TEST_F(Serve, SighupTakesOverWhatItCanAndSaysWhatItCannot) {
  const auto config = dir_.write("p.toml", "[policy]\nmode = \"enforce\"\n");
  start({"--config", config.string()});

  dir_.write("p.toml", "[policy]\nmode = \"sometimes\"\n");
  process_->signal(SIGHUP);
  ASSERT_TRUE(logs("reload refused")) << setup_.log();
  EXPECT_THAT(setup_.log(), HasSubstr("p.toml:2: policy.mode"));

  dir_.write("p.toml", "[policy]\nmode = \"audit\"\n[blobs]\nmax_transfers = 2\n");
  process_->signal(SIGHUP);
  ASSERT_TRUE(logs("reloaded")) << setup_.log();
  EXPECT_THAT(setup_.log(), HasSubstr("restart only"));
  EXPECT_THAT(setup_.log(), HasSubstr("section=blobs"));
  EXPECT_THAT(setup_.log(), Not(HasSubstr("section=policy")));

  // Audit mode is in force now: the canary is served.
  const auto answer = test::http_get(setup_.port, "/v2/library/portcullis-canary/manifests/latest");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_TRUE(test::http_ok(setup_.admin_port, "/readyz"));
}

TEST(ServeRefuses, ASetAsideFileWhenStrict) {
  const test::TempDir dir;
  dir.write("r/bad.yar", "rule a { condition: nonsense }");
  const auto config =
      dir.write("p.toml", "[rules]\nstrict = true\npaths = [\"" + (dir / "r").string() + "\"]\n");
  expect_refusal(ServeSetup(dir), {"--config", config.string()},
                 "1 rule files cannot be used, and rules.strict is on: bad.yar: line 1");
}

class ServeWithRules : public Serve {
 protected:
  void SetUp() override {
    dir_.write("r/a.yar", "rule a { condition: false }");
    configure("watch = true\n");
    start({"--config", (dir_ / "p.toml").string()});
  }
  void configure(const std::string& more) {
    dir_.write("p.toml", "[rules]\nbuiltin = false\npaths = [\"" + (dir_ / "r").string() + "\"]\n" + more);
  }
  std::string readyz() const { return test::http_get(setup_.admin_port, "/readyz").body; }
  bool reads(const std::string& text) {
    return test::wait_until([&] { return readyz().find(text) != std::string::npos; });
  }
};

TEST_F(ServeWithRules, LoadsThemAgainWhenTheirFilesChange) {
  EXPECT_THAT(readyz(), HasSubstr("1 rules of 1 files, profile "));
  dir_.write("r/b.yar", "rule b { condition: false } rule c { condition: false }");
  ASSERT_TRUE(reads("3 rules of 2 files")) << setup_.log();

  dir_.write("r/bad.yar", "rule bad { condition: nonsense }");
  ASSERT_TRUE(reads("1 files set aside: bad.yar (line 1: undefined identifier")) << setup_.log();

  // Nothing is left that could be used: the rules that work stay.
  for (const char* name : {"r/a.yar", "r/b.yar"}) dir_.write(name, "rule bad { condition: nonsense }");
  ASSERT_TRUE(reads("was refused: the rules in use stay")) << setup_.log();
  EXPECT_THAT(readyz(), HasSubstr("3 rules of 2 files"));
  EXPECT_TRUE(test::http_ok(setup_.admin_port, "/readyz"));
  EXPECT_THAT(test::http_get(setup_.admin_port, "/metrics").body,
              HasSubstr("portcullis_reloads_total{result=\"refused\"} 1"));

  const auto events =
      test::run(portcullis({"events", "--data", (dir_ / "data").string(), "--format", "json"}));
  EXPECT_THAT(events.out, HasSubstr("\"rules-reloaded\""));
  EXPECT_THAT(events.out, HasSubstr("portcullis.profile.from"));
}

TEST_F(ServeWithRules, TakesOverWhatTheCommandLineChangesAboutSingleRules) {
  dir_.write("r/b.yar", "rule b { meta: severity = \"high\" condition: false }");
  ASSERT_TRUE(reads("2 rules of 2 files")) << setup_.log();
  const auto change = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "rules");
    arguments.insert(arguments.end(),
                     {"--config", (dir_ / "p.toml").string(), "--data", setup_.data.string()});
    return test::run(portcullis(std::move(arguments)));
  };
  const auto off = change({"disable", "b.yar:b", "--reason", "cries wolf", "--author", "olga"});
  EXPECT_EQ(off.exit_code, 0) << off.err;
  EXPECT_EQ(off.out, "Disabled b.yar:b. A running server takes it over within a few seconds.\n");
  ASSERT_TRUE(reads("1 rules of 2 files")) << setup_.log();

  const auto listed = change({"list"});
  EXPECT_THAT(listed.out, HasSubstr("  b  high  disabled\n      disabled by olga at 20"));
  EXPECT_THAT(listed.out, HasSubstr(": cries wolf\n"));

  const auto last = change({"disable", "a", "--reason", "x"});
  EXPECT_EQ(last.exit_code, 64);
  EXPECT_THAT(last.err, HasSubstr("the last rule that is not disabled"));

  EXPECT_EQ(change({"override", "b", "--severity", "low", "--reason", "noisy"}).exit_code, 0);
  ASSERT_TRUE(reads("2 rules of 2 files")) << setup_.log();
  EXPECT_THAT(change({"list"}).out, HasSubstr("  b  low (as configured)\n      given severity low by "));
  const auto back = change({"restore", "b", "--reason", "fixed", "--format", "json"});
  EXPECT_EQ(back.exit_code, 0) << back.err;
  EXPECT_THAT(back.out, HasSubstr("\"setting\": null"));
  EXPECT_EQ(change({"restore", "b", "--reason", "again"}).exit_code, 64);
  EXPECT_THAT(change({"disable", "c", "--reason", "x"}).err, HasSubstr("there is no rule \"c\""));

  const auto events = test::run(portcullis({"events", "--data", setup_.data.string(), "--format", "json"}));
  for (const auto* action : {"rule-disabled", "rule-overridden", "rule-restored"}) {
    EXPECT_THAT(events.out, HasSubstr(action));
  }
}

TEST_F(ServeWithRules, StartsWithTheSettingsOnRecord) {
  dir_.write("r/b.yar", "rule b { condition: false }");
  ASSERT_TRUE(reads("2 rules of 2 files")) << setup_.log();
  const auto off = test::run(portcullis({"rules", "disable", "b", "--reason", "x", "--config",
                                         (dir_ / "p.toml").string(), "--data", setup_.data.string()}));
  ASSERT_EQ(off.exit_code, 0) << off.err;
  process_->signal(SIGTERM);
  ASSERT_EQ(process_->wait_for(kBound), 0) << setup_.log();
  start({"--config", (dir_ / "p.toml").string()});
  EXPECT_THAT(readyz(), HasSubstr("1 rules of 2 files"));
}

TEST_F(ServeWithRules, SighupTakesOverTheirSection) {
  dir_.write("r/bad.yar", "rule bad { condition: nonsense }");
  configure("strict = true\n");
  process_->signal(SIGHUP);
  ASSERT_TRUE(reads("rules.strict is on: bad.yar")) << setup_.log();
  EXPECT_THAT(readyz(), HasSubstr("1 rules of 1 files"));

  configure("disable = [\"gone\"]\n[rules.severity]\na = \"low\"\n");
  process_->signal(SIGHUP);
  ASSERT_TRUE(logs("pattern=gone")) << setup_.log();
  EXPECT_THAT(setup_.log(), Not(HasSubstr("section=rules")));
}

TEST_F(Serve, DoctorFindsTheBlockAndEventsTellIt) {
  start();
  const auto doctor =
      test::run(portcullis({"doctor", "--url", "http://" + ServeSetup::address(setup_.port), "--admin-url",
                            "http://" + ServeSetup::address(setup_.admin_port), "--etc", "/nonexistent"}));
  EXPECT_EQ(doctor.exit_code, 0) << doctor.out << doctor.err;
  EXPECT_THAT(doctor.out, HasSubstr("A block is a block from here."));
  EXPECT_THAT(doctor.out, HasSubstr("ok    scanner workers are locked down")) << setup_.log();
  EXPECT_THAT(doctor.out, HasSubstr("ok    a pull by podman with location= is stopped"));
  EXPECT_THAT(doctor.out, HasSubstr("ok    a pull that names Portcullis is stopped"));
  EXPECT_THAT(doctor.out, Not(HasSubstr("??")));

  const std::string data = (dir_ / "data").string();
  const auto text = test::run(portcullis({"events", "--data", data}));
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("docker.io/library/portcullis-canary"));

  const auto json = test::run(portcullis({"events", "--data", data, "--format", "json"}));
  ASSERT_EQ(json.exit_code, 0) << json.err;
  std::istringstream lines(json.out);
  std::string line;
  std::string previous;
  int blocked = 0;
  while (std::getline(lines, line)) {
    const auto event = nlohmann::json::parse(line);
    EXPECT_LE(previous, event.at("@timestamp").get<std::string>());
    previous = event.at("@timestamp");
    if (event.at("event.outcome") != "failure") continue;
    ++blocked;
    EXPECT_EQ(event.at("container.image.name"), "docker.io/library/portcullis-canary");
    EXPECT_THAT(event.at("event.action").get<std::string>(), HasSubstr("-blocked"));
  }
  EXPECT_GE(blocked, 1) << json.out;
}

TEST_F(Serve, SendsEventsToItsTargets) {
  const auto events = dir_ / "events.jsonl";
  const auto config =
      dir_.write("n.toml",
                 "[admin]\npublic_url = \"https://gate.example\"\n[[notify]]\nname = \"archive\"\n"
                 "type = \"file\"\npath = \"" +
                     events.string() + "\"\n");
  start({"--config", config.string()});
  const auto pull = [&] { test::http_get(setup_.port, "/v2/library/portcullis-canary/manifests/latest"); };
  pull();
  EXPECT_TRUE(test::wait_until([&] { return test::slurp(events).find("-blocked\"") != std::string::npos; }))
      << setup_.log();
  EXPECT_THAT(test::slurp(events), HasSubstr("\"portcullis.report_url\":\"https://gate.example/reports/"));
  const auto metrics = test::http_get(setup_.admin_port, "/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("portcullis_notify_waiting_events{target=\"archive\"}"));
}

TEST_F(Serve, DoctorFailsInAuditMode) {
  start({"--mode", "audit"});
  const auto doctor =
      test::run(portcullis({"doctor", "--url", "http://" + ServeSetup::address(setup_.port), "--admin-url",
                            "http://" + ServeSetup::address(setup_.admin_port), "--etc", "/nonexistent"}));
  EXPECT_EQ(doctor.exit_code, 1) << doctor.out;
  EXPECT_THAT(doctor.out, HasSubstr("FAIL  a pull by podman with location= is stopped"));
}

}  // namespace
}  // namespace portcullis::cli
