// SPDX-License-Identifier: Apache-2.0
//
// docker/ci: what a pipeline would run, as far as a shell can. The steps are taken out of the files
// themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "program.hpp"
#include "support/docker_registry.hpp"
#include "support/image_builder.hpp"
#include "support/require.hpp"
#include "support/samples.hpp"

namespace portcullis::cli {
namespace {

using nlohmann::json;
using test::ImageBuilder;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// A clean and an infected image in a registry, and a shell that has `portcullis`.
class CiPieces : public testing::Test {
 protected:
  void SetUp() override {
    PORTCULLIS_REQUIRE_TOOL("docker-registry");
    PORTCULLIS_REQUIRE(test::run({"python3", "-c", "import yaml"}).exit_code == 0, "python3-yaml");
    registry_.emplace(dir_ / "registry");
    test::push(registry_->port(), "team/clean", "1", ImageBuilder().layer({{"etc/motd", "hello\n"}}).build());
    test::push(registry_->port(), "team/bad", "1",
               ImageBuilder().layer({{"usr/bin/x", test::eicar()}}).build());
    // Pipelines reach registries by TLS; this one is named to the program as one without.
    dir_.write("bin/portcullis", "#!/bin/sh\ncase \"$1\" in\nscan) shift; exec " +
                                     test::program_path("portcullis") + " scan --plain-http " +
                                     registry_->address() + " \"$@\" ;;\nesac\nexec " +
                                     test::program_path("portcullis") + " \"$@\"\n");
    std::filesystem::permissions(dir_ / "bin/portcullis", std::filesystem::perms(0755));
    std::filesystem::create_directories(dir_ / "work");
  }

  std::string image(const std::string& name) const { return registry_->address() + "/team/" + name + ":1"; }
  std::string work(const std::string& name) const { return (dir_ / ("work/" + name)).string(); }

  test::RunResult shell(const std::string& program, const std::string& script,
                        std::map<std::string, std::string> environment) {
    test::Command command;
    command.argv = {program, dir_.write("step", script).string()};
    command.cwd = dir_ / "work";
    command.env = std::move(environment);
    command.env["PATH"] = (dir_ / "bin").string() + ":" + std::getenv("PATH");
    command.env["HOME"] = (dir_ / "work").string();
    command.env["XDG_CACHE_HOME"] = (dir_ / "cache").string();
    return test::run(command);
  }

  /// A YAML file of docker/ci as JSON.
  static json yaml(const std::string& name) {
    const auto result = test::run({"python3", "-c",
                                   "import json, sys, yaml\n"
                                   "print(json.dumps(yaml.safe_load(open(sys.argv[1]))))\n",
                                   test::source_path(name)});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return json::parse(result.out, nullptr, false);
  }

