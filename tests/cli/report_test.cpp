// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <nlohmann/json.hpp>

namespace portcullis::cli {
namespace {

using findings::Action;
using testing::HasSubstr;
using testing::Not;

findings::Reason reason(Action action, const char* code) {
  return {action, findings::Severity::high, code, "text", ""};
}

TEST(VerdictOf, BlockForWantOfKnowledgeIsAnError) {
  struct Row {
    const char* name;
    Action action;
    std::vector<findings::Reason> reasons;
    Verdict verdict;
    int exit_code;
  };
  const Row rows[] = {
      {"clean", Action::allow, {}, Verdict::allow, 0},
      {"warned", Action::warn, {reason(Action::warn, "rule:a")}, Verdict::warn, 0},
      {"found", Action::block, {reason(Action::block, "rule:a")}, Verdict::block, 1},
      {"no reason", Action::block, {}, Verdict::block, 1},
      {"timed out", Action::block, {reason(Action::block, "outcome:timed_out")}, Verdict::error, 2},
      {"timed out, and warned",
       Action::block,
       {reason(Action::block, "outcome:timed_out"), reason(Action::warn, "rule:a")},
       Verdict::error,
       2},
      {"timed out, and found",
       Action::block,
       {reason(Action::block, "outcome:timed_out"), reason(Action::block, "rule:a")},
       Verdict::block,
       1},
      {"timed out, policy lets it",
       Action::allow,
       {reason(Action::allow, "outcome:timed_out")},
       Verdict::allow,
       0},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    findings::Decision decision;
    decision.action = row.action;
    decision.reasons = row.reasons;
    EXPECT_EQ(verdict_of(decision), row.verdict);
    EXPECT_EQ(exit_code(verdict_of(decision)), row.exit_code);
  }
  EXPECT_EQ(verdict_of(findings::Decision{}), Verdict::block);
}

Report hostile_report() {
  const std::string evil = "a\x1b[2J\"\nb\xff";
  findings::Finding finding;
  finding.rule = evil;
  finding.description = evil;
  finding.path = evil;
  finding.techniques = {evil};
  finding.strings = {{evil, 3, evil}};
  findings::ScanResult result;
  result.outcome = findings::Outcome::crashed;
  result.reason = evil;
  result.findings = {finding};
  Report report;
  report.image = evil;
  report.message = evil;
  report.reasons = {{Action::block, findings::Severity::high, evil, evil, evil}};
  report.blobs = {{"", evil, result}};
  return report;
}

TEST(Report, HostileTextIsHarmlessInEveryFormat) {
  const std::string text = render_text({hostile_report()}, {});
  const std::string json = render_json({hostile_report()}, Asked::one);
  for (const std::string& rendered : {text, json}) {
    for (const char c : rendered) EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f)) << static_cast<int>(c);
  }
  EXPECT_THAT(text, HasSubstr("a\\x1b[2J\"\\x0ab\\xff"));
  const auto parsed = nlohmann::json::parse(json);
  EXPECT_EQ(parsed.at("verdict"), "error");
  EXPECT_EQ(parsed.at("blobs").at(0).at("findings").at(0).at("path"), "a\\x1b[2J\"\\x0ab\\xff");
}

TEST(Report, ColourOnlyWhenAsked) {
  Report report;
  report.image = "x";
  report.verdict = Verdict::block;
  EXPECT_THAT(render_text({report}, {.colour = Colour::on}), HasSubstr("\033[31mBLOCKED\033[0m"));
  EXPECT_THAT(render_text({report}, {}), Not(HasSubstr("\033")));
}

}  // namespace
}  // namespace portcullis::cli
