// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <ctime>

#include "portcullis/engine/rule_set.hpp"

namespace portcullis::engine {
namespace {

constexpr std::chrono::seconds kPatience{60};  ///< for one scan of one file

/// Of this thread: what other programs do meanwhile on the same machine does not count.
std::chrono::nanoseconds processor_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

/// A set of rules with the scanner that runs it.
struct Runner {
  std::unique_ptr<RuleSet> rules;
  std::unique_ptr<Scanner> scanner;  ///< after the rules: it goes first
};

util::Result<Runner> make_runner(const std::vector<RuleFile>& files,
                                 const findings::RuleAdjustments& adjustments) {
  auto rules = compile(files, adjustments);
  if (!rules) return tl::unexpected(rules.error());
  auto scanner = (*rules)->scanner();
  if (!scanner) return tl::unexpected(scanner.error());
  return Runner{std::move(*rules), std::move(*scanner)};
}

class CompiledCostMeter final : public CostMeter {
 public:
  util::Result<void> make(const std::vector<RuleFile>& files, const findings::RuleAdjustments& adjustments) {
    auto all = make_runner(files, adjustments);
    if (!all) return tl::unexpected(all.error());
    all_ = std::move(*all);
    auto none = make_runner({}, {});
    if (!none) return tl::unexpected(none.error());
    none_ = std::move(*none);
    for (const auto& file : files) {
      auto alone = make_runner({file}, adjustments);
      if (!alone) return tl::unexpected(alone.error());
      if (alone->rules->rule_count() == 0) continue;  // set aside, or all of it disabled
      files_.push_back(file.name);
      each_.push_back(std::move(*alone));
    }
    return {};
  }

  const std::vector<std::string>& files() const override { return files_; }
  std::size_t rule_count(std::size_t which) const override { return each_[which].rules->rule_count(); }

  Measured measure(Rules rules, std::size_t which, std::span<const std::byte> content,
                   const FileContext& context) override {
    Scanner& scanner = *(rules == Rules::all ? all_ : rules == Rules::none ? none_ : each_[which]).scanner;
    const auto begin = processor_time();
    const FileVerdicts verdicts = scanner.scan_all(content, context, kPatience);
    return {processor_time() - begin, verdicts.content.outcome == findings::Outcome::complete};
  }

 private:
  Runner all_;
  Runner none_;
  std::vector<std::string> files_;
  std::vector<Runner> each_;
};

}  // namespace

util::Result<std::unique_ptr<CostMeter>> make_cost_meter(const std::vector<RuleFile>& files,
                                                         const findings::RuleAdjustments& adjustments) {
  auto meter = std::make_unique<CompiledCostMeter>();
  if (auto made = meter->make(files, adjustments); !made) return tl::unexpected(made.error());
  return meter;
}

}  // namespace portcullis::engine
