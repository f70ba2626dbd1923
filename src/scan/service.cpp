// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <csignal>
#include <thread>

#include "answers.hpp"
#include "directory_source.hpp"
#include "file_list_source.hpp"
#include "known_clean_store.hpp"
#include "portcullis/scan/thread_share.hpp"
#include "portcullis/util/log.hpp"
#include "run_job.hpp"
#include "slots.hpp"
#include "supervisor.hpp"

namespace portcullis::scan {
namespace {

using findings::Outcome;
using findings::ScanResult;

constexpr std::size_t kMaxScanThreads = 256;

ScanResult unavailable(std::string reason) {
  ScanResult result;
  result.outcome = Outcome::unavailable;
  result.reason = std::move(reason);
  return result;
}

/// What a job without input gets. It has no state, so jobs may share it.
class EmptySource final : public util::ByteSource {
 public:
  util::Result<std::size_t> read(std::span<std::byte>) override { return 0; }
};

class ServiceImpl final : public Service {
 public:
  ServiceImpl(const Options& options, util::Metrics& metrics, std::unique_ptr<Supervisor> supervisor)
      : options_(options),
        metrics_(metrics),
        supervisor_(std::move(supervisor)),
        known_clean_(KnownCleanStore::open(options.known_clean, metrics)),
        threads_(total_threads(options)),
        slots_(options.workers, options.queue, metrics) {
    metrics_.gauge("portcullis_scan_workers_limit", {},
                   static_cast<double>(std::max<std::size_t>(options.workers, 1)));
    // An alert on the first crash needs the zero before it.
    for (const Outcome outcome : findings::kAllOutcomes) count(outcome, 0);
    metrics_.count("portcullis_scanner_restarts_total", {}, 0);
    metrics_.count("portcullis_known_clean_disagreements_total", {}, 0);
  }
  /// Waits for callers: their sources must have come to an end by then.
  ~ServiceImpl() override {
    ServiceImpl::stop();
    slots_.wait_idle();
  }

  Profile profile() const override { return supervisor_->profile(); }
  std::string profile_id() const override { return supervisor_->profile_id(); }
  bool ready() const override { return supervisor_->ready(); }
  util::Result<Profile> reload(const RuleOptions& rules) override { return supervisor_->reload(rules); }

  ScanResult scan(const Job& job, util::ByteSource& source) override {
    JobInput input;
    input.request.kind = job.kind;
    input.request.media_type = job.media_type;
    input.source = &source;
    input.size_hint = job.size_hint;
    input.files = job.files;
    return run(std::move(input), job.label);
  }

  ScanResult scan_directory(int directory) override {
    DirectorySource source(directory);
    return scan({.kind = JobKind::directory, .media_type = {}, .label = "directory", .size_hint = 0}, source);
  }

  util::Result<ArchiveListing> list_archive(util::ByteSource& archive, util::ByteSink& unpacked) override {
    ArchiveTaker answers(unpacked);
    JobInput input;
    input.request.kind = JobKind::archive;
    input.source = &archive;
    input.answers = &answers;
    return answers.conclude(ask(std::move(input), "image archive"));
  }

  util::Result<std::vector<findings::RuleInfo>> list_rules() override {
    return list<findings::RuleInfo>(about_rules(RulesQuestion::list), "rules", kMaxRules);
  }

  util::Result<std::vector<LintNote>> lint_rules() override {
    return list<LintNote>(about_rules(RulesQuestion::lint), "rules", kMaxLintNotes);
  }

  util::Result<std::vector<SampleFile>> test_rules(int directory) override {
    DirectorySource samples(directory);
    JobInput input = about_rules(RulesQuestion::test);
    input.source = &samples;
    return list<SampleFile>(std::move(input), "rule samples", kMaxSampleFiles);
  }

  util::Result<std::vector<RuleCost>> bench_rules(const std::vector<std::filesystem::path>& sample,
                                                  std::chrono::seconds patience) override {
    FileListSource files(sample);
    JobInput input = about_rules(RulesQuestion::bench);
    input.request.bench_patience = patience;
    input.source = &files;
    return list<RuleCost>(std::move(input), "cost of the rules", kMaxRules);
  }

  void revoke(const std::string& label) override {
    if (known_clean_) known_clean_->revoke(label);
  }

  void stop() override {
    slots_.stop();
    supervisor_->stop();
  }

 private:
  static std::uint32_t total_threads(const Options& options) {
    if (options.threads == 0) return std::max(1u, std::thread::hardware_concurrency());
    return static_cast<std::uint32_t>(std::min(options.threads, kMaxScanThreads));
  }

  void count(Outcome outcome, double by) {
    metrics_.count("portcullis_scans_total", {{"outcome", findings::to_string(outcome)}}, by);
  }

  JobInput about_rules(RulesQuestion question) {
    JobInput input;
    input.request.kind = JobKind::rules;
    input.request.question = question;
    input.source = &no_input_;
    return input;
  }

  template <class T>
  util::Result<std::vector<T>> list(JobInput input, const std::string& what, std::size_t most) {
    ListTaker<T> answers(most);
    input.answers = &answers;
    if (auto asked = answered(ask(std::move(input), what)); !asked) return tl::unexpected(asked.error());
    return std::move(answers.items);
  }