  test::TempDir dir_;
  std::optional<test::DockerRegistry> registry_;
};

TEST_F(CiPieces, GithubAction) {
  const json action = yaml("docker/ci/github/action.yml");
  const json& step = action.at("runs").at("steps").at(0);
  const auto script = step.at("run").get<std::string>();
  EXPECT_EQ(action.at("runs").at("using"), "composite");
  EXPECT_THAT(script, Not(HasSubstr("${{"))) << "an input would be run as a script";
  for (const auto& [name, value] : step.at("env").items()) {
    const auto text = value.get<std::string>();
    const auto input = text.substr(text.find('.') + 1, text.rfind(" }}") - text.find('.') - 1);
    EXPECT_TRUE(action.at("inputs").contains(input)) << name;
  }
  struct Row {
    const char* name;
    std::string images;
    int exit_code;
    const char* verdict;
    const char* annotation;
  };
  const Row rows[] = {
      {"clean", image("clean"), 0, "passed", "::notice title=Portcullis"},
      {"infected", image("clean") + "\n  " + image("bad") + "\n", 1, "blocked", "::error title=Portcullis"},
      {"missing", image("none"), 2, "not-judged", "::error title=Portcullis"},
      {"script as a name", "$(touch owned); `touch owned`", 2, "not-judged", "::error title="}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    for (const char* file : {"output", "summary", "code.sarif"}) std::filesystem::remove(work(file));
    const auto result = shell("bash", script,
                              {{"INPUT_IMAGES", row.images},
                               {"INPUT_FAIL_ON", "high"},
                               {"INPUT_SARIF", "code.sarif"},
                               {"INPUT_ARGS", "--quiet\n\n--timeout=5m\n"},
                               {"RUNNER_TEMP", work("")},
                               {"GITHUB_OUTPUT", work("output")},
                               {"GITHUB_STEP_SUMMARY", work("summary")}});
    EXPECT_EQ(result.exit_code, row.exit_code) << result.out << result.err;
    EXPECT_THAT(result.out, HasSubstr(row.annotation));
    const std::string output = test::slurp(work("output"));
    EXPECT_THAT(output, HasSubstr(std::string("verdict=") + row.verdict + "\n"));
    const auto at = output.find("report=");
    ASSERT_NE(at, std::string::npos);
    EXPECT_TRUE(json::accept(test::slurp(output.substr(at + 7, output.find('\n', at) - at - 7))));
    EXPECT_THAT(test::slurp(work("summary")), HasSubstr("## Portcullis\n"));
    EXPECT_TRUE(json::accept(test::slurp(work("code.sarif"))));
    EXPECT_FALSE(std::filesystem::exists(work("owned")));
  }
}

TEST_F(CiPieces, GithubActionOnARunnerWithoutPortcullis) {
  const auto script = yaml("docker/ci/github/action.yml")["runs"]["steps"][0]["run"].get<std::string>();
  test::Command command;
  command.argv = {"/bin/bash", dir_.write("step", script).string()};
  command.env = {{"PATH", "/nonexistent"}, {"INPUT_IMAGES", "x"}, {"INPUT_ARGS", ""}};
  const auto result = test::run(command);
  EXPECT_EQ(result.exit_code, 69) << result.err;
  EXPECT_THAT(result.out, HasSubstr("::error title=Portcullis::portcullis is not on this runner"));
}

TEST_F(CiPieces, GitlabTemplate) {
  const json job = yaml("docker/ci/gitlab/portcullis.gitlab-ci.yml").at(".portcullis-scan");
  std::string script = "set -eu\n";
  for (const json& line : job.at("script")) script += line.get<std::string>() + "\n";
  EXPECT_EQ(job.at("artifacts").at("when"), "always");
  const std::string junit = job.at("artifacts").at("reports").at("junit").get<std::string>();
  for (const auto& [name, exit_code] : {std::pair{"clean", 0}, {"bad", 1}, {"none", 2}}) {
    SCOPED_TRACE(name);
    const auto result = shell("sh", script,
                              {{"PORTCULLIS_IMAGES", image(name)},
                               {"PORTCULLIS_ARGS", "--fail-on medium --quiet"},
                               {"PORTCULLIS_DATA", work("data")},
                               {"CI_REGISTRY", registry_->address()},
                               {"CI_REGISTRY_USER", "gitlab-ci-token"},
                               {"CI_REGISTRY_PASSWORD", "secret"},
                               {"TMPDIR", work("")}});
    EXPECT_EQ(result.exit_code, exit_code) << result.out << result.err;
    EXPECT_THAT(test::slurp(work(junit)), HasSubstr("<testsuites>"));
    EXPECT_TRUE(json::accept(test::slurp(work("portcullis.json"))));
    // The file with the credentials is gone.
    for (const auto& entry : std::filesystem::directory_iterator(dir_ / "work")) {
      EXPECT_THAT(entry.path().filename().string(), Not(testing::StartsWith("tmp.")));
    }
  }
}

TEST_F(CiPieces, JenkinsStage) {
  const std::string file = test::slurp(test::source_path("docker/ci/jenkins/Jenkinsfile"));
  const auto start = file.find("sh '''");
  const auto end = file.find("'''", start + 6);
  ASSERT_NE(end, std::string::npos);
  const std::string script = "set -e\n" + file.substr(start + 6, end - start - 6);
  for (const auto& [name, exit_code] : {std::pair{"clean", 0}, {"bad", 1}, {"none", 2}}) {
    SCOPED_TRACE(name);
    const auto result = shell("sh", script, {{"IMAGE", image(name)}});
    EXPECT_EQ(result.exit_code, exit_code) << result.out << result.err;
    EXPECT_THAT(test::slurp(work("portcullis-junit.xml")), HasSubstr("<testsuites>"));
  }
}

class PreCommit : public testing::Test {
 protected:
  test::RunResult git(std::vector<std::string> arguments) {
    test::Command command;
    command.argv = {"git", "-c", "user.name=a", "-c", "user.email=a@example.com"};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    return run(std::move(command));
  }
  test::RunResult hook(std::vector<std::string> arguments) {
    test::Command command;
    command.argv = {test::source_path("docker/ci/pre-commit/check-image-names")};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    return run(std::move(command));
  }
  test::RunResult run(test::Command command) {
    std::filesystem::create_directories(dir_ / "repo");
    command.cwd = dir_ / "repo";
    command.env["PATH"] = test::program_path() + ":" + std::getenv("PATH");
    command.env["HOME"] = dir_.path().string();
    return test::run(command);
  }

