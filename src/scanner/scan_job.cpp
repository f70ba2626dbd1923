// SPDX-License-Identifier: Apache-2.0
#include "scan_job.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "checked_visitor.hpp"
#include "input.hpp"
#include "scan_pool.hpp"

namespace portcullis::scanner {
namespace {

using findings::Outcome;

class PoolVisitor final : public unpack::Visitor {
 public:
  PoolVisitor(ScanPool& pool, const Collected& collected, int results)
      : pool_(pool), collected_(collected), results_(results) {}
  bool entry(const unpack::Entry&) override { return true; }
  bool file(unpack::File file) override {
    pool_.push(std::move(file));
    ++files_;
    tell_progress();
    return true;
  }

 private:
  /// On the thread that reports at the end, so records do not get mixed up.
  void tell_progress() {
    constexpr std::chrono::milliseconds kEvery{250};
    const auto now = std::chrono::steady_clock::now();
    if (now < told_ + kEvery) return;
    told_ = now;
    const scan::WorkerRecord progress = scan::Progress{files_ + collected_.member_files()};
    // When nobody reads it, the report at the end fails too, and that counts.
    static_cast<void>(util::write_full(results_, util::as_bytes(scan::encode_frame(progress))));
  }

  ScanPool& pool_;
  const Collected& collected_;
  const int results_;
  std::uint64_t files_ = 0;
  std::chrono::steady_clock::time_point told_ = std::chrono::steady_clock::now();
};

/// A refusal is a finding too: it names the check and the place for whoever looks at the layer.
findings::Finding refusal(const unpack::Ending& ending) {
  findings::Finding finding;
  finding.source = findings::Source::layer_check;
  finding.rule = ending.rule;
  finding.severity = findings::Severity::medium;
  finding.description = ending.reason + " (at byte " + std::to_string(ending.offset) + " of the tar stream)";
  return finding;
}

std::vector<scan::WorkerRecord> about_known_clean(const Collected::Result& collected) {
  std::vector<scan::WorkerRecord> records;
  for (std::size_t at = 0; at < collected.clean.size(); at += scan::kMaxKeysInRecord) {
    const auto count = std::min(scan::kMaxKeysInRecord, collected.clean.size() - at);
    const auto begin = collected.clean.begin() + static_cast<std::ptrdiff_t>(at);
    records.emplace_back(scan::CleanKeys{{begin, begin + static_cast<std::ptrdiff_t>(count)}});
  }
  for (const auto& key : collected.disputes) records.emplace_back(scan::Dispute{key});
  return records;
}

/// Many of them at a time: they are small, and a system call a file would cost more than the rest.
util::Result<void> send_files(int results, const std::deque<findings::LayerFile>& files) {
  constexpr std::size_t kBatch = 64 * 1024;
  std::string batch;
  for (const auto& file : files) {
    batch += scan::encode_frame(file);
    if (batch.size() < kBatch) continue;
    if (auto sent = util::write_full(results, util::as_bytes(batch)); !sent) return sent;
    batch.clear();
  }
  return util::write_full(results, util::as_bytes(batch));
}

util::Result<void> report(int results, const unpack::Ending& ending, std::uint64_t bytes_in,
                          const Collected::Result& collected) {
  const auto send = [&](const scan::WorkerRecord& record) {
    return util::write_full(results, util::as_bytes(scan::encode_frame(record)));
  };
  for (const auto& finding : collected.findings) {
    if (auto sent = send(finding); !sent) return sent;
  }
  if (auto sent = send_files(results, collected.files); !sent) return sent;
  for (const auto& record : about_known_clean(collected)) {
    if (auto sent = send(record); !sent) return sent;
  }
  scan::FinalRecord last;
  last.clean_keys = static_cast<std::uint32_t>(collected.clean.size());
  last.findings = static_cast<std::uint32_t>(collected.findings.size());
  last.findings_truncated = collected.truncated;
  last.layer_files = static_cast<std::uint32_t>(collected.files.size());
  last.layer_files_truncated = collected.files_truncated;
  last.counts = ending.counts;
  last.counts.files += collected.members.files;
  last.counts.bytes_unpacked += collected.members.bytes_unpacked;
  last.counts.files_skipped = collected.skipped;
  last.counts.bytes_in = bytes_in;
  last.outcome = ending.code;
  last.reason = ending.reason;
  if (ending.code == Outcome::complete && collected.failure) {
    last.outcome = collected.failure->outcome;
    last.reason = collected.failure->reason;
  }
  return send(last);
}

KnownClean known_clean_of(const engine::RuleSet& rules, std::string_view version,
                          const scan::JobRequest& request, int table) {
  if (request.known_clean == scan::KnownCleanUse::off) return {};
  const std::string profile = scan::profile_id(rules.hash(), version, request.limits);
  return {request.known_clean, scan::KnownCleanTable::map(table, profile), request.sample};
}

}  // namespace

int give_up(const std::string& why) {
  std::fprintf(stderr, "worker: %s\n", why.c_str());
  return scan::kExitInternal;
}

std::uint32_t threads_of(const scan::JobRequest& request) {
  constexpr std::uint32_t kMaxThreads = 256;
  return std::clamp<std::uint32_t>(request.threads, 1, kMaxThreads);
}

int run_scan(const engine::RuleSet& rules, std::string_view version, const scan::JobRequest& request,
             const WorkerDescriptors& at, const BeforeInput& before_input) {
  const KnownClean known_clean = known_clean_of(rules, version, request, at.known_clean);
  const auto share = scan::SharedNumber::map(at.threads);
  Collected collected(request.limits.max_findings);
  const unpack::Limits limits = unpack_limits(request.limits);
  const JobContext job{
      rules,       request.limits, limits,      unpack::Spool(at.spool), unpack::make_nested_budget(limits),
      known_clean, collected,      request.kind};
  std::vector<std::unique_ptr<FileInspector>> inspectors;
  for (std::uint32_t i = 0; i < threads_of(request); ++i) {
    auto scanner = rules.scanner();
    if (!scanner) return give_up(scanner.error().message);
    inspectors.push_back(std::make_unique<FileInspector>(job, std::move(*scanner)));
  }
  ScanPool pool(std::move(inspectors), share ? &*share : nullptr);
  if (auto done = before_input(); !done) return give_up(done.error().message);

  PipeSource input(at.input);
  PoolVisitor to_pool(pool, collected, at.result);
  CheckedVisitor visitor(request, collected, to_pool);
  const unpack::Ending ending = read_input(request, limits, input, at.whole, job.spool, visitor);
  visitor.finish();
  pool.finish();
  if (ending.code == Outcome::unavailable) return give_up(ending.reason);
  if (ending.code != Outcome::complete) collected.add(refusal(ending));
  if (auto told = report(at.result, ending, input.bytes(), collected.take()); !told) {
    return give_up(told.error().message);
  }
  return scan::kExitDone;
}

}  // namespace portcullis::scanner
