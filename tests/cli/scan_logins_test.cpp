// SPDX-License-Identifier: Apache-2.0
//
// `portcullis scan` of an image in a registry that asks who is there, by every way to answer.
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "scan_fixture.hpp"
#include "support/docker_registry.hpp"
#include "support/require.hpp"
#include "support/wait.hpp"

namespace portcullis::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// bcrypt of "ci-secret-1"
constexpr const char* kUsers = "ci:$2b$05$q/PhEWA1mATxcsxegGYs0eTT1QDKy8bHFZtimtuRQF8unGnnaMm76\n";
constexpr const char* kPassword = "ci-secret-1";
constexpr const char* kAuth = "Y2k6Y2ktc2VjcmV0LTE=";  // base64 of ci:ci-secret-1

class ScanLogins : public ScanFixture {
 protected:
  void SetUp() override {
    PORTCULLIS_REQUIRE_TOOL("docker-registry");
    registry_.emplace(dir_ / "registry");
    test::push(registry_->port(), "team/app", "1", image(true));
    registry_->ask_for_login(kUsers);
  }
  test::Command login(std::vector<std::string> flags = {}) const {
    flags.insert(flags.end(), {"--no-cache", "--plain-http", registry_->address(), "--format", "json",
                               registry_->address() + "/team/app:1"});
    flags.insert(flags.begin(), "scan");
    auto made = portcullis(std::move(flags));
    made.env = {{"HOME", dir_.path().string()}, {"PATH", (dir_ / "bin").string() + ":" + getenv("PATH")}};
    for (const char* name : {"REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_RUNTIME_DIR", "PORTCULLIS_USERNAME",
                             "PORTCULLIS_PASSWORD"}) {
      made.env[name] = "";
    }
    return made;
  }
  std::string config(const std::string& name, const std::string& text) const {
    return dir_.write(name, text).string();
  }
  /// A docker config whose credential store is this script.
  std::string helper(const std::string& name, const std::string& script) const {
    const auto file = dir_.write("bin/docker-credential-" + name, "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return config(name + ".json", R"({"credsStore":")" + name + R"("})");
  }
  std::string auths() const {
    return R"({"auths":{")" + registry_->address() + R"(":{"auth":")" + kAuth + R"("}}})";
  }
  static void expect_blocked(const test::Command& command) {
    const auto result = test::run(command);
    EXPECT_EQ(result.exit_code, 1) << result.out << result.err;
    EXPECT_THAT(result.out, AllOf(HasSubstr("eicar_test_file"), Not(HasSubstr(kPassword))));
  }

  std::optional<test::DockerRegistry> registry_;
};

TEST_F(ScanLogins, FilesOfContainerTools) {
  struct Row {
    const char* name;
    const char* file;
    const char* variable;
    const char* value;
  };
  const Row rows[] = {{"at home", ".docker/config.json", nullptr, nullptr},
                      {"DOCKER_CONFIG", "other/config.json", "DOCKER_CONFIG", "other"},
                      {"REGISTRY_AUTH_FILE", "podman/auth.json", "REGISTRY_AUTH_FILE", "podman/auth.json"},
                      {"of podman", "run/containers/auth.json", "XDG_RUNTIME_DIR", "run"}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const auto file = config(row.file, auths());
    auto made = login();
    if (row.variable != nullptr) made.env[row.variable] = (dir_ / row.value).string();
    expect_blocked(made);
    std::filesystem::remove(file);
  }
}

TEST_F(ScanLogins, CredentialHelpers) {
  const std::string answer = "read server; [ \"$1 $server\" = \"get " + registry_->address() +
                             "\" ] && echo '{\"Username\":\"ci\",\"Secret\":\"" + kPassword + "\"}'";
  expect_blocked(login({"--auth-file", helper("ci", answer)}));
  const auto of_host = R"({"credHelpers":{")" + registry_->address() + R"(":"ci"}})";
  expect_blocked(login({"--auth-file", config("of-host.json", of_host)}));
}

TEST_F(ScanLogins, EnvironmentAndFlags) {
  auto by_environment = login();
  by_environment.env["PORTCULLIS_USERNAME"] = "ci";
  by_environment.env["PORTCULLIS_PASSWORD"] = kPassword;
  expect_blocked(by_environment);
  expect_blocked(
      login({"--username", "ci", "--password-file", config("password", std::string(kPassword) + "\n")}));
  expect_blocked(login({"--auth-file", config("login.json", auths())}));
}

TEST_F(ScanLogins, WhoIsNotLetInIsTold) {
  const auto wrong = config("wrong", "guess\n");
  struct Row {
    const char* name;
    test::Command command;
    const char* message;
  };
  const Row rows[] = {
      {"nobody", login(), "configure credentials"},
      {"wrong password", login({"--username", "ci", "--password-file", wrong}), "were refused"}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const auto result = test::run(row.command);
    EXPECT_EQ(result.exit_code, 2) << result.out << result.err;
    EXPECT_THAT(result.out,
                AllOf(HasSubstr(row.message), HasSubstr(registry_->address()), Not(HasSubstr("guess"))));
  }
}

TEST_F(ScanLogins, HalfALoginIsWrongUsage) {
  auto made = login({"--username", "ci"});
  EXPECT_EQ(test::run(made).exit_code, 64);
  made = login({"--username", "ci", "--password-file", config("empty", "\n")});
  const auto empty = test::run(made);
  EXPECT_EQ(empty.exit_code, 64);
  EXPECT_THAT(empty.err, HasSubstr("has an empty first line"));
  EXPECT_EQ(test::run(login({"--auth-file", (dir_ / "nothing").string()})).exit_code, 64);
}

TEST_F(ScanLogins, WhoAsksTwiceDoesNotWaitForWhatHangs) {
  const auto asked = dir_ / "asked";
  auto made = login({"--auth-file", helper("hangs", "echo $$ > '" + asked.string() + "'; exec sleep 60")});
  std::filesystem::create_directory(dir_ / "tmp");
  made.env["TMPDIR"] = (dir_ / "tmp").string();
  made.out_file = dir_ / "out";
  made.err_file = dir_ / "err";
  test::Process process(made);
  ASSERT_TRUE(test::wait_until([&] { return test::slurp(asked).ends_with('\n'); }));
  const pid_t helper = std::stoi(test::slurp(asked));
  process.signal(SIGINT);
  // Until it has taken the first, a second one is the same.
  EXPECT_EQ(process.wait_for(std::chrono::milliseconds(500)), std::nullopt) << "it may end in peace first";
  process.signal(SIGINT);
  EXPECT_EQ(process.wait_for(std::chrono::seconds(60)), 2);
  EXPECT_EQ(kill(helper, SIGKILL), 0) << "it still hangs: nobody waited for it";
  EXPECT_THAT(test::slurp(dir_ / "out"), HasSubstr("interrupted by SIGINT while: judging the image"));
  EXPECT_TRUE(std::filesystem::is_empty(dir_ / "tmp"));
}

}  // namespace
}  // namespace portcullis::cli
