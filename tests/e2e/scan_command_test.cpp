// SPDX-License-Identifier: Apache-2.0
//
// `portcullis scan` as a gate in CI: the exit code is what a pipeline looks at.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/require.hpp"
#include "world.hpp"

namespace portcullis::test {
namespace {

using ::testing::HasSubstr;

/// The same two contents as every kind of source.
class Sources {
 public:
  Sources() {
    write_oci_layout(dir_ / "clean-oci", "1", clean_image(Dialect::oci));
    write_oci_layout(dir_ / "infected-oci", "1", infected_image(Dialect::oci));
    dir_.write("clean.tar.gz", compress(make_tar(base_files()), oci::Compression::gzip));
    dir_.write("infected.tar.gz", compress(make_tar(infected_files()), oci::Compression::gzip));
    for (const auto& [name, files] :
         {std::pair{"clean-dir/", base_files()}, {"infected-dir/", infected_files()}}) {
      for (const auto& file : files) {
        if (!file.path.ends_with('/')) dir_.write(name + file.path, file.content);
      }
    }
  }
  std::string path(const std::string& name) const { return (dir_ / name).string(); }

 private:
  TempDir dir_;
};

void expect_verdict(std::vector<std::string> arguments, int exit_code) {
  const bool infected = exit_code == 1;
  arguments.insert(arguments.begin(), {"scan", "--no-cache"});
  const auto text = portcullis(arguments);
  EXPECT_EQ(text.exit_code, exit_code) << text.out << text.err;
  EXPECT_EQ(text.out.find(kEicarRule) != std::string::npos, infected) << text.out;
  EXPECT_EQ(text.out.find(kInfectedPath) != std::string::npos, infected) << text.out;

  arguments.insert(arguments.end(), {"--format", "json"});
  const auto json_run = portcullis(arguments);
  EXPECT_EQ(json_run.exit_code, exit_code) << json_run.err;
  const auto json = nlohmann::json::parse(json_run.out, nullptr, false);
  ASSERT_TRUE(json.is_object()) << json_run.out;
  EXPECT_EQ(json["verdict"], infected ? "block" : exit_code == 0 ? "allow" : "error");
  EXPECT_EQ(json_run.out.find(kEicarRule) != std::string::npos, infected);
}

TEST(ScanCommand, LocalSources) {
  const Sources sources;
  struct Row {
    std::string name;
    std::string source;
    int exit_code;
  };
  const Row rows[] = {{"clean layout", "oci:" + sources.path("clean-oci") + ":1", 0},
                      {"infected layout", "oci:" + sources.path("infected-oci") + ":1", 1},
                      {"clean layer", "layer:" + sources.path("clean.tar.gz"), 0},
                      {"infected layer", "layer:" + sources.path("infected.tar.gz"), 1},
                      {"clean directory", "dir:" + sources.path("clean-dir"), 0},
                      {"infected directory", "dir:" + sources.path("infected-dir"), 1},
                      {"layout that is not there", "oci:" + sources.path("nothing") + ":1", 2},
                      {"tag that is not there", "oci:" + sources.path("clean-oci") + ":other", 2},
                      {"layer that is not there", "layer:" + sources.path("nothing"), 2},
                      {"directory that is not there", "dir:" + sources.path("nothing"), 2}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    expect_verdict({row.source}, row.exit_code);
  }
}

TEST(ScanCommand, ReferencesInARegistry) {
  PORTCULLIS_REQUIRE_TOOL("docker-registry");
  const TempDir dir;
  DockerRegistry registry(dir / "registry");
  push(registry.port(), "team/clean", "1", clean_image());
  push(registry.port(), "team/infected", "1", infected_image());
  const auto scan = [&](const std::string& image, int exit_code) {
    SCOPED_TRACE(image);
    expect_verdict({"--plain-http", registry.address(), registry.address() + "/" + image}, exit_code);
  };
  scan("team/clean:1", 0);
  scan("team/clean@" + clean_image().digest().text(), 0);
  scan("team/infected:1", 1);
  scan("team/nothing:1", 2);
  registry.stop();
  scan("team/clean:1", 2);
}

TEST(ScanCommand, UsageErrorsAreNoVerdicts) {
  const TempDir dir;
  const std::vector<std::vector<std::string>> rows = {
      {"scan"},
      {"scan", "--no-such-flag", "dir:/"},
      {"scan", "--format", "yaml", "dir:/"},
      {"no-such-command"},
      {"scan", "--config", dir.write("bad.toml", "[policy]\nblock_at = \"hgih\"\n").string(), "dir:/etc"}};
  for (const auto& row : rows) {
    SCOPED_TRACE(::testing::PrintToString(row));
    const auto result = portcullis(row);
    EXPECT_GE(result.exit_code, 64);
    EXPECT_NE(result.err, "");
  }
}

}  // namespace
}  // namespace portcullis::test
