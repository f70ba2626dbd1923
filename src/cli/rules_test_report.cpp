// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "rules_format.hpp"
#include "rules_report.hpp"

namespace portcullis::cli {
namespace {

using scan::SampleKind;
using util::safe_text;

constexpr std::size_t kShown = 20;  ///< of a list of names

struct Sample {
  scan::SamplePlace place;
  bool matched = false;
  std::string problem;
};

std::string few(const std::vector<std::string>& names) {
  const auto shown = std::min(names.size(), kShown);
  std::string text = joined_texts({names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown)}, ", ");
  if (names.size() > shown) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

void judge(const Sample& sample, RuleTest& rule) {
  const bool hit = sample.place.kind == SampleKind::hit;
  ++(hit ? rule.hits : rule.misses);
  if (!sample.problem.empty()) {
    rule.failures.push_back(sample.place.sample + ": " + sample.problem);
  } else if (sample.matched != hit) {
    rule.failures.push_back(sample.place.sample + (hit ? ": did not match" : ": matched"));
  }
}

std::size_t failed_rules(const TestReport& report) {
  return static_cast<std::size_t>(
      std::ranges::count_if(report.rules, [](const auto& rule) { return !rule.second.failures.empty(); }));
}

}  // namespace

bool TestReport::passed() const { return set_aside.empty() && failed_rules(*this) == 0; }

TestReport summarize(const std::vector<scan::SampleFile>& files, const std::vector<findings::RuleInfo>& rules,
                     const std::vector<scan::SetAside>& set_aside) {
  TestReport report;
  report.set_aside = set_aside;
  std::map<std::string, Sample> samples;
  for (const auto& file : files) {
    auto place = scan::sample_place(file.path);
    if (place.kind == SampleKind::none) {
      report.strays.push_back(file.path);
      continue;
    }
    Sample& sample = samples[place.sample];
    sample.place = std::move(place);
    sample.matched = sample.matched || file.matched;
    if (sample.problem.empty()) sample.problem = file.problem;
  }
  for (const auto& [name, sample] : samples) judge(sample, report.rules[sample.place.rule]);
  std::set<std::string> untested;
  for (const auto& rule : rules) {
    if (!rule.helper && !rule.disabled && !report.rules.contains(rule.identifier))
      untested.insert(rule.identifier);
  }
  report.untested.assign(untested.begin(), untested.end());
  return report;
}

std::string as_text(const TestReport& report) {
  std::string text;
  for (const auto& file : report.set_aside) {
    text += "FAIL  " + prose(file.file) + " cannot be used: " + prose(file.message) + "\n";
  }
  for (const auto& [name, rule] : report.rules) {
    text += rule.failures.empty() ? "ok    " : "FAIL  ";
    text +=
        safe_text(name) + "  " + std::to_string(rule.hits) + " hit, " + std::to_string(rule.misses) + " miss";
    if (rule.hits == 0) text += "  (no sample that it must hit)";
    if (rule.misses == 0) text += "  (no sample that it must miss)";
    text += "\n";
    for (const auto& failure : rule.failures) text += "        " + prose(failure) + "\n";
  }
  text +=
      counted(report.rules.size(), "rule") + " tested, " + std::to_string(failed_rules(report)) + " failed";
  if (!report.untested.empty()) {
    text += "; " + counted(report.untested.size(), "rule") + " without samples: " + few(report.untested);
  }
  text += "\n";
  if (!report.strays.empty()) {
    text += counted(report.strays.size(), "file") +
            " not at RULE/hit-NAME or RULE/miss-NAME: " + few(report.strays) + "\n";
  }
  return text;
}

std::string as_json(const TestReport& report) {
  OrderedJson rules = OrderedJson::array();
  for (const auto& [name, rule] : report.rules) {
    rules.push_back({{"rule", safe_text(name)},
                     {"passed", rule.failures.empty()},
                     {"hits", rule.hits},
                     {"misses", rule.misses},
                     {"failures", json_texts(rule.failures)}});
  }
  OrderedJson aside = OrderedJson::array();
  for (const auto& file : report.set_aside) {
    aside.push_back({{"file", prose(file.file)}, {"reason", prose(file.message)}});
  }
  return printed({{"passed", report.passed()},
                  {"rules", std::move(rules)},
                  {"untested", json_texts(report.untested)},
                  {"not_samples", json_texts(report.strays)},
                  {"set_aside", std::move(aside)}});
}

}  // namespace portcullis::cli
