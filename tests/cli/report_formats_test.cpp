// SPDX-License-Identifier: Apache-2.0
//
// Each format against its schema, by validators that are not ours, and against what is hostile in an image.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "report_samples.hpp"
#include "report_schema.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::cli {
namespace {

using nlohmann::json;
using test::TempDir;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const util::TimePoint kNow{std::chrono::milliseconds(1'780'000'000'123)};

struct Row {
  std::string name;
  std::vector<Report> reports;
};

std::vector<Row> samples() {
  std::vector<Row> rows = {{"clean", {clean_report()}},
                           {"blocked", {blocked_report()}},
                           {"warned", {warned_report()}},
                           {"unjudged", {unjudged_report()}},
                           {"name", {name_report()}},
                           {"nothing", {Report{}}},
                           {"several", {clean_report(), blocked_report(), name_report()}}};
  for (const std::string& text : hostile_texts()) {
    rows.push_back({"hostile " + text.substr(0, 20), {hostile_report(text), hostile_report(text)}});
  }
  return rows;
}

struct Named {
  const char* name;
  std::string text;
};

std::vector<Named> all_formats(const std::vector<Report>& reports) {
  return {{"text", render_text(reports, {})},         {"narrow text", render_text(reports, {.width = 40})},
          {"json", render_json(reports, Asked::one)}, {"sarif", render_sarif(reports)},
          {"junit", render_junit(reports, kNow)},     {"markdown", render_markdown(reports)},
          {"github", render_github(reports)}};
}

/// Ours, and the published one if this machine has it.
std::vector<std::filesystem::path> schemas(const char* ours, const char* published) {
  std::vector<std::filesystem::path> all = {test::source_path(std::string("tests/cli/schemas/") + ours)};
  if (const char* directory = std::getenv("PORTCULLIS_SCHEMAS")) {
    all.push_back(std::filesystem::path(directory) / published);
  }
  return all;
}

bool have_jsonschema() {
  return test::have_tool("python3") && test::run({"python3", "-c", "import jsonschema"}).exit_code == 0;
}

/// `documents` is a JSON array of documents.
test::RunResult validate_json(const std::filesystem::path& schema, const std::filesystem::path& documents) {
  return test::run({"python3", "-c",
                    "import json, sys, jsonschema\n"
                    "schema = json.load(open(sys.argv[1]))\n"
                    "validator = jsonschema.validators.validator_for(schema)(schema)\n"
                    "for i, document in enumerate(json.load(open(sys.argv[2]))):\n"
                    "    for error in validator.iter_errors(document):\n"
                    "        sys.exit(f'document {i}: {error}')\n",
                    schema.string(), documents.string()});
}

std::string one_array(const std::vector<std::string>& documents) {
  json all = json::array();
  for (const std::string& document : documents) all.push_back(json::parse(document));
  return all.dump();
}

TEST(ReportFormats, NothingButPrintableAsciiAndNoCommandForCi) {
  for (const Row& row : samples()) {
    for (const auto& [format, text] : all_formats(row.reports)) {
      SCOPED_TRACE(row.name + " as " + format);
      for (const char c : text) ASSERT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f)) << static_cast<int>(c);
      for (const char* command : {"##[", "##vso[", "##teamcity["}) EXPECT_EQ(text.find(command), text.npos);
      const bool ours = std::string_view(format) == "github";
      std::istringstream lines(text);
      for (std::string line; std::getline(lines, line);) {
        const std::size_t start = line.find_first_not_of(' ');
        const bool command = start != std::string::npos && line.compare(start, 2, "::") == 0;
        EXPECT_EQ(command, ours) << line;
      }
    }
  }
}

