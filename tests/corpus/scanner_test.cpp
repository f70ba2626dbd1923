// SPDX-License-Identifier: Apache-2.0
//
// The recipes through the real scanner: where another reader sees the marker, a complete scan has
// found it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "corpus/judge.hpp"
#include "corpus/service.hpp"
#include "support/require.hpp"

namespace portcullis::corpus {
namespace {

TEST(ScannerCorpus, Recipes) {
  PORTCULLIS_REQUIRE_TOOL("python3");
  RealScanner scanner;
  auto samples = recipes();
  for (Sample& mutant : mutants(4, 200)) samples.push_back(std::move(mutant));
  const auto oracle = ask_oracle(samples);
  std::size_t refused = 0;
  std::size_t misses = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    TextSource source(samples[i].bytes);
    const auto result = scanner.scan(source, samples[i].media_type, samples[i].bytes.size());
    if (result.outcome != findings::Outcome::complete) {
      ++refused;
      EXPECT_TRUE(result.outcome == findings::Outcome::unscannable ||
                  result.outcome == findings::Outcome::limit)
          << samples[i].name << ": " << findings::to_string(result.outcome) << ": " << result.reason;
      EXPECT_FALSE(result.findings.empty()) << "a refusal is a finding";
      continue;
    }
    const bool found = std::ranges::any_of(
        result.findings, [](const findings::Finding& finding) { return finding.rule == kMarkerRule; });
    if (found || oracle[i].empty()) continue;
    ++misses;
    ADD_FAILURE() << "MISS: " << samples[i].group << ": " << samples[i].name << "\n" << hex(samples[i].bytes);
  }
  std::printf("%-16s tried %6zu  refused %6zu  misses %zu\n", "real scanner", samples.size(), refused,
              misses);
  EXPECT_GT(refused, samples.size() / 2);
}

}  // namespace
}  // namespace portcullis::corpus
