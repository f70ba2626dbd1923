// SPDX-License-Identifier: Apache-2.0
#include "scan_upstreams.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "support/temp_dir.hpp"

namespace portcullis::cli {
namespace {

using testing::HasSubstr;

using Values = std::map<std::string, std::string>;

/// Variables of this test only, and nothing of its surroundings.
class Variables {
 public:
  explicit Variables(const Values& values) {
    for (const char* name : kNames) {
      if (const char* before = std::getenv(name)) before_.emplace(name, before);
      unsetenv(name);
    }
    for (const auto& [name, value] : values) setenv(name.c_str(), value.c_str(), 1);
  }
  ~Variables() {
    for (const char* name : kNames) unsetenv(name);
    for (const auto& [name, value] : before_) setenv(name.c_str(), value.c_str(), 1);
  }
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;

 private:
  static constexpr const char* kNames[] = {"HOME",
                                           "DOCKER_CONFIG",
                                           "REGISTRY_AUTH_FILE",
                                           "XDG_RUNTIME_DIR",
                                           "PORTCULLIS_USERNAME",
                                           "PORTCULLIS_PASSWORD"};
  Values before_;
};

std::vector<Source> sources(const std::vector<std::string>& texts) {
  std::vector<Source> all;
  for (const auto& text : texts) all.push_back(*Source::parse(text));
  return all;
}

TEST(ScanUpstreams, OnlyWhatIsNeededIsKept) {
  const Variables none(Values{});
  config::Config config;
  ASSERT_TRUE(prepare_upstreams(
      config, sources({"nginx", "index.docker.io/library/redis", "r.example:5000/a", "dir:/tmp"}),
      {"r.example:5000"}, {}));
  ASSERT_EQ(config.upstreams.size(), 2u);
  EXPECT_EQ(config.upstreams[0].name, "docker.io");
  EXPECT_EQ(config.upstreams[1].url, "http://r.example:5000");
  EXPECT_TRUE(config.upstreams[1].allow_plain_http);
  EXPECT_EQ(config.upstreams[1].docker_config, "");
}

TEST(ScanUpstreams, LoginsByTheFirstFileThatIsThere) {
  const test::TempDir dir;
  const auto flag = dir.write("flag.json", "{}").string();
  const auto registry = dir.write("registry.json", "{}").string();
  const auto docker = dir.write("docker/config.json", "{}").string();
  const auto home = dir.write("home/.docker/config.json", "{}").string();
  const auto run = dir.write("run/containers/auth.json", "{}").string();
  const Values all = {{"REGISTRY_AUTH_FILE", registry},
                      {"DOCKER_CONFIG", (dir / "docker").string()},
                      {"HOME", (dir / "home").string()},
                      {"XDG_RUNTIME_DIR", (dir / "run").string()}};
  struct Row {
    const char* name;
    std::vector<const char*> unset;
    std::string auth_file;
    std::string expected;
  };
  const Row rows[] = {
      {"flag", {}, flag, flag},
      {"REGISTRY_AUTH_FILE", {}, "", registry},
      {"DOCKER_CONFIG", {"REGISTRY_AUTH_FILE"}, "", docker},
      {"home", {"REGISTRY_AUTH_FILE", "DOCKER_CONFIG"}, "", home},
      {"runtime directory", {"REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "HOME"}, "", run},
      {"none", {"REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "HOME", "XDG_RUNTIME_DIR"}, "", ""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    auto values = all;
    for (const char* name : row.unset) values.erase(name);
    const Variables variables(values);
    config::Config config;
    ASSERT_TRUE(prepare_upstreams(config, sources({"ghcr.io/a/b"}), {}, {.auth_file = row.auth_file}));
    EXPECT_EQ(config.upstreams.at(0).docker_config, row.expected);
  }
  config::Config config;
  const auto missing = prepare_upstreams(config, sources({"nginx"}), {}, {.auth_file = "/nonexistent"});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("--auth-file: there is no file /nonexistent"));
}

TEST(ScanUpstreams, UserNameAndPasswordAreForOneRegistry) {
  const test::TempDir dir;
  const auto file = dir.write("password", "s3cret\r\nnot this\n").string();
  const Variables variables(Values{{"PORTCULLIS_PASSWORD", "from the environment"}});
  {
    config::Config config;
    ASSERT_TRUE(prepare_upstreams(config, sources({"r.example/a", "r.example/b"}), {},
                                  {.username = "ann", .password_file = file}));
    ASSERT_TRUE(config.upstreams.at(0).credentials);
    EXPECT_EQ(config.upstreams[0].credentials->username, "ann");
    EXPECT_EQ(config.upstreams[0].credentials->password, "s3cret");
  }
  struct Row {
    const char* name;
    std::vector<std::string> images;
    LoginFlags login;
    const char* message;
  };
  const Row rows[] = {
      {"two registries", {"r.example/a", "s.example/b"}, {.username = "ann"}, "for one registry"},
      {"no name", {"r.example/a"}, {}, "no user name"},
      {"empty file",
       {"r.example/a"},
       {.username = "ann", .password_file = dir.write("empty", "\n").string()},
       "empty first line"},
      {"no file", {"r.example/a"}, {.username = "ann", .password_file = "/nonexistent"}, "--password-file"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    config::Config config;
    const auto refused = prepare_upstreams(config, sources(row.images), {}, row.login);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr(row.message));
    EXPECT_THAT(refused.error().message, testing::Not(HasSubstr("from the environment")));
  }
}

TEST(ScanSource, Grammar) {
  struct Row {
    const char* text;
    SourceKind kind;
    const char* place;
    const char* name;
  };
  const Row rows[] = {
      {"nginx:1.27", SourceKind::reference, "nginx:1.27", ""},
      {"docker-archive:a.tar", SourceKind::docker_archive, "a.tar", ""},
      {"docker-archive:a.tar:r.example:5000/x:1", SourceKind::docker_archive, "a.tar", "r.example:5000/x:1"},
      {"oci:dir/x:v1", SourceKind::oci_layout, "dir/x", "v1"},
      {"oci-archive:a.tar:docker.io/library/x:1", SourceKind::oci_archive, "a.tar", "docker.io/library/x:1"},
      {"docker-daemon:app:dev", SourceKind::docker_daemon, "app:dev", ""},
      {"layer:a:b.tar", SourceKind::layer, "a:b.tar", ""},
      {"dir:/srv/a:b", SourceKind::directory, "/srv/a:b", ""},
      {"-", SourceKind::standard_input, "", ""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    const auto source = Source::parse(row.text);
    ASSERT_TRUE(source);
    EXPECT_EQ(source->kind, row.kind);
    EXPECT_EQ(source->place, row.place);
    EXPECT_EQ(source->name, row.name);
    const bool piped = row.kind == SourceKind::standard_input;
    EXPECT_EQ(source->original, piped ? "standard input" : row.text) << "what reports call it";
  }
  for (const char* text : {"", "oci:", "docker-archive:", "docker://nginx", "containers-storage:x"}) {
    SCOPED_TRACE(text);
    const auto source = Source::parse(text);
    ASSERT_FALSE(source);
    EXPECT_THAT(source.error().message, HasSubstr("expected an image such as nginx:1.27"));
  }
}

}  // namespace
}  // namespace portcullis::cli