TEST(ReportFormats, JsonIsWhatItsSchemaSays) {
  PORTCULLIS_REQUIRE(have_jsonschema(), "python3-jsonschema");
  const TempDir dir;
  std::vector<std::string> documents;
  for (const Row& row : samples()) {
    documents.push_back(render_json(row.reports, Asked::one));
    documents.push_back(render_json(row.reports, Asked::several));
  }
  const auto result =
      validate_json(dir.write("schema", kScanReportSchema), dir.write("documents", one_array(documents)));
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST(ReportFormats, JsonNamesNothingThatItsSchemaDoesNotKnow) {
  const json schema = json::parse(kScanReportSchema);
  const auto known = [&schema](const json& object, const char* definition) {
    const json& properties = schema.at("definitions").at(definition).at("properties");
    for (const auto& [key, value] : object.items())
      EXPECT_TRUE(properties.contains(key)) << definition << ' ' << key;
  };
  const auto check = [&known](const json& report) {
    known(report, "report");
    for (const json& reason : report.at("reasons")) known(reason, "reason");
    for (const json& name : report.value("names", json::array())) known(name, "name");
    for (const json& blob : report.at("blobs")) {
      known(blob, "blob");
      for (const json& finding : blob.at("findings")) known(finding, "finding");
    }
  };
  const json several = json::parse(render_json({hostile_report("x"), warned_report()}, Asked::several));
  known(several, "reports");
  for (const json& report : several.at("reports")) check(report);
}

TEST(ReportFormats, SarifIsWhatItsSchemaSays) {
  PORTCULLIS_REQUIRE(have_jsonschema(), "python3-jsonschema");
  const TempDir dir;
  std::vector<std::string> documents;
  for (const Row& row : samples()) documents.push_back(render_sarif(row.reports));
  const auto file = dir.write("documents", one_array(documents));
  for (const auto& schema : schemas("sarif.schema.json", "sarif-schema-2.1.0.json")) {
    const auto result = validate_json(schema, file);
    EXPECT_EQ(result.exit_code, 0) << schema << "\n" << result.err;
  }
}

TEST(ReportFormats, SarifSaysWhatWasFoundAndWhatWasNotJudged) {
  const json run = json::parse(render_sarif({blocked_report()})).at("runs").at(0);
  const json& results = run.at("results");
  ASSERT_EQ(results.size(), 3u);
  const json& worst = results.at(0);
  EXPECT_EQ(worst.at("ruleId"), "rule:miner_xmrig");
  EXPECT_EQ(worst.at("level"), "error");
  EXPECT_EQ(
      worst.at("message").at("text"),
      "Cryptocurrency miner XMRig: usr/bin/x in layer 2 of 3 of registry.example.com/team/app:1.4, made by "
      "RUN make install");
  EXPECT_EQ(worst.at("locations").at(0).at("physicalLocation").at("artifactLocation").at("uri"), "usr/bin/x");
  const json& rules = run.at("tool").at("driver").at("rules");
  EXPECT_EQ(rules.at(worst.at("ruleIndex").get<std::size_t>()).at("id"), "rule:miner_xmrig");
  EXPECT_EQ(rules.at(0).at("properties").at("security-severity"), "9.5");
  EXPECT_EQ(results.at(1).at("suppressions").at(0).at("justification"), "waiver ticket-4711");
  EXPECT_EQ(results.at(1).at("level"), "warning");
  EXPECT_EQ(results.at(2).at("locations").at(0).at("physicalLocation").at("artifactLocation").at("uri"),
            "opt/app.jar%21/run.sh");
  EXPECT_EQ(run.at("invocations").at(0).at("executionSuccessful"), true);

  const json unjudged = json::parse(render_sarif({unjudged_report()})).at("runs").at(0);
  EXPECT_EQ(unjudged.at("invocations").at(0).at("executionSuccessful"), false);
  EXPECT_EQ(unjudged.at("results").at(0).at("ruleId"), "outcome:timed_out");
  // An upload without results closes the alerts of the one before: it must be there.
  EXPECT_TRUE(json::parse(render_sarif({clean_report()})).at("runs").at(0).at("results").empty());
}

TEST(ReportFormats, SarifStaysBelowWhatCodeScanningTakes) {
  Report report = blocked_report();
  auto& findings = report.blobs[2].result.findings;
  const findings::Finding low = findings[0];
  findings.insert(findings.begin(), 6000, low);
  const json run = json::parse(render_sarif({report})).at("runs").at(0);
  EXPECT_EQ(run.at("results").size(), 5000u);
  EXPECT_EQ(run.at("results").at(0).at("ruleId"), "rule:miner_xmrig");
  EXPECT_EQ(run.at("invocations").at(0).at("toolExecutionNotifications").at(0).at("message").at("text"),
            "1,003 results are left out, not the worst");
}

TEST(ReportFormats, JunitIsWhatItsSchemaSays) {
  PORTCULLIS_REQUIRE_TOOL("xmllint");
  const TempDir dir;
  std::vector<std::string> files;
  for (const Row& row : samples()) {
    const std::string name = std::to_string(files.size()) + ".xml";
    files.push_back(dir.write(name, render_junit(row.reports, kNow)).string());
  }
  for (const auto& schema : schemas("junit.xsd", "JUnit.xsd")) {
    std::vector<std::string> command = {"xmllint", "--nonet", "--noout", "--schema", schema.string()};
    command.insert(command.end(), files.begin(), files.end());
    const auto result = test::run(command);
    EXPECT_EQ(result.exit_code, 0) << result.err;
  }
}

TEST(ReportFormats, JunitFailsExactlyWhereTheExitCodeDoes) {
  Report audit = blocked_report();
  audit.enforcement = Enforcement::audit;
  struct Case {
    const char* name;
    Report report;
    const char* counts;
  };
  const Case cases[] = {{"clean", clean_report(), "tests=\"5\" failures=\"0\" errors=\"0\""},
                        {"warned", warned_report(), "tests=\"5\" failures=\"0\" errors=\"0\""},
                        {"audit", audit, "tests=\"5\" failures=\"0\" errors=\"0\""},
                        {"blocked", blocked_report(), "tests=\"5\" failures=\"1\" errors=\"0\""},
                        {"name", name_report(), "tests=\"1\" failures=\"1\" errors=\"0\""},
                        {"unjudged", unjudged_report(), "tests=\"5\" failures=\"0\" errors=\"1\""},
                        {"nothing", Report{}, "tests=\"1\" failures=\"0\" errors=\"1\""}};
  for (const Case& row : cases) {
    SCOPED_TRACE(row.name);
    EXPECT_THAT(render_junit({row.report}, kNow), HasSubstr(row.counts));
  }
  EXPECT_THAT(render_junit({blocked_report()}, kNow),
              HasSubstr("<failure message=\"miner_xmrig (critical): usr/bin/x: Cryptocurrency miner XMRig\" "
                        "type=\"blocked\">"));
}

TEST(ReportFormats, MarkdownKeepsForeignTextInCodeSpans) {
  for (const std::string& text : hostile_texts()) {
    SCOPED_TRACE(text.substr(0, 20));
    const std::string markdown = render_markdown({hostile_report(text)});
    // What is left outside of the spans is ours.
    std::string outside;
    std::istringstream lines(markdown);
    for (std::string line; std::getline(lines, line);) {
      ASSERT_EQ(std::ranges::count(line, '`') % 2, 0) << line;
      bool inside = false;
      for (const char c : line) {
        if (c == '`') inside = !inside;
        if (!inside) outside += c;
        ASSERT_FALSE(inside && c == '|') << line;
      }
      outside += '\n';
    }
    EXPECT_THAT(outside, Not(ContainsRegex("[]@[!]|example.com|alert|owned|Heading")))
        << "besides details and summary";
  }
}

TEST(ReportFormats, MarkdownAsARenderedSummary) {
  const std::string markdown = render_markdown({blocked_report()});
  EXPECT_THAT(markdown,
              StartsWith("## Portcullis\n\n### `registry.example.com/team/app:1.4`: BLOCKED\n\n"
                         "Do not use `registry.example.com/team/app:1.4`: 1 file in it looks harmful.\n"));
  EXPECT_THAT(markdown,
              HasSubstr("| **critical** | `usr/bin/x` in `layer 2 of 3` | `Cryptocurrency miner XMRig` | "
                        "`miner_xmrig` |\n"));
  EXPECT_THAT(markdown, HasSubstr("| high, waived by `ticket-4711` |"));
}

TEST(ReportFormats, GithubEscapesWhatEndsACommand) {
  const std::string text = render_github({blocked_report()});
  EXPECT_THAT(text,
              StartsWith("::error title=Portcullis%3A registry.example.com/team/app%3A1.4%3A BLOCKED::"));
  EXPECT_THAT(text, HasSubstr("\n::error title=Portcullis%3A critical%3A miner_xmrig::Cryptocurrency miner"));
  EXPECT_THAT(text, HasSubstr("\n::warning title=Portcullis%3A high%3A reverse_shell::"));
  const std::string hostile = render_github({hostile_report("%0A::warning::y, a:b")});
  EXPECT_THAT(hostile, Not(HasSubstr("%0A::")));
  EXPECT_THAT(hostile,
              StartsWith("::error title=Portcullis%3A %250A%3A%3Awarning%3A%3Ay%2C a%3Ab%3A BLOCKED::"));
}

TEST(ReportFormats, GithubGetsNoMoreThanItShows) {
  Report report = blocked_report();
  auto& findings = report.blobs[2].result.findings;
  const findings::Finding miner = findings[1];
  findings.insert(findings.end(), 500, miner);
  const std::string text = render_github({report});
  EXPECT_EQ(std::ranges::count(text, '\n'), 10);
}

}  // namespace
}  // namespace portcullis::cli
