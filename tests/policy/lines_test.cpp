// SPDX-License-Identifier: Apache-2.0
//
// Summaries, the client's line and the wording under them.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "inputs.hpp"
#include "text.hpp"

namespace portcullis::policy {
namespace {

using namespace samples;
using findings::Severity;

Inputs with_findings(std::size_t high, std::size_t low, const std::string& path = "usr/bin/x") {
  auto inputs = clean();
  for (std::size_t i = 0; i < high + low; ++i) {
    const auto severity = i < high ? Severity::high : Severity::low;
    inputs.blobs[1].result.findings.push_back(finding(std::to_string(i), severity, path));
  }
  return inputs;
}

bool one_safe_line(const std::string& text) {
  return text.find_first_of("\r\n") == std::string::npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

TEST(Summary, CountsOnlyWhatIsAsBadAsTheFirst) {
  struct Row {
    const char* name;
    std::size_t high, low;
    std::string summary;
  };
  const Row rows[] = {
      {"nothing", 0, 0, ""},
      {"one block", 1, 0, "rule 0 (high) matched usr/bin/x in layer 1"},
      {"one block beside warnings", 1, 3, "rule 0 (high) matched usr/bin/x in layer 1"},
      {"two blocks", 2, 3, "rule 0 (high) matched usr/bin/x in layer 1 and 1 more"},
      {"twelve blocks", 12, 0, "rule 0 (high) matched usr/bin/x in layer 1 and 11 more"},
      {"two warnings", 0, 2, "rule 0 (low) matched usr/bin/x in layer 1 and 1 more"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(decide(Policy{}, with_findings(row.high, row.low), kNow).summary, row.summary);
  }
}

TEST(Summary, StaysWithinItsLengthAndKeepsThePlace) {
  const std::string paths[] = {std::string(5'000, 'p'), std::string(5'000, '\n'), std::string(5'000, '\\')};
  for (const auto& path : paths) {
    auto inputs = with_findings(3, 0, path);
    for (auto& f : inputs.blobs[1].result.findings) f.rule += std::string(500, '\xff');
    const auto summary = decide(Policy{}, inputs, kNow).summary;
    EXPECT_LE(summary.size(), 200u);
    EXPECT_TRUE(one_safe_line(summary));
    EXPECT_NE(summary.find(" in layer 1 and 2 more"), std::string::npos) << summary;
  }
}

TEST(Summary, LongReasonIsCutAndTheCountStays) {
  auto inputs = with_findings(1, 0);
  inputs.names.push_back({"registry", "", "", 1, Severity::critical, std::string(400, '\n')});
  const auto summary = decide(Policy{}, inputs, kNow).summary;
  EXPECT_LE(summary.size(), 200u);
  EXPECT_NE(summary.find("... and 1 more"), std::string::npos) << summary;
}

TEST(ClientLine, Whole) {
  findings::Decision decision;
  decision.summary = "rule miner_xmrig (critical) matched usr/bin/x in layer 3";
  EXPECT_EQ(client_line(decision, "7f3k2"),
            "BLOCKED by Portcullis: rule miner_xmrig (critical) matched usr/bin/x in layer 3; report 7f3k2");
  EXPECT_EQ(client_line(decision, ""),
            "BLOCKED by Portcullis: rule miner_xmrig (critical) matched usr/bin/x in layer 3");
}

TEST(ClientLine, DefaultDecisionBlocksAndSaysSomething) {
  const findings::Decision decision;
  EXPECT_EQ(decision.action, findings::Action::block);
  EXPECT_EQ(client_line(decision, "id"), "BLOCKED by Portcullis: no reason was recorded; report id");
}

TEST(ClientLine, IsBoundedWhateverItIsGiven) {
  findings::Decision decision;
  decision.summary = std::string(5'000, 'x');
  const auto line = client_line(decision, std::string(5'000, '\n'));
  EXPECT_LE(line.size(), 300u);
  EXPECT_TRUE(one_safe_line(line));
  EXPECT_NE(line.find("; report "), std::string::npos);
}

TEST(Clip, NeverCutsInsideAnEscape) {
  struct Row {
    const char* name;
    std::string text;
    std::size_t limit;
    std::string clipped;
  };
  const Row rows[] = {
      {"fits", "abc", 3, "abc"},
      {"empty", "", 3, ""},
      {"cut", "abcdefgh", 6, "abc..."},
      {"before a hex escape", R"(ab\x0Acdef)", 7, "ab..."},
      {"after a hex escape", R"(ab\x0Acdef)", 9, R"(ab\x0A...)"},
      {"before a backslash", R"(ab\\cdef)", 6, "ab..."},
      {"after a backslash", R"(ab\\cdef)", 7, R"(ab\\...)"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(clip(row.text, row.limit), row.clipped);
  }
}

}  // namespace
}  // namespace portcullis::policy
