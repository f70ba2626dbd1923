// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "portcullis/api/client_config.hpp"
#include "program.hpp"
#include "support/require.hpp"

namespace portcullis::cli {
namespace {

using namespace api;  // whose text this is

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kPem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

ClientConfigJob job(const std::string& url, std::vector<std::string> upstreams = {"docker.io", "ghcr.io"}) {
  return {*Endpoint::parse(url), std::move(upstreams), std::nullopt};
}

std::string content(const ClientConfig& made, const std::string& path) {
  for (const auto& file : made.files) {
    if (file.path == path) return file.content;
  }
  return "no " + path;
}

struct UrlRow {
  const char* url;
  const char* expected;  ///< scheme and authority, or "refused"
};

TEST(ClientConfigEndpoint, Grammar) {
  for (const auto& row :
       {UrlRow{"http://127.0.0.1:5000", "http 127.0.0.1:5000"},
        UrlRow{"https://p.example/", "https p.example"}, UrlRow{"https://[::1]:5000", "https [::1]:5000"},
        UrlRow{"p.example:5000", "refused"}, UrlRow{"ftp://p.example", "refused"},
        UrlRow{"http://", "refused"}, UrlRow{"http://p.example/path", "refused"},
        UrlRow{"http://user@p.example", "refused"}, UrlRow{"http://p.example\"", "refused"},
        UrlRow{"http://p.example\nserver = \"x\"", "refused"}}) {
    const auto endpoint = Endpoint::parse(row.url);
    EXPECT_EQ(endpoint ? endpoint->scheme + " " + endpoint->authority : "refused", row.expected) << row.url;
  }
}

TEST(ClientConfigText, DockerNamesThePlainRegistryInsecureAndAnHttpsOneNot) {
  const auto plain =
      nlohmann::json::parse(content(docker_config(job("http://p.example:5000")), "/etc/docker/daemon.json"));
  EXPECT_EQ(plain["registry-mirrors"], nlohmann::json({"http://p.example:5000"}));
  EXPECT_EQ(plain["insecure-registries"], nlohmann::json({"p.example:5000"}));
  const auto secure =
      nlohmann::json::parse(content(docker_config(job("https://p.example")), "/etc/docker/daemon.json"));
  EXPECT_FALSE(secure.contains("insecure-registries"));
}

TEST(ClientConfigText, ContainerdHasServerAndHostForEveryRegistry) {
  const auto made = containerd_config(job("http://p.example:5000"));
  for (const std::string host : {"docker.io", "ghcr.io", "_default", "p.example:5000"}) {
    EXPECT_THAT(
        content(made, "/etc/containerd/certs.d/" + host + "/hosts.toml"),
        AllOf(HasSubstr("\nserver = \"http://p.example:5000\"\n"),
              HasSubstr("[host.\"http://p.example:5000\"]\n  capabilities = [\"pull\", \"resolve\"]\n"),
              Not(HasSubstr("ca ="))))
        << host;
  }
}

TEST(ClientConfigText, TheCaGoesWhereEachClientLooks) {
  auto with_ca = job("https://p.example");
  with_ca.ca = kPem;
  EXPECT_EQ(content(docker_config(with_ca), "/etc/docker/certs.d/p.example/ca.crt"), kPem);
  EXPECT_EQ(content(podman_config(with_ca), "/etc/containers/certs.d/p.example/ca.crt"), kPem);
  EXPECT_EQ(content(buildkit_config(with_ca), "/etc/buildkit/certs/p.example/ca.crt"), kPem);
  const auto containerd = containerd_config(with_ca);
  EXPECT_EQ(content(containerd, "/etc/containerd/certs.d/p.example/ca.crt"), kPem);
  EXPECT_THAT(content(containerd, "/etc/containerd/certs.d/docker.io/hosts.toml"),
              HasSubstr("ca = \"/etc/containerd/certs.d/p.example/ca.crt\""));
}

TEST(ClientConfigText, PodmanHasLocationsAndNoMirrors) {
  const auto text = content(podman_config(job("http://p.example:5000")),
                            "/etc/containers/registries.conf.d/50-portcullis.conf");
  EXPECT_THAT(text,
              HasSubstr("prefix = \"ghcr.io\"\nlocation = \"p.example:5000/ghcr.io\"\ninsecure = true\n"));
  EXPECT_THAT(text, Not(HasSubstr("\n[[registry.mirror")));
  EXPECT_THAT(content(podman_config(job("https://p.example")),
                      "/etc/containers/registries.conf.d/50-portcullis.conf"),
              Not(HasSubstr("insecure")));
}

TEST(ClientConfigText, PodmanCannotBeLedToARegistryWithAPort) {
  const auto text = content(podman_config(job("http://p.example:5000", {"r.example:5001"})),
                            "/etc/containers/registries.conf.d/50-portcullis.conf");
  EXPECT_THAT(text, HasSubstr("# r.example:5001: no location can name a port in its path"));
  EXPECT_THAT(text, Not(HasSubstr("prefix = \"r.example")));
}

TEST(ClientConfigText, BuildkitSaysThatItCannotBeHeld) {
  const auto made = buildkit_config(job("http://p.example:5000", {"docker.io"}));
  EXPECT_EQ(content(made, "/etc/buildkit/buildkitd.toml"),
            "[registry.\"docker.io\"]\n  mirrors = [\"p.example:5000\"]\n\n"
            "[registry.\"p.example:5000\"]\n  http = true\n");
  EXPECT_THAT(made.notes, testing::Contains(HasSubstr("only egress control")));
}

/// Python's reader, because nothing that we link reads YAML.
TEST(ClientConfigText, KubernetesIsYamlWithEveryFileOfTheNodes) {
  PORTCULLIS_REQUIRE(test::run({"python3", "-c", "import yaml"}).exit_code == 0, "python3 with PyYAML");
  auto with_ca = job("https://p.example:5000");
  with_ca.ca = kPem;
  test::Command read{
      .argv = {"python3", "-c",
               "import sys,yaml,json; json.dump(list(yaml.safe_load_all(sys.stdin)), sys.stdout)"}};
  read.input = content(kubernetes_config(with_ca), "portcullis-client.yaml");
  const auto documents = nlohmann::json::parse(test::run_ok(read).out);
  ASSERT_EQ(documents.size(), 2u);
  std::map<std::string, std::string> installed;
  for (const auto& item : documents[1]["spec"]["template"]["spec"]["volumes"][2]["configMap"]["items"]) {
    const std::string key = item["key"];
    EXPECT_EQ(key.find_first_not_of("-._0123456789abcdefghijklmnopqrstuvwxyz"), std::string::npos) << key;
    installed["/" + item["path"].get<std::string>()] = documents[0]["data"].value(key, "missing");
  }
  auto wanted = containerd_config(with_ca).files;
  for (auto& file : podman_config(with_ca).files) wanted.push_back(file);
  EXPECT_EQ(installed.size(), wanted.size());
  for (const auto& file : wanted) EXPECT_EQ(installed[file.path], file.content) << file.path;
}

TEST(ClientConfigCommand, PrintsNotesAndFilesWithTheirPaths) {
  const auto result = test::run(portcullis({"client-config", "podman", "--upstream", "docker.io"}));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, testing::StartsWith("# podman"));
  EXPECT_THAT(result.out, HasSubstr("\n# /etc/containers/registries.conf.d/50-portcullis.conf\n"));
  EXPECT_THAT(result.out, HasSubstr("location = \"127.0.0.1:5000/docker.io\""));
  EXPECT_THAT(result.out, Not(HasSubstr("ghcr.io\"")));
}

TEST(ClientConfigCommand, TakesAddressAndUpstreamsFromTheConfiguration) {
  const test::TempDir dir;
  const auto file = dir.write("p.toml",
                              "[registry]\npublic_url = \"http://p.example:81\"\n"
                              "[[upstream]]\nname = \"quay.io\"\n");
  const auto result = test::run(portcullis({"client-config", "podman", "--config", file.string()}));
  EXPECT_THAT(result.out, HasSubstr("location = \"p.example:81/quay.io\""));
  EXPECT_THAT(result.out, Not(HasSubstr("docker.io")));

  const auto everywhere =
      dir.write("q.toml", "[registry]\nlisten = \"0.0.0.0:5000\"\n[clients]\nallow_anonymous = true\n");
  const auto refused = test::run(portcullis({"client-config", "podman", "--config", everywhere.string()}));
  EXPECT_EQ(refused.exit_code, 64);
  EXPECT_THAT(refused.err, HasSubstr("--url"));
}

TEST(ClientConfigCommand, WritesTheFilesBelowADirectory) {
  const test::TempDir dir;
  const auto ca = dir.write("ca.pem", kPem);
  const auto result = test::run(portcullis({"client-config", "containerd", "--url", "https://p.example",
                                            "--ca", ca.string(), "--directory", (dir / "root").string()}));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(test::slurp(dir / "root/etc/containerd/certs.d/p.example/ca.crt"), kPem);
  EXPECT_THAT(test::slurp(dir / "root/etc/containerd/certs.d/docker.io/hosts.toml"),
              HasSubstr("https://p.example"));
  EXPECT_THAT(result.out,
              HasSubstr((dir / "root/etc/containerd/certs.d/ghcr.io/hosts.toml").string() + "\n"));
}

struct RefusedRow {
  const char* name;
  std::vector<std::string> arguments;
  const char* expected;
};

TEST(ClientConfigCommand, Refuses) {
  const test::TempDir dir;
  const auto text = dir.write("no.pem", "hello").string();
  const RefusedRow rows[] = {
      {"no client", {}, "CLIENT"},
      {"unknown client", {"nerdctl"}, "nerdctl"},
      {"bad url", {"docker", "--url", "p.example"}, "--url: expected http://HOST"},
      {"bad upstream", {"docker", "--upstream", "a b"}, "--upstream"},
      {"no host", {"docker", "--upstream", "nginx"}, "registry host"},
      {"ca without tls", {"docker", "--url", "http://p.example", "--ca", text}, "plain http"},
      {"no certificate", {"docker", "--url", "https://p.example", "--ca", text}, "expected PEM"},
      {"no such file", {"docker", "--url", "https://p.example", "--ca", "/nonexistent"}, "/nonexistent"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    std::vector<std::string> arguments = {"client-config"};
    arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
    const auto result = test::run(portcullis(arguments));
    EXPECT_EQ(result.exit_code, 64);
    EXPECT_THAT(result.err, HasSubstr(row.expected));
  }
}

}  // namespace
}  // namespace portcullis::cli