  /// A question finds nothing, and nothing is remembered of it.
  ScanResult ask(JobInput input, const std::string& what) {
    input.request.limits = options_.limits;
    input.request.limits.base_time += input.request.bench_patience;
    ScanResult result = run_in_slot(input, what);
    if (result.outcome != Outcome::complete) {
      util::log::warn(
          "question to the scanner not answered",
          {{"about", what}, {"outcome", findings::to_string(result.outcome)}, {"reason", result.reason}});
    }
    return result;
  }

  ScanResult run(JobInput input, const std::string& label) {
    input.request.limits = options_.limits;
    input.request.threads = threads_.total();
    input.request.known_clean = known_clean_ ? KnownCleanUse::on : KnownCleanUse::off;
    input.request.sample = std::max<std::uint32_t>(options_.known_clean.sample, 1);
    const auto begin = std::chrono::steady_clock::now();
    std::uint64_t counted = 0;
    const auto count_files = [this, &counted](std::uint64_t files) {
      if (files <= counted) return;
      metrics_.count("portcullis_scan_files_total", {}, static_cast<double>(files - counted));
      counted = files;
    };
    input.on_files = count_files;
    ScanResult result = run_in_slot(input, label);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    count(result.outcome, 1);
    metrics_.observe("portcullis_scan_seconds", {}, took.count());
    count_files(result.counts.files);
    metrics_.count("portcullis_scan_unpacked_bytes_total", {},
                   static_cast<double>(result.counts.bytes_unpacked));
    for (const auto& finding : result.findings) {
      metrics_.count("portcullis_findings_total", {{"severity", findings::to_string(finding.severity)}});
    }
    if (result.outcome != Outcome::complete) {
      util::log::warn(
          "scan not complete",
          {{"blob", label}, {"outcome", findings::to_string(result.outcome)}, {"reason", result.reason}});
    }
    return result;
  }

  ScanResult run_in_slot(JobInput& input, const std::string& label) {
    const auto begin = std::chrono::steady_clock::now();
    const auto slot = slots_.acquire();
    const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - begin;
    metrics_.observe("portcullis_scan_queue_seconds", {}, waited.count());
    if (!slot) return unavailable(slot.error().message);
    // A question has no files to share out.
    std::unique_ptr<ThreadShares::Share> share;
    if (input.answers == nullptr) {
      auto joined = threads_.join();
      if (!joined) return unavailable(joined.error().message);
      share = std::move(*joined);
    }
    input.slot = slot->get();
    // Until the worker runs nothing was taken from the source, so a fork server that dies under our
    // hands costs another try, not the job.
    while (true) {
      auto process = supervisor_->acquire();
      if (!process) return unavailable(process.error().message);
      const std::string& profile = (*process)->profile().id;
      auto pipes = JobPipes::make(options_.spool, newest_known_clean(profile), share ? share->fd() : -1);
      if (!pipes) return unavailable(pipes.error().message);
      auto worker = (*process)->submit(input.request, pipes->to_send());
      if (!worker) {
        if (!(*process)->alive()) continue;
        return unavailable(worker.error().message);
      }
      JobReport report = supervise(**worker, input, std::move(*pipes));
      (*process)->forget(*worker);
      if (input.files != nullptr) *input.files = std::move(report.files);
      if (input.request.known_clean == KnownCleanUse::on) learn(input.request.kind, profile, label, report);
      return std::move(report.result);
    }
  }

  util::UniqueFd newest_known_clean(const std::string& profile) {
    if (!known_clean_) return {};
    known_clean_->adopt(profile);
    return known_clean_->newest(profile);
  }

  /// The policy is not known here, so only layers that hardly any policy minds contribute. Those that
  /// do not get so far for a reason of ours (unavailable) keep what they contributed before.
  void learn(JobKind kind, const std::string& profile, const std::string& label, JobReport& report) {
    const ScanResult& result = report.result;
    metrics_.count("portcullis_known_clean_hits_total", {}, static_cast<double>(result.counts.files_skipped));
    known_clean_->dispute(profile, label, report.disputed);
    if (kind == JobKind::directory || result.outcome == Outcome::unavailable) return;
    const bool harmless =
        result.outcome == Outcome::complete && std::ranges::none_of(result.findings, [](const auto& finding) {
          return finding.severity >= findings::Severity::medium;
        });
    if (!harmless) {
      known_clean_->revoke(label);
    } else if (report.disputed.empty()) {
      known_clean_->contribute(profile, label, std::move(report.clean));
    }
  }

  EmptySource no_input_;
  const Options options_;
  util::Metrics& metrics_;
  std::unique_ptr<Supervisor> supervisor_;
  std::unique_ptr<KnownCleanStore> known_clean_;  ///< may be none
  ThreadShares threads_;
  Slots slots_;
};

}  // namespace

util::Result<std::unique_ptr<Service>> start(const Options& given, util::Metrics& metrics) {
  // Writing to a worker that died must be an error code here, not the end of the server.
  std::signal(SIGPIPE, SIG_IGN);
  Options options = given;
  if (options.spool.empty()) options.spool = std::filesystem::temp_directory_path();
  auto supervisor = Supervisor::start(options, metrics);
  if (!supervisor) return tl::unexpected(supervisor.error());
  return std::make_unique<ServiceImpl>(options, metrics, std::move(*supervisor));
}

}  // namespace portcullis::scan
