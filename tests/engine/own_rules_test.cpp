// SPDX-License-Identifier: Apache-2.0
//
// The rules that ship with the project: each hits its samples and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "portcullis/engine/rule_set.hpp"
#include "portcullis/util/fd.hpp"
#include "samples.hpp"
#include "support/paths.hpp"
#include "support/temp_dir.hpp"

namespace portcullis {
namespace {

const engine::RuleSet& own_rules() {
  static const auto rules = [] {
    auto files = engine::read_rule_files({test::source_path("rules/yara")});
    if (!files) throw std::runtime_error(files.error().message);
    auto compiled = engine::compile(files->files);
    if (!compiled) throw std::runtime_error(compiled.error().message);
    return std::move(*compiled);
  }();
  return *rules;
}

engine::FileVerdict judge(const test::Sample& sample) {
  auto scanner = own_rules().scanner();
  if (!scanner) throw std::runtime_error(scanner.error().message);
  return engine::together(
      (*scanner)->scan_all(util::as_bytes(sample.content), {sample.path, 0}, std::chrono::seconds(60)));
}

class OwnRules : public ::testing::TestWithParam<test::Sample> {};

TEST_P(OwnRules, MatchExactly) {
  const auto verdict = judge(GetParam());
  ASSERT_EQ(verdict.outcome, findings::Outcome::complete) << verdict.reason;
  std::vector<std::string> rules;
  for (const auto& finding : verdict.findings) {
    rules.push_back(finding.rule);
    EXPECT_FALSE(finding.description.empty());
    EXPECT_FALSE(finding.techniques.empty());
    EXPECT_FALSE(finding.reference.empty());
  }
  EXPECT_THAT(rules, ::testing::UnorderedElementsAreArray(GetParam().rules));
}

INSTANTIATE_TEST_SUITE_P(Samples, OwnRules, ::testing::ValuesIn(test::rule_samples()),
                         [](const auto& row) { return row.param.name; });

TEST(OwnRulesAsASet, CompileWithoutAWarning) {
  EXPECT_TRUE(own_rules().set_aside().empty());
  for (const auto& warning : own_rules().warnings()) {
    ADD_FAILURE() << warning.file << ':' << warning.line << ": " << warning.message;
  }
}

/// Nobody's scanner should stop at a checkout of this project, ours least of all.
TEST(OwnRulesAsASet, FindNothingInTheSourcesOfTheProject) {
  const std::filesystem::path top = test::source_path();
  std::size_t files = 0;
  for (const char* part : {"src", "include", "tests", "rules", "docker", "scripts", "cmake"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(top / part)) {
      if (!entry.is_regular_file()) continue;
      ++files;
      const auto name = std::filesystem::relative(entry.path(), top).string();
      const auto verdict = judge({name, test::slurp(entry.path()), {}, name});
      for (const auto& finding : verdict.findings) ADD_FAILURE() << name << ": " << finding.rule;
    }
  }
  EXPECT_GT(files, 500u);
}

TEST(OwnRulesAsASet, EveryRuleHasASampleThatItHits) {
  std::set<std::string> hit;
  for (const auto& sample : test::rule_samples()) hit.insert(sample.rules.begin(), sample.rules.end());
  EXPECT_EQ(hit.size(), own_rules().rule_count());
}

}  // namespace
}  // namespace portcullis
