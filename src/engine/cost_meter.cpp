// SPDX-License-Identifier: Apache-2.0
#include "cost_meter.hpp"

#include <algorithm>
#include <ctime>
#include <map>

namespace portcullis::engine {
namespace {

constexpr std::chrono::seconds kPatience{60};  ///< for one scan of one file

/// Of this thread: what other programs do meanwhile on the same machine does not count.
std::chrono::nanoseconds processor_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

class YaraCostMeter final : public CostMeter {
 public:
  YaraCostMeter(std::unique_ptr<Scanner> scanner, const std::vector<YR_RULES*>& sets)
      : scanner_(std::move(scanner)) {
    std::map<std::string, std::vector<YR_RULE*>> by_file;
    for (YR_RULES* const set : sets) {
      YR_RULE* rule = nullptr;
      yr_rules_foreach(set, rule) {
        if (!RULE_IS_DISABLED(rule)) by_file[rule->ns->name].push_back(rule);
      }
    }
    for (auto& [file, rules] : by_file) {
      files_.push_back(file);
      rules_.push_back(std::move(rules));
    }
  }

  const std::vector<std::string>& files() const override { return files_; }
  std::size_t rule_count(std::size_t which) const override { return rules_[which].size(); }

  Measured measure(Rules rules, std::size_t which, std::span<const std::byte> content,
                   const FileContext& context) override {
    if (rules == Rules::all) {
      switch_all(true);
    } else {
      switch_all(false);
      if (rules == Rules::one_file) switch_file(which, true);
    }
    const auto begin = processor_time();
    const FileVerdict verdict = scanner_->scan_all(content, context, kPatience);
    const auto end = processor_time();
    if (rules == Rules::one_file) switch_file(which, false);
    return {end - begin, verdict.outcome == findings::Outcome::complete};
  }

 private:
  void switch_all(bool on) {
    if (all_on_ == on) return;
    for (std::size_t i = 0; i < rules_.size(); ++i) switch_file(i, on);
    all_on_ = on;
  }
  void switch_file(std::size_t which, bool on) {
    for (YR_RULE* const rule : rules_[which]) on ? yr_rule_enable(rule) : yr_rule_disable(rule);
  }

  std::unique_ptr<Scanner> scanner_;
  std::vector<std::string> files_;
  std::vector<std::vector<YR_RULE*>> rules_;  ///< of each file
  bool all_on_ = true;
};

}  // namespace

std::unique_ptr<CostMeter> make_cost_meter(std::unique_ptr<Scanner> scanner,
                                           const std::vector<YR_RULES*>& sets) {
  return std::make_unique<YaraCostMeter>(std::move(scanner), sets);
}

}  // namespace portcullis::engine
