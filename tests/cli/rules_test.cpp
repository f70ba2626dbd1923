// SPDX-License-Identifier: Apache-2.0
//
// portcullis rules, run as a person would.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "program.hpp"

namespace portcullis::cli {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

constexpr const char* kGood =
    "rule good : one two { meta: description = \"d\\x1b[2J\" severity = \"high\" technique = \"T1496\" "
    "reference = \"https://example.com\" strings: $a = \"a long enough string\" condition: $a }";
constexpr const char* kPoor = "rule poor { strings: $a = \"a long enough string\" condition: $a }";
constexpr const char* kSlow = "private rule slow { strings: $a = /.*/ condition: $a }";

class Rules : public testing::Test {
 protected:
  test::RunResult ask(const std::string& question, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"rules", question, "--no-builtin-rules", "--rules",
                                          dir_.path().string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return test::run(portcullis(std::move(arguments)));
  }
  test::TempDir dir_;
};

TEST_F(Rules, ListSaysWhatTheRulesSay) {
  dir_.write("sub/good.yar", kGood);
  dir_.write("poor.yar", kPoor);
  dir_.write("bad.yar", "rule broken {");
  const auto text = ask("list");
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("sub/good.yar\n  good  high  T1496  tags one,two\n      d\\x1b[2J\n"));
  EXPECT_THAT(text.out, HasSubstr("2 rules\n"));

  const auto result = ask("list", {"--format", "json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = Json::parse(result.out);
  ASSERT_EQ(json["rules"].size(), 2u);
  EXPECT_EQ(json["rules"][0]["file"], "poor.yar");
  EXPECT_EQ(json["rules"][0]["severity"], "medium");
  EXPECT_EQ(json["rules"][1]["rule"], "good");
  EXPECT_EQ(json["rules"][1]["tags"], Json({"one", "two"}));
  EXPECT_EQ(json["rules"][1]["techniques"], Json({"T1496"}));
  EXPECT_EQ(json["rules"][1]["reference"], "https://example.com");
}

struct LintRow {
  const char* name;
  const char* text;
  int exit_code;
  const char* expected;
};

TEST_F(Rules, LintNamesEachFault) {
  const LintRow rows[] = {
      {"good", kGood, 0, "0 errors, 0 warnings\n"},
      {"does not compile, and is the only one", "rule a {\n  condition: nonsense\n}", 1,
       "x.yar:2: error: undefined identifier \"nonsense\"\n1 errors, 0 warnings\n"},
      {"refused module", "import \"magic\" rule a { condition: true }", 1,
       "x.yar: error: imports the module"},
      {"missing metas", kPoor, 1,
       "x.yar: warning: rule poor has no meta description, severity, technique, reference\n0 errors, 1 "
       "warnings"},
      {"slow", kSlow, 1, "may slow down scanning"},
      {"helper rules need no metas", "private rule a { condition: filesize > 5 }", 0,
       "0 errors, 0 warnings\n"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    dir_.write("x.yar", row.text);
    const auto result = ask("lint");
    EXPECT_EQ(result.exit_code, row.exit_code) << result.err;
    EXPECT_THAT(result.out, HasSubstr(row.expected));
  }
}

TEST_F(Rules, LintAsJsonHasErrorsFirst) {
  dir_.write("a.yar", kPoor);
  dir_.write("z.yar", "rule broken {\n condition: nonsense }");
  const auto result = ask("lint", {"--format", "json"});
  ASSERT_EQ(result.exit_code, 1) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["errors"], 1);
  EXPECT_EQ(json["warnings"], 1);
  EXPECT_EQ(json["notes"][0]["file"], "z.yar");
  EXPECT_EQ(json["notes"][0]["level"], "error");
  EXPECT_EQ(json["notes"][0]["line"], 2);
  EXPECT_EQ(json["notes"][1]["rule"], "poor");
}

TEST_F(Rules, TheRulesOfTheProjectHaveNoFault) {
  const auto result = test::run(portcullis({"rules", "lint"}));
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

}  // namespace
}  // namespace portcullis::cli
