// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>

#include "file_inspector.hpp"
#include "input.hpp"
#include "question.hpp"
#include "scan_job.hpp"

namespace portcullis::scanner {
namespace {

using findings::Outcome;
using scan::RuleCost;
using scan::SampleKind;

/// Takes the files of a sample one by one, and then says what is still to be said.
class SampleVisitor : public unpack::Visitor {
 public:
  explicit SampleVisitor(AnswerWriter& out) : out_(out) {}
  bool entry(const unpack::Entry&) final { return true; }
  virtual void finish() {}
  /// The first answer that could not be given.
  const std::optional<util::Error>& failure() const { return failure_; }

 protected:
  void tell(scan::Answer answer) {
    if (failure_) return;
    if (auto told = out_.send(answer); !told) failure_ = told.error();
  }

 private:
  AnswerWriter& out_;
  std::optional<util::Error> failure_;
};

/// Why no file can be a sample of these rules; empty when it can.
std::string untestable(const std::vector<const findings::RuleInfo*>& rules) {
  if (rules.empty()) return "there is no rule of this name";
  const auto all = [&](auto what) {
    return std::ranges::all_of(rules, [&](const auto* rule) { return rule->*what; });
  };
  if (all(&findings::RuleInfo::disabled)) return "the rule is disabled";
  if (all(&findings::RuleInfo::helper)) return "the rule is private and never matches by itself";
  return {};
}

class Tester final : public SampleVisitor {
 public:
  Tester(const engine::RuleSet& rules, std::unique_ptr<engine::Scanner> scanner, const scan::JobRequest& job,
         AnswerWriter& out)
      : SampleVisitor(out), rules_(rules.describe()), scanner_(std::move(scanner)), job_(job) {
    for (const auto& rule : rules_) by_name_[rule.identifier].push_back(&rule);
  }

  bool file(unpack::File file) override {
    const auto place = scan::sample_place(file.entry.path);
    scan::SampleFile answer{.path = file.entry.path};
    if (place.kind != SampleKind::none) {
      answer.problem = untestable(by_name_[place.rule]);
      if (answer.problem.empty()) run(place, *file.content, answer);
    }
    tell(std::move(answer));
    return true;
  }

 private:
  void run(const scan::SamplePlace& place, const unpack::Content& content, scan::SampleFile& answer) {
    const auto verdict = engine::together(
        scanner_->scan_all(content.bytes(), {place.image_path, 0}, job_.limits.file_timeout));
    answer.matched = std::ranges::any_of(verdict.findings,
                                         [&](const auto& finding) { return finding.rule == place.rule; });
    if (verdict.outcome != Outcome::complete) answer.problem = verdict.reason;
  }

  const std::vector<findings::RuleInfo> rules_;
  std::map<std::string, std::vector<const findings::RuleInfo*>> by_name_;
  std::unique_ptr<engine::Scanner> scanner_;
  const scan::JobRequest& job_;
};

class Bench final : public SampleVisitor {
 public:
  Bench(std::unique_ptr<engine::CostMeter> meter, std::chrono::seconds patience, AnswerWriter& out)
      : SampleVisitor(out), meter_(std::move(meter)), until_(Clock::now() + patience) {
    const auto& files = meter_->files();
    costs_.push_back({.of = RuleCost::Of::all});
    costs_.push_back({.of = RuleCost::Of::none});
    for (std::size_t i = 0; i < files.size(); ++i) {
      costs_.front().rules += meter_->rule_count(i);
      costs_.push_back({.of = RuleCost::Of::file, .file = files[i], .rules = meter_->rule_count(i)});
    }
  }

  /// What comes after `until_` is only read to its end.
  bool file(unpack::File file) override {
    if (Clock::now() >= until_) return true;
    using Rules = engine::CostMeter::Rules;
    const auto measure = [&](RuleCost& cost, Rules rules, std::size_t which) {
      const auto bytes = file.content->bytes();
      const auto measured = meter_->measure(rules, which, bytes, {file.entry.path, file.entry.uid});
      ++cost.files;
      cost.bytes += bytes.size();
      cost.failed += measured.complete ? 0 : 1;
      return static_cast<std::uint64_t>(measured.time.count());
    };
    // Once for nothing: the first look at new bytes pays for the processor's caches.
    RuleCost nothing;
    measure(nothing, Rules::none, 0);
    costs_[0].nanoseconds += measure(costs_[0], Rules::all, 0);
    const std::uint64_t without = measure(costs_[1], Rules::none, 0);
    costs_[1].nanoseconds += without;
    for (std::size_t i = 2; i < costs_.size(); ++i) {
      const std::uint64_t with = measure(costs_[i], Rules::one_file, i - 2);
      costs_[i].nanoseconds += with - std::min(with, without);
    }
    return true;
  }

  void finish() override {
    for (auto& cost : costs_) tell(std::move(cost));
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::unique_ptr<engine::CostMeter> meter_;
  const Clock::time_point until_;
  std::vector<RuleCost> costs_;  ///< all, none, and then each file
};

int run(SampleVisitor& visitor, AnswerWriter& out, const scan::JobRequest& request,
        const WorkerDescriptors& at) {
  if (auto done = lock_down(request); !done) return give_up(done.error().message);
  PipeSource input(at.input);
  const unpack::Ending ending =
      read_input(request, unpack_limits(request.limits), input, at.whole, unpack::Spool(at.spool), visitor);
  if (ending.code == Outcome::unavailable) return give_up(ending.reason);
  if (ending.code == Outcome::complete) visitor.finish();
  scan::FinalRecord last;
  last.outcome = ending.code;
  last.reason = ending.reason;
  last.counts = ending.counts;
  last.counts.bytes_in = input.bytes();
  if (const auto& failure = visitor.failure()) {
    if (failure->kind != util::ErrorKind::limit) return give_up(failure->message);
    last.outcome = Outcome::limit;
    last.reason = failure->message;
  }
  if (auto told = out.finish(std::move(last)); !told) return give_up(told.error().message);
  return scan::kExitDone;
}

}  // namespace

int run_test_question(const engine::RuleSet& rules, const scan::JobRequest& request,
                      const WorkerDescriptors& at) {
  AnswerWriter out(at.result);
  auto scanner = rules.scanner();
  if (!scanner) return give_up(scanner.error().message);
  Tester tester(rules, std::move(*scanner), request, out);
  return run(tester, out, request, at);
}

int run_bench_question(const RuleTexts& texts, const scan::JobRequest& request, const WorkerDescriptors& at) {
  // It measures its own processor time, so nobody who waits for a scan need wait for it.
  constexpr int kAfterScans = 10;
  setpriority(PRIO_PROCESS, 0, kAfterScans);
  AnswerWriter out(at.result);
  auto meter = engine::make_cost_meter(texts.files, texts.adjustments);
  if (!meter) return give_up(meter.error().message);
  Bench bench(std::move(*meter), request.bench_patience, out);
  return run(bench, out, request, at);
}

}  // namespace portcullis::scanner
