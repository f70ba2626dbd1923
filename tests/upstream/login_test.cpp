// SPDX-License-Identifier: Apache-2.0
//
// Credentials out of a docker config.json, and from the helpers it names.
#include "login.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "credential_helper.hpp"
#include "fake_upstream.hpp"
#include "portcullis/util/text.hpp"
#include "support/temp_dir.hpp"
#include "upstream_fixture.hpp"

namespace portcullis::upstream {
namespace {

/// Programs in a directory of their own, first in PATH while it lives.
class Helpers {
 public:
  Helpers() : before_(std::getenv("PATH")) {
    ::setenv("PATH", (dir_.path().string() + ":" + before_).c_str(), 1);
  }
  ~Helpers() { ::setenv("PATH", before_.c_str(), 1); }

  void add(const std::string& name, const std::string& script) {
    const auto file = dir_.write("docker-credential-" + name, "#!/bin/sh\n" + script);
    ::chmod(file.c_str(), 0755);
  }
  std::string written(const std::string& name) const { return test::slurp(dir_ / name); }
  std::string path(const std::string& name) const { return (dir_ / name).string(); }

 private:
  const test::TempDir dir_;
  const std::string before_;
};

/// "user:password", "<identity token>" or "" for a login.
std::string show(const util::Result<Login>& login) {
  if (!login) return "error: " + login.error().message;
  if (login->basic) return login->basic->username + ":" + login->basic->password;
  return login->identity_token.empty() ? "" : "<" + login->identity_token + ">";
}

TEST(DockerConfig, FindsTheEntryOfTheHost) {
  Helpers helpers;
  helpers.add("echo", R"(read server; printf '{"Username":"from-helper","Secret":"%s"}' "$server")");
  helpers.add("none", "echo 'credentials not found in native keychain'; exit 1");
  helpers.add("token", R"(printf '{"Username":"<token>","Secret":"id-token"}')");
  const std::string pair = "dTpwOnc=";  // u:p:w
  struct Row {
    const char* name;
    std::string config;
    const char* url;
    const char* login;
  };
  const Row rows[] = {
      {"auth", R"({"auths":{"ghcr.io":{"auth":")" + pair + R"("}}})", "https://ghcr.io", "u:p:w"},
      {"key with scheme and path", R"({"auths":{"https://GHCR.io/v2/":{"auth":")" + pair + R"("}}})",
       "https://ghcr.io", "u:p:w"},
      {"key with port", R"({"auths":{"localhost:5000":{"auth":")" + pair + R"("}}})", "http://localhost:5000",
       "u:p:w"},
      {"another port", R"({"auths":{"localhost:5000":{"auth":")" + pair + R"("}}})", "http://localhost:5001",
       ""},
      {"another host", R"({"auths":{"ghcr.io":{"auth":")" + pair + R"("}}})", "https://ghcr.io.evil.example",
       ""},
      {"docker hub", R"({"auths":{"https://index.docker.io/v1/":{"auth":")" + pair + R"("}}})",
       "https://registry-1.docker.io", "u:p:w"},
      {"docker hub's are for docker hub",
       R"({"auths":{"https://index.docker.io/v1/":{"auth":")" + pair + R"("}}})", "http://127.0.0.1:5601",
       ""},
      {"identity token", R"({"auths":{"a.azurecr.io":{"auth":")" + pair + R"(","identitytoken":"idt"}}})",
       "https://a.azurecr.io", "<idt>"},
      {"plain members", R"({"auths":{"ghcr.io":{"username":"u","password":"p"}}})", "https://ghcr.io", "u:p"},
      {"password padded with NUL", R"({"auths":{"ghcr.io":{"auth":"dTpwAAA="}}})", "https://ghcr.io", "u:p"},
      {"empty entry", R"({"auths":{"ghcr.io":{}}})", "https://ghcr.io", ""},
      {"nothing at all", "{}", "https://ghcr.io", ""},
      {"store", R"({"auths":{"https://ghcr.io":{}},"credsStore":"echo"})", "https://ghcr.io",
       "from-helper:https://ghcr.io"},
      {"store without an entry", R"({"credsStore":"echo"})", "https://ghcr.io", "from-helper:ghcr.io"},
      {"store, docker hub", R"({"credsStore":"echo"})", "https://registry-1.docker.io",
       "from-helper:https://index.docker.io/v1/"},
      {"helper of a host wins over the store", R"({"credsStore":"none","credHelpers":{"ghcr.io":"echo"}})",
       "https://ghcr.io", "from-helper:ghcr.io"},
      {"helper of another host", R"({"credHelpers":{"quay.io":"echo"}})", "https://ghcr.io", ""},
      {"helper knows nothing, the file does",
       R"({"credsStore":"none","auths":{"ghcr.io":{"auth":")" + pair + R"("}}})", "https://ghcr.io", "u:p:w"},
      {"helper knows nothing", R"({"credsStore":"none"})", "https://ghcr.io", ""},
      {"helper with an identity token", R"({"credsStore":"token"})", "https://ghcr.io", "<id-token>"},
  };
  const test::TempDir dir;
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto file = dir.write("config.json", row.config);
    EXPECT_EQ(show(read_docker_config(file.string(), *parse_url(row.url))), row.login);
  }
}

TEST(DockerConfig, WhatIsWrongIsSaidWithoutASecret) {
  Helpers helpers;
  helpers.add("fails", "echo hunter2-in-output; echo hunter2 >&2; exit 3");
  helpers.add("talks", "echo 'please log in, hunter2'");
  helpers.add("floods", "while :; do echo hunter2hunter2hunter2hunter2hunter2; done");
  struct Row {
    const char* name;
    std::string config;
    const char* message;
  };
  const Row rows[] = {
      {"not JSON", "hunter2", "expected a JSON object"},
      {"a list", "[\"hunter2\"]", "expected a JSON object"},
      {"not base64", R"({"auths":{"ghcr.io":{"auth":"hunter2!"}}})", "not base64"},
      {"no colon", R"({"auths":{"ghcr.io":{"auth":"aHVudGVyMg=="}}})", "not base64 of USER:PASSWORD"},
      {"helper with a path", R"({"credsStore":"../../bin/sh"})", "named by letters"},
      {"helper with blanks", R"({"credsStore":"x; rm"})", "named by letters"},
      {"no such helper", R"({"credsStore":"not-installed"})", "docker-credential-not-installed"},
      {"helper fails", R"({"credsStore":"fails"})", "exit code 3"},
      {"helper talks", R"({"credsStore":"talks"})", "something else than JSON"},
      {"helper floods", R"({"credsStore":"floods"})", "more than 64 KiB"},
  };
  const test::TempDir dir;
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto file = dir.write("config.json", row.config);
    const auto login = read_docker_config(file.string(), *parse_url("https://ghcr.io"));
    ASSERT_FALSE(login);
    EXPECT_NE(login.error().message.find(row.message), std::string::npos) << login.error().message;
    EXPECT_EQ(login.error().message.find("hunter2"), std::string::npos) << login.error().message;
  }
  EXPECT_FALSE(read_docker_config((dir / "none.json").string(), *parse_url("https://ghcr.io")));
}

