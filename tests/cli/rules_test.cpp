// SPDX-License-Identifier: Apache-2.0
//
// portcullis rules, run as a person would.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "portcullis/records/records.hpp"
#include "program.hpp"
#include "support/http_get.hpp"
#include "support/wait.hpp"

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
  EXPECT_THAT(text.out,
              HasSubstr("sub/good.yar  (1 high)\n  good  high  T1496  tags one,two\n      d\\x1b[2J\n"));
  EXPECT_THAT(text.out,
              HasSubstr("2 rules of 2 files: 1 high, 1 medium\n1 file set aside; rules lint says why\n"));
  EXPECT_THAT(text.out, HasSubstr("modules: "));

  const auto result = ask("list", {"--format", "json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = Json::parse(result.out);
  ASSERT_EQ(json["rules"].size(), 2u);
  EXPECT_EQ(json["counts"]["high"], 1);
  EXPECT_EQ(json["files"][0]["rules"]["medium"], 1);
  EXPECT_EQ(json["set_aside"][0]["file"], "bad.yar");
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
      {"loop without an end",
       "private rule a { condition: for all i in (0..2000000000) : ( for all j in (0..2000000000) : "
       "( i + j >= 0 ) ) }",
       1, "x.yar: warning: a condition takes more than 3 seconds for an empty file"},
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

TEST_F(Rules, ListSaysWhatTheConfigurationChanged) {
  dir_.write("good.yar", kGood);
  dir_.write("poor.yar", kPoor);
  const auto config =
      dir_.write("p.toml", "[rules]\ndisable = [\"poor\", \"gone\"]\n[rules.severity]\ngood = \"low\"\n");
  const auto text = ask("list", {"--config", config.string()});
  ASSERT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("  good  low (as configured)  T1496"));
  EXPECT_THAT(text.out, HasSubstr("poor.yar  (1 disabled)\n  poor  medium  disabled\n"));
  const auto lint = ask("lint", {"--config", config.string()});
  EXPECT_EQ(lint.exit_code, 1);
  EXPECT_THAT(lint.out, HasSubstr("configuration: warning: [rules] names gone, which no rule fits\n"));
}

TEST_F(Rules, TestRunsTheSamplesOfAPack) {
  dir_.write("p.yar",
             "rule text { strings: $a = \"a trait\" condition: $a }\n"
             "rule cron { condition: filepath == \"/etc/cron.d/job\" and owner == \"root\" }\n"
             "rule untested { condition: false }\nprivate rule helper { condition: true }");
  dir_.write("samples/text/hit-one", "has a trait");
  dir_.write("samples/text/miss-one", "has none");
  dir_.write("samples/staying/cron/hit-job/etc/cron.d/job", "");
  dir_.write("samples/staying/cron/hit-job/etc/other", "");
  dir_.write("samples/notes.txt", "");
  const std::string pack = dir_.path().string();
  const auto good = test::run(portcullis({"rules", "test", pack}));
  EXPECT_EQ(good.exit_code, 0) << good.out << good.err;
  EXPECT_EQ(good.out,
            "ok    cron  1 hit, 0 miss  (no sample that it must miss)\n"
            "ok    text  1 hit, 1 miss\n"
            "2 rules tested, 0 failed; 1 rule without samples: untested\n"
            "1 file not at RULE/hit-NAME or RULE/miss-NAME: notes.txt\n");

  dir_.write("samples/text/hit-two", "none");
  dir_.write("samples/text/miss-two", "a trait");
  dir_.write("samples/helper/hit-x", "");
  dir_.write("samples/typo/hit-x", "");
  dir_.write("bad.yar", "rule bad { condition: nonsense }");
  const auto bad = test::run(portcullis({"rules", "test", pack}));
  EXPECT_EQ(bad.exit_code, 1) << bad.err;
  EXPECT_THAT(bad.out, HasSubstr("FAIL  bad.yar cannot be used: line 1: undefined identifier"));
  EXPECT_THAT(bad.out, HasSubstr("FAIL  text  2 hit, 2 miss\n        text/hit-two: did not match\n"
                                 "        text/miss-two: matched\n"));
  EXPECT_THAT(bad.out, HasSubstr("helper/hit-x: the rule is private and never matches by itself"));
  EXPECT_THAT(bad.out, HasSubstr("typo/hit-x: there is no rule of this name"));
  EXPECT_THAT(bad.out, HasSubstr("4 rules tested, 3 failed"));

  const auto json = Json::parse(test::run(portcullis({"rules", "test", pack, "--format", "json"})).out);
  EXPECT_EQ(json["passed"], false);
  EXPECT_EQ(json["untested"], Json({"untested"}));
}

TEST_F(Rules, TestWithoutSamplesIsNoSuccess) {
  dir_.write("p.yar", kGood);
  const auto nowhere = test::run(portcullis({"rules", "test", dir_.path().string()}));
  EXPECT_EQ(nowhere.exit_code, 69);
  EXPECT_THAT(nowhere.err, HasSubstr("samples"));
  dir_.write("samples/good/x", "");
  const auto none = test::run(portcullis({"rules", "test", (dir_ / "p.yar").string()}));
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("expected files or directories RULE/hit-NAME"));
  EXPECT_EQ(test::run(portcullis({"rules", "test"})).exit_code, 64);
}