  test::TempDir dir_;
};

TEST_F(PreCommit, ChecksTheFilesThatItIsGiven) {
  dir_.write("repo/Dockerfile", "FROM nginx:1.27\n");
  dir_.write("repo/-bad name.Dockerfile", "FROM ghrc.io/owner/app\n");
  EXPECT_EQ(hook({"Dockerfile"}).exit_code, 0);
  const auto result = hook({"Dockerfile", "-bad name.Dockerfile"});
  EXPECT_EQ(result.exit_code, 1) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("ghcr.io"));
  EXPECT_EQ(hook({"missing"}).exit_code, 2);
}

TEST_F(PreCommit, StopsACommitByWhatIsStaged) {
  PORTCULLIS_REQUIRE_TOOL("git");
  ASSERT_EQ(git({"init", "-q"}).exit_code, 0);
  std::filesystem::create_directories(dir_ / "repo/.git/hooks");
  std::filesystem::create_symlink(test::source_path("docker/ci/pre-commit/check-image-names"),
                                  dir_ / "repo/.git/hooks/pre-commit");
  dir_.write("repo/app/Dockerfile", "FROM nginx:1.27\n");
  dir_.write("repo/notes.txt", "FROM ghrc.io/owner/app\n");
  git({"add", "."});
  const auto fine = git({"commit", "-qm", "fine"});
  EXPECT_EQ(fine.exit_code, 0) << fine.out << fine.err;

  dir_.write("repo/app/Dockerfile", "FROM ghrc.io/owner/app\n");
  git({"add", "."});
  dir_.write("repo/app/Dockerfile", "FROM nginx:1.27\n");  // mended, and not staged
  const auto bad = git({"commit", "-qm", "bad"});
  EXPECT_EQ(bad.exit_code, 1) << bad.out << bad.err;
  EXPECT_THAT(bad.out + bad.err, HasSubstr("ghcr.io"));
  git({"add", "."});
  dir_.write("repo/other", "x");
  git({"add", "."});
  EXPECT_EQ(git({"commit", "-qm", "mended"}).exit_code, 0);
}

TEST_F(PreCommit, HookFileNamesTheScript) {
  const std::string hooks = test::slurp(test::source_path(".pre-commit-hooks.yaml"));
  EXPECT_THAT(hooks, HasSubstr("entry: docker/ci/pre-commit/check-image-names\n"));
  EXPECT_NE(
      std::filesystem::status(test::source_path("docker/ci/pre-commit/check-image-names")).permissions() &
          std::filesystem::perms::owner_exec,
      std::filesystem::perms::none);
}

}  // namespace
}  // namespace portcullis::cli