TEST(CredentialHelper, OneThatHangsIsKilledWithItsChildren) {
  Helpers helpers;
  helpers.add("hangs", "sleep 1000 & echo $! > " + helpers.path("pid") + "; wait");
  helpers.add("leaves", "sleep 1000 & exit 0");  // its child keeps the pipe open
  for (const char* name : {"hangs", "leaves"}) {
    SCOPED_TRACE(name);
    const auto answer = ask_credential_helper(name, "ghcr.io", std::chrono::milliseconds(1500));
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.error().message.find("did not answer"), std::string::npos) << answer.error().message;
  }
  const auto pid = std::stoi(helpers.written("pid"));
  EXPECT_NE(test::slurp("/proc/" + std::to_string(pid) + "/cmdline").find("sleep"), 0u) << "it runs on";
}

TEST_F(UpstreamTest, AnIdentityTokenBuysAnAccessToken) {
  const test::TempDir dir;
  FakeUpstream fake([](const FakeRequest& request, FakeConnection& client) {
    if (request.target == "/token") {
      return client.answer(request.method == "POST" ? 200 : 400, {}, R"({"access_token":"bought"})");
    }
    if (request.header("authorization") == "Bearer bought") return client.answer(200, {}, "{\"a\":1}");
    client.answer(401, {"WWW-Authenticate: Bearer realm=\"http://" + request.header("host") +
                        "/token\",service=\"s\""});
  });
  auto options = options_for(fake.url());
  options.docker_config =
      dir.write("config.json", R"({"auths":{")" + fake.address() + R"(":{"identitytoken":"idt+&"}}})")
          .string();
  connect_to(options);
  const auto document = registry_->manifest(repository(), tag());
  ASSERT_TRUE(document) << document.error().message;
  const auto requests = fake.requests();
  EXPECT_EQ(requests[1].header("content-type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(requests[1].header("authorization"), "");
  EXPECT_EQ(util::to_lower_ascii(requests[1].body),
            "scope=repository%3alibrary%2fapp%3apull&service=s&grant_type=refresh_token&client_id=portcullis&"
            "refresh_token=idt%2b%26");
}

TEST_F(UpstreamTest, AHelperIsAskedForBasicAndNotForEveryRequest) {
  Helpers helpers;
  helpers.add("counts",
              "echo x >> " + helpers.path("calls") + R"(; printf '{"Username":"me","Secret":"hunter2"}')");
  const test::TempDir dir;
  FakeUpstream fake([](const FakeRequest& request, FakeConnection& client) {
    if (request.header("authorization") == "Basic bWU6aHVudGVyMg==")
      return client.answer(200, {}, "{\"a\":1}");
    client.answer(401, {"WWW-Authenticate: Basic realm=\"x\""});
  });
  auto options = options_for(fake.url());
  options.docker_config = dir.write("config.json", R"({"credsStore":"counts"})").string();
  connect_to(options);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(registry_->manifest(repository(), tag()));
  EXPECT_EQ(helpers.written("calls"), "x\n");

  // Credentials that cannot be had are our trouble: not "denied", and nothing is asked for anonymously.
  dir.write("config.json", "broken");
  connect_to(options);
  const auto document = registry_->manifest(repository(), tag());
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, util::ErrorKind::internal) << document.error().message;
}

}  // namespace
}  // namespace portcullis::upstream