TEST_F(Rules, BenchNamesWhatIsSlow) {
  for (const char* name : {"a", "b", "c", "d"}) {
    dir_.write(std::string(name) + ".yar", std::string("rule ") + name + " { condition: false }");
  }
  dir_.write("slow.yar", "rule slow { strings: $a = /[a-z ]{2,40}[0-9]/ condition: #a > 5 }");
  const test::TempDir sample;
  sample.write("x", std::string(300'000, 'x'));
  sample.write("empty", "");
  const std::vector<std::string> command = {"rules", "bench", dir_.path().string(), "--sample",
                                            sample.path().string()};
  const auto text = test::run(portcullis(command));
  ASSERT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("sample  1 file, 293.0 KiB of "));
  EXPECT_THAT(text.out, HasSubstr("MB/s per core with all 5 rules of 5 files, "));
  EXPECT_THAT(text.out, HasSubstr("      1  slow.yar  SLOW\n"));
  auto as_json = command;
  as_json.insert(as_json.end(), {"--format", "json"});
  const Json json = Json::parse(test::run(portcullis(as_json)).out);
  EXPECT_EQ(json["sample_bytes"], 300'000);
  EXPECT_EQ(json["files"][0]["file"], "slow.yar");
  EXPECT_EQ(json["files"][0]["slow"], true);
  EXPECT_GT(json["mb_per_second_without_rules"], json["mb_per_second"]);

  const test::TempDir nothing;
  const auto empty =
      test::run(portcullis({"rules", "bench", dir_.path().string(), "--sample", nothing.path().string()}));
  EXPECT_EQ(empty.exit_code, 2);
  EXPECT_THAT(empty.err, HasSubstr("could be measured"));
}

TEST_F(Rules, ListSaysWhatARunningServerFound) {
  const ServeSetup server(dir_);
  test::Process running(server.command());
  ASSERT_TRUE(test::wait_until([&] { return test::http_ok(server.admin_port, "/readyz"); })) << server.log();
  const auto listed = [&] {
    return test::run(portcullis({"rules", "list", "--data", server.data.string()}));
  };
  EXPECT_THAT(listed().out, testing::Not(HasSubstr("decision")));
  EXPECT_NE(test::http_get(server.port, "/v2/library/portcullis-canary/manifests/latest").status, 200);
  const auto after = listed();
  EXPECT_EQ(after.exit_code, 0) << after.err;
  EXPECT_THAT(after.out, HasSubstr("  eicar_test_file  critical  T1204.003  in 1 decision\n"));
  const auto json = Json::parse(
      test::run(portcullis({"rules", "list", "--format", "json", "--data", server.data.string()})).out);
  for (const auto& rule : json["rules"]) {
    EXPECT_EQ(rule["decisions"], rule["rule"] == "eicar_test_file" ? 1 : 0);
  }
  running.signal(SIGTERM);
  EXPECT_EQ(running.wait_for(std::chrono::seconds(30)), 0) << server.log();

  const auto nowhere = test::run(portcullis({"rules", "list", "--data", (dir_ / "nothing").string()}));
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("nothing"));
}

TEST_F(Rules, AChangeNamesOneRule) {
  dir_.write("a.yar", "rule same { condition: true } private rule helper { condition: true }");
  dir_.write("b.yar", "rule same { condition: true }");
  ASSERT_TRUE(records::open((dir_ / "portcullis.db").string()));
  const std::vector<std::string> why = {"--reason", "x", "--data", dir_.path().string()};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), why.begin(), why.end());
    return more;
  };
  const auto both = ask("disable", with({"same"}));
  EXPECT_EQ(both.exit_code, 64);
  EXPECT_THAT(both.err, HasSubstr("several rules; say which: a.yar:same, b.yar:same"));
  EXPECT_EQ(ask("disable", with({"a.yar:same"})).exit_code, 0);
  const auto helper = ask("override", with({"helper", "--severity", "low"}));
  EXPECT_EQ(helper.exit_code, 64);
  EXPECT_THAT(helper.err, HasSubstr("is private"));
  EXPECT_EQ(ask("disable", {"same", "--data", dir_.path().string()}).exit_code, 64) << "without a reason";
  EXPECT_EQ(ask("override", with({"same", "--severity", "hot"})).exit_code, 64);
  EXPECT_EQ(ask("restore", with({"same"})).exit_code, 0) << "the only one that has a setting";
}

TEST_F(Rules, TheRulesOfTheProjectHaveNoFault) {
  const auto result = test::run(portcullis({"rules", "lint"}));
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

}  // namespace
}  // namespace portcullis::cli
