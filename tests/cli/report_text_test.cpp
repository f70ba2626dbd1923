// SPDX-License-Identifier: Apache-2.0
//
// The report for people, as a whole: tests/cli/golden holds what it looks like. After a change on purpose
// write these files again with PORTCULLIS_UPDATE=1, and read them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "report_samples.hpp"
#include "report_words.hpp"
#include "support/paths.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::cli {
namespace {

using testing::HasSubstr;

void expect_golden(const std::string& name, const std::string& text) {
  const std::filesystem::path file = test::source_path("tests/cli/golden/" + name + ".txt");
  if (std::getenv("PORTCULLIS_UPDATE") != nullptr) test::write_file(file, text);
  EXPECT_EQ(text, test::slurp(file)) << file;
}

TEST(ReportText, LooksLikeThis) {
  Report audit = blocked_report();
  audit.enforcement = Enforcement::audit;
  Report whole = blocked_report();
  whole.blobs[2].result.findings_truncated = true;
  whole.blobs[2].result.findings[0].path = "";
  const std::pair<const char*, std::vector<Report>> rows[] = {
      {"clean", {clean_report()}},
      {"blocked", {blocked_report()}},
      {"truncated", {whole}},
      {"warned", {warned_report()}},
      {"unjudged", {unjudged_report()}},
      {"name", {name_report()}},
      {"audit", {audit}},
      {"several", {clean_report(), blocked_report(), name_report()}}};
  for (const auto& [name, reports] : rows)
    expect_golden(std::string("report-") + name, render_text(reports, {}));
}

TEST(ReportText, OnANarrowTerminalInColour) {
  const std::string text = render_text({blocked_report()}, {Colour::on, 60});
  expect_golden("report-terminal", text);
  const auto longest = [](const std::string& rendered) {
    std::size_t most = 0;
    std::istringstream lines(rendered);
    for (std::string line; std::getline(lines, line);) most = std::max(most, line.size());
    return most;
  };
  // What has no space to break at stays whole.
  Report report = blocked_report();
  report.digest.clear();
  for (ReportedBlob& blob : report.blobs) blob.digest.clear();
  EXPECT_LE(longest(render_text({report}, {Colour::off, 60})), 60u);
  EXPECT_GT(longest(render_text({report}, {Colour::off, 0})), 60u);
}

TEST(ReportText, LayersAreCountedForPeople) {
  const Report report = clean_report();
  EXPECT_EQ(title_of(report, report.blobs[0]), "the image config");
  EXPECT_EQ(title_of(report, report.blobs[2]), "layer 2 of 3");
  EXPECT_EQ(made_by(report, report.blobs[0]), "");
  EXPECT_EQ(made_by(report, report.blobs[1]), "ADD file:1234 in /");
  // A build argument may be a password.
  EXPECT_EQ(made_by(report, report.blobs[2]), "RUN make install");
  EXPECT_EQ(made_by(report, report.blobs[3]), "COPY app /usr/bin/app");

  Report squashed = report;
  squashed.config->history.pop_back();
  EXPECT_EQ(made_by(squashed, squashed.blobs[1]), "");
  squashed.config.reset();
  EXPECT_EQ(title_of(squashed, squashed.blobs[2]), "layer 2 of 3");
}

TEST(ReportText, Counted) {
  EXPECT_EQ(counted(0, "file", "files"), "0 files");
  EXPECT_EQ(counted(1, "file", "files"), "1 file");
  EXPECT_EQ(counted(999, "file", "files"), "999 files");
  EXPECT_EQ(counted(1000, "file", "files"), "1,000 files");
  EXPECT_EQ(counted(1234567, "file", "files"), "1,234,567 files");
}

TEST(ReportText, SaysWhatToDoAboutEachKindOfBlock) {
  struct Row {
    const char* code;
    const char* conclusion;
    const char* next;
  };
  const Row rows[] = {
      {"deny:digest", "your policy forbids it", "ask whoever writes the policy"},
      {"cooldown", "it is newer than your policy allows", "wait"},
      {"manifest:manifest_layer_type", "hides something from a check", "build it again"},
      {"name:repository", "its name imitates another one", "check how the name is spelt"},
      {"rule:unknown", "Do not use x.", "build it again"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.code);
    Report report;
    report.image = "x";
    report.verdict = Verdict::block;
    report.reasons = {{findings::Action::block, findings::Severity::high, row.code, "text", ""}};
    EXPECT_THAT(conclusion(report), HasSubstr(row.conclusion));
    EXPECT_THAT(next_step(report), HasSubstr(row.next));
  }
}

TEST(ReportText, WorstFirstWithinAndAcrossLayers) {
  Report report = blocked_report();
  report.blobs[3].result.findings = {report.blobs[2].result.findings[1]};
  const auto found = worst_first(report);
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].finding->rule, "miner_xmrig");
  EXPECT_EQ(found[1].finding->rule, "miner_xmrig");
  EXPECT_EQ(found[2].action, findings::Action::warn);
}

}  // namespace
}  // namespace portcullis::cli
