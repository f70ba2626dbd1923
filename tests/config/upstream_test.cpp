// SPDX-License-Identifier: Apache-2.0
//
// [[upstream]]: names, credentials, the way there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "portcullis/config/config.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

class Upstreams : public testing::Test {
 protected:
  util::Result<Config> load_text(std::string_view toml, const Overrides& overrides = {}) {
    return load(dir_.write("p.toml", toml), overrides);
  }
  const test::TempDir dir_;
};

TEST_F(Upstreams, DockerHubShipsWithItsOtherNames) {
  for (const auto& config : {load("", {}), load_text("[[upstream]]\nname = \"docker.io\"\n")}) {
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_THAT(config->registry.aliases, UnorderedElementsAre(Pair("index.docker.io", "docker.io"),
                                                               Pair("registry-1.docker.io", "docker.io")));
  }
  Overrides overrides;
  overrides.upstreams = {"docker.io=http://127.0.0.1:5601"};
  EXPECT_EQ(load("", overrides)->registry.aliases.size(), 2u) << "the name has them, wherever it leads";
}

TEST_F(Upstreams, AliasesAreReadAndLeadToOneUpstream) {
  const auto config = load_text(R"(
[[upstream]]
name = "registry.corp"
url = "https://registry.corp"
aliases = ["old.corp:5000", "registry.corp", "hub.corp", "hub.corp"]
[[upstream]]
name = "docker.io"
aliases = []
[[upstream]]
name = "index.docker.io"
url = "https://mirror.corp"
)");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(config->registry.aliases, UnorderedElementsAre(Pair("old.corp:5000", "registry.corp"),
                                                             Pair("hub.corp", "registry.corp")));
  EXPECT_THAT(config->upstreams[0].aliases, ElementsAre("old.corp:5000", "hub.corp"));
}

TEST_F(Upstreams, ANameWinsOverAnAliasThatShips) {
  const auto config = load_text(
      "[[upstream]]\nname = \"docker.io\"\n[[upstream]]\nname = \"index.docker.io\"\nurl = "
      "\"https://a.corp\"\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(config->registry.aliases, ElementsAre(Pair("registry-1.docker.io", "docker.io")));
}

TEST_F(Upstreams, WhatLeadsToTwoIsRefused) {
  for (const char* second : {"name = \"b.corp\"\nurl = \"https://b.corp\"\naliases = [\"a.corp\"]\n",
                             "name = \"b.corp\"\nurl = \"https://b.corp\"\naliases = [\"x.corp\"]\n"}) {
    const auto config = load_text(std::string("[[upstream]]\nname = \"a.corp\"\nurl = \"https://a.corp\"\n") +
                                  "aliases = [\"x.corp\"]\n[[upstream]]\n" + second);
    ASSERT_FALSE(config);
    EXPECT_THAT(config.error().message, HasSubstr("upstream b.corp: its alias"));
    EXPECT_THAT(config.error().message, HasSubstr("of upstream a.corp already"));
  }
}

TEST_F(Upstreams, EverySettingIsRead) {
  const auto config = load_text(R"(
[upstreams]
docker_config = "/root/.docker/config.json"
[[upstream]]
name = "a.corp"
url = "https://a.corp"
docker_config = "/etc/a.json"
client_cert_file = "/etc/c.pem"
client_key_file = "/etc/k.pem"
proxy = "direct"
floor_rate = "10 KiB"
platforms = ["linux/amd64", "linux/arm64/v8"]
[[upstream]]
name = "b.corp"
url = "https://b.corp"
proxy = "http://proxy.corp:3128"
no_proxy = ["cdn.corp", ".local"]
)");
  ASSERT_TRUE(config) << config.error().message;
  const auto& a = config->upstreams[0];
  EXPECT_EQ(a.docker_config, "/etc/a.json");
  EXPECT_EQ(a.client_cert_file, "/etc/c.pem");
  EXPECT_EQ(a.client_key_file, "/etc/k.pem");
  EXPECT_EQ(a.proxy, "direct");
  EXPECT_EQ(a.floor_rate, 10u * 1024);
  ASSERT_TRUE(config->registry.platforms_by_host.contains("a.corp"));
  EXPECT_EQ(config->registry.platforms_by_host.at("a.corp")[0].text(), "linux/amd64");
  EXPECT_EQ(config->registry.platforms_by_host.at("a.corp").size(), 2u);
  const auto& b = config->upstreams[1];
  EXPECT_EQ(b.docker_config, "/root/.docker/config.json") << "from [upstreams]";
  EXPECT_THAT(b.no_proxy, ElementsAre("cdn.corp", ".local"));
}

TEST_F(Upstreams, OwnCredentialsWinOverTheDockerConfigOfAll) {
  dir_.write("secret", "pw");
  const auto config = load_text(
      "[upstreams]\ndocker_config = \"/c.json\"\n[[upstream]]\nname = \"ghcr.io\"\n"
      "username = \"u\"\npassword_file = \"" +
      (dir_ / "secret").string() + "\"\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_TRUE(config->upstreams[0].credentials);
  EXPECT_THAT(config->upstreams[0].docker_config, IsEmpty());
}

TEST_F(Upstreams, MistakesAreNamed) {
  dir_.write("secret", "pw");
  const std::string secret = "username = \"u\"\npassword_file = \"" + (dir_ / "secret").string() + "\"\n";
  const std::pair<std::string, const char*> rows[] = {
      {"proxy = \"none\"\n", "expected a URL such as http://proxy.example.com:3128, or direct, saw \"none\""},
      {"no_proxy = [\"x\"]\n", "no_proxy: expected proxy beside it, saw none"},
      {"aliases = [\"hub\"]\n", "aliases: expected a list of registry hosts such as docker.io, saw \"hub\""},
      {"platforms = [\"amd64\"]\n",
       "platforms: expected a list of platforms such as linux/amd64 or linux/arm64/v8, saw \"amd64\""},
      {secret + "docker_config = \"/c.json\"\n",
       "docker_config: expected either it or username and password_file"},
  };
  for (const auto& [keys, message] : rows) {
    SCOPED_TRACE(keys);
    const auto config = load_text("[[upstream]]\nname = \"ghcr.io\"\n" + keys);
    ASSERT_FALSE(config);
    EXPECT_THAT(config.error().message, HasSubstr(message));
  }
}

}  // namespace
}  // namespace portcullis::config
