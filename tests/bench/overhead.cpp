// SPDX-License-Identifier: Apache-2.0
//
// What the sandbox and the pipes cost: the same layer, rules and thread count, scanned in this process
// and by the scan service in turn. `overhead SCANNER RULES LAYER [RUNS]`; see scripts/bench.
#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "portcullis/engine/rule_set.hpp"
#include "portcullis/scan/service.hpp"
#include "portcullis/util/fd.hpp"
#include "portcullis/util/metrics.hpp"
#include "scan_job.hpp"
#include "warm_up.hpp"

namespace portcullis::scanner {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "overhead: %s\n", why.c_str());
  std::exit(1);
}

class FileSource final : public util::ByteSource {
 public:
  explicit FileSource(const char* path) {
    auto file = util::open_file(path, O_RDONLY);
    if (!file) die(file.error().message);
    file_ = *std::move(file);
  }
  util::Result<std::size_t> read(std::span<std::byte> buffer) override {
    return util::read_full(file_.get(), buffer);
  }

 private:
  util::UniqueFd file_;
};

double in_process(const engine::RuleSet& rules, const char* layer, unsigned threads) {
  const auto start = Clock::now();
  auto input = util::open_file(layer, O_RDONLY);
  if (!input) die(input.error().message);
  const util::UniqueFd spool(memfd_create("spool", MFD_CLOEXEC));
  const util::UniqueFd whole(memfd_create("whole", MFD_CLOEXEC));
  const util::UniqueFd results(memfd_create("results", MFD_CLOEXEC));
  scan::JobRequest request;
  request.threads = threads;
  const int code = run_scan(rules, "overhead", request,
                            {.input = input->get(),
                             .result = results.get(),
                             .spool = spool.get(),
                             .whole = whole.get(),
                             .known_clean = -1,
                             .threads = -1},
                            [] { return util::Result<void>(); });
  if (code != scan::kExitDone) die("the scan in this process failed");
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double by_service(scan::Service& service, const char* layer) {
  const auto start = Clock::now();
  FileSource source(layer);
  const auto result = service.scan({scan::JobKind::layer, "", "bench", 0}, source);
  if (result.outcome != findings::Outcome::complete) die(result.reason);
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int run(int argc, char** argv) {
  if (argc < 4) die("usage: overhead SCANNER RULES LAYER [RUNS]");
  const int runs = argc > 4 ? std::atoi(argv[4]) : 5;
  const unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  scan::Options options;
  options.scanner = argv[1];
  options.rules = {argv[2]};
  options.workers = 1;  // so that one job gets all threads, as in this process
  options.threads = threads;
  options.known_clean.use = scan::KnownCleanUse::off;
  util::MemoryMetrics metrics;
  auto service = scan::start(options, metrics);
  if (!service) die(service.error().message);

  warm_up();
  auto files = engine::read_rule_files({argv[2]});
  if (!files) die(files.error().message);
  auto rules = engine::compile(files->files);
  if (!rules) die(rules.error().message);

  std::vector<double> inside;
  std::vector<double> outside;
  std::vector<double> ratios;
  for (int i = 0; i < runs; ++i) {
    inside.push_back(in_process(**rules, argv[3], threads));
    outside.push_back(by_service(**service, argv[3]));
    ratios.push_back(outside.back() / inside.back());
  }
  std::printf("%.3f %.3f %.3f\n", median(outside), median(inside), median(ratios));
  return 0;
}

}  // namespace
}  // namespace portcullis::scanner

int main(int argc, char** argv) { return portcullis::scanner::run(argc, argv); }
