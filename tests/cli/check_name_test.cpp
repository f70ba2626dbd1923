// SPDX-License-Identifier: Apache-2.0
//
// portcullis check-name, run as a person would.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "program.hpp"

namespace portcullis::cli {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

test::RunResult check(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "check-name");
  return test::run(portcullis(std::move(arguments)));
}

struct Row {
  const char* name;
  std::vector<std::string> references;
  int exit_code;
  const char* expected;
};

class CheckName : public testing::TestWithParam<Row> {};

TEST_P(CheckName, Answers) {
  const auto result = check(GetParam().references);
  EXPECT_EQ(result.exit_code, GetParam().exit_code) << result.err;
  EXPECT_THAT(result.out + result.err, HasSubstr(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    References, CheckName,
    testing::Values(Row{"clean", {"nginx:1.27"}, 0, "allow  nginx:1.27\n1 names: 0 blocked, 0 warned"},
                    Row{"warned", {"ngnix"}, 0, "did you mean nginx?"},
                    Row{"blocked", {"nginx", "ghrc.io/o/a"}, 1, "block  ghrc.io/o/a\n"},
                    Row{"eye", {"ng\xd1\x96nx"}, 1, "did you mean nginx?"},
                    Row{"unreadable", {"Nginx"}, 2, "(e.g. library/nginx), saw:"},
                    Row{"blocked_before_unreadable", {"Nginx", "ghrc.io/o/a"}, 1, "1 without an answer"},
                    Row{"allowed", {"ngnix", "--allow", "docker.io/library/ngnix"}, 0, "0 warned"},
                    Row{"denied", {"nginx", "--deny", "docker.io/library/n*"}, 1, "denied by names.deny"},
                    Row{"protected", {"acmecrop/x", "--protect", "acmecorp/*"}, 0, "looks like acmecorp"},
                    Row{"nothing", {}, 64, "expected a reference, --file LIST or --from FILE"},
                    Row{"missing_file", {"--from", "/nonexistent/Dockerfile"}, 2, "/nonexistent/Dockerfile"},
                    Row{"bad_option", {"nginx", "--protect", "A B"}, 64, "names.protect"}),
    [](const auto& row) { return row.param.name; });

TEST(CheckNameFiles, AreReadAndNamed) {
  test::TempDir dir;
  dir.write("Dockerfile", "FROM ngnix\nFROM $X\n");
  dir.write("list.txt", "# ours\nnginx\nghrc.io/o/a # bad\n");
  const auto text = check({"--from", dir / "Dockerfile", "--file", dir / "list.txt"});
  EXPECT_EQ(text.exit_code, 1) << text.err;
  EXPECT_THAT(text.out, HasSubstr("warn   ngnix  (" + (dir / "Dockerfile").string() + ":1)"));
  EXPECT_THAT(text.out, HasSubstr("skipped $X"));
  const auto json = check({"--from", dir / "Dockerfile", "--file", dir / "list.txt", "--format", "json"});
  const Json report = Json::parse(json.out);
  ASSERT_EQ(report["names"].size(), 3u);
  EXPECT_EQ(report["names"][0]["action"], "allow");
  EXPECT_EQ(report["names"][1]["line"], 3);
  EXPECT_EQ(report["names"][1]["verdicts"][0]["effect"], "block");
  EXPECT_EQ(report["names"][2]["verdicts"][0]["letters"][1]["kind"], "swapped");
  EXPECT_EQ(report["skipped"][0]["input"], "$X");
}

}  // namespace
}  // namespace portcullis::cli
