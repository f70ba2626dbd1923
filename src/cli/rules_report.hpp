// SPDX-License-Identifier: Apache-2.0
//
// What `portcullis rules` prints: pure functions of what was found. Text of rules, files and samples is
// hostile and is made safe here. Each ends with a newline.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/records/rule_settings.hpp"
#include "portcullis/scan/rule_costs.hpp"
#include "portcullis/scan/service.hpp"

namespace portcullis::cli {

struct RuleList {
  std::vector<findings::RuleInfo> rules;
  scan::Profile profile;
  /// Decisions that a rule stands in, by its name; none when no records were asked.
  std::optional<std::map<std::string, std::uint64_t>> hits = {};
  /// Of the same records: who changed single rules, and why.
  std::vector<records::RuleSetting> settings = {};
};
std::string as_text(const RuleList& list);
std::string as_json(const RuleList& list);

std::string as_text(const std::vector<scan::LintNote>& notes);
std::string as_json(const std::vector<scan::LintNote>& notes);

/// How one rule did on its samples.
struct RuleTest {
  std::size_t hits = 0;  ///< samples that must match
  std::size_t misses = 0;
  std::vector<std::string> failures;  ///< a line each
};
struct TestReport {
  std::map<std::string, RuleTest> rules;
  std::vector<std::string> untested;  ///< rules without any sample
  std::vector<std::string> strays;    ///< files that are no samples
  std::vector<scan::SetAside> set_aside;

  bool passed() const;
};
/// Files that are one sample count as one: a hit when any of them matched.
TestReport summarize(const std::vector<scan::SampleFile>& files, const std::vector<findings::RuleInfo>& rules,
                     const std::vector<scan::SetAside>& set_aside);
std::string as_text(const TestReport& report);
std::string as_json(const TestReport& report);

struct BenchReport {
  std::string sample;              ///< the directory
  std::uint64_t picked_bytes = 0;  ///< that were to be measured
  scan::RuleCosts costs;
};
std::string as_text(const BenchReport& report);
std::string as_json(const BenchReport& report);

}  // namespace portcullis::cli
