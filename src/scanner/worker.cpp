// SPDX-License-Identifier: Apache-2.0
#include "worker.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <new>

#include "checked_visitor.hpp"
#include "input.hpp"
#include "portcullis/sandbox/sandbox.hpp"
#include "scan_pool.hpp"

namespace portcullis::scanner {
namespace {

using findings::Outcome;

constexpr std::uint32_t kMaxThreads = 256;

class PoolVisitor final : public unpack::Visitor {
 public:
  explicit PoolVisitor(ScanPool& pool) : pool_(pool) {}
  bool entry(const unpack::Entry&) override { return true; }
  bool file(unpack::File file) override {
    pool_.push(std::move(file));
    return true;
  }

 private:
  ScanPool& pool_;
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

util::Result<void> report(int results, const unpack::Ending& ending, std::uint64_t bytes_in,
                          const Collected::Result& collected) {
  const auto send = [&](const scan::WorkerRecord& record) {
    return util::write_full(results, util::as_bytes(scan::encode_frame(record)));
  };
  for (const auto& finding : collected.findings) {
    if (auto sent = send(finding); !sent) return sent;
  }
  for (const auto& record : about_known_clean(collected)) {
    if (auto sent = send(record); !sent) return sent;
  }
  scan::FinalRecord last;
  last.clean_keys = static_cast<std::uint32_t>(collected.clean.size());
  last.findings = static_cast<std::uint32_t>(collected.findings.size());
  last.findings_truncated = collected.truncated;
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

sandbox::Limits sandbox_limits(const scan::Limits& limits, std::uint32_t threads) {
  const std::uint64_t bytes = limits.unpacked_bytes + limits.nested_bytes;
  const auto longest =
      limits.base_time + std::chrono::seconds(bytes / std::max<std::uint64_t>(limits.floor_rate, 1));
  // Every thread but the first comes with a stack of its own, used or not.
  constexpr std::uint64_t kStack = 8u << 20;
  return {.memory_bytes = limits.memory_bytes + (threads - 1) * kStack,
          .cpu_time = longest * threads,
          .largest_file = bytes};
}

int run_worker(const engine::RuleSet& rules, std::string_view version, const scan::JobRequest& request,
               const WorkerDescriptors& at) {
  std::set_new_handler([] { _exit(scan::kExitOutOfMemory); });
  const std::uint32_t threads = std::clamp<std::uint32_t>(request.threads, 1, kMaxThreads);

  const KnownClean known_clean = known_clean_of(rules, version, request, at.known_clean);
  const auto share = scan::SharedNumber::map(at.threads);

  // The order is the whole point. Warm-up was before the fork. Landlock binds only threads that come
  // after it, the system call filter all there are: so process, threads, filter, and only then the
  // first byte of input.
  if (auto done = sandbox::confine_process(sandbox_limits(request.limits, threads)); !done) {
    return give_up(done.error().message);
  }
  Collected collected(request.limits.max_findings);
  const unpack::Limits limits = unpack_limits(request.limits);
  const JobContext job{
      rules,       request.limits, limits, unpack::Spool(at.spool), unpack::make_nested_budget(limits),
      known_clean, collected};
  std::vector<std::unique_ptr<FileInspector>> inspectors;
  for (std::uint32_t i = 0; i < threads; ++i) {
    auto scanner = rules.scanner();
    if (!scanner) return give_up(scanner.error().message);
    inspectors.push_back(std::make_unique<FileInspector>(job, std::move(*scanner)));
  }
  ScanPool pool(std::move(inspectors), share ? &*share : nullptr);
  if (auto done = sandbox::confine_system_calls(); !done) return give_up(done.error().message);

  PipeSource input(at.input);
  PoolVisitor to_pool(pool);
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
