// SPDX-License-Identifier: Apache-2.0
//
// The work of a worker in this process, without the confinement that a sanitizer's runtime does not
// survive: threads, unpacking, checks, rules and result records, over recipes and mutants.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "corpus/judge.hpp"
#include "corpus/service.hpp"
#include "portcullis/util/fd.hpp"
#include "result_reader.hpp"
#include "scan_job.hpp"
#include "support/require.hpp"

namespace portcullis::corpus {
namespace {

util::UniqueFd memory_file(std::string_view content = {}) {
  util::UniqueFd file(memfd_create("corpus", MFD_CLOEXEC));
  if (!file || !util::write_full(file.get(), util::as_bytes(content)) || lseek(file.get(), 0, SEEK_SET) != 0)
    throw std::runtime_error("memfd_create failed");
  return file;
}

std::string content_of(int file) {
  std::string text(static_cast<std::size_t>(lseek(file, 0, SEEK_END)), '\0');
  if (pread(file, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("the results cannot be read");
  return text;
}

/// What the worker says about the layer, read as the server reads it.
std::unique_ptr<scan::ResultReader> run(const engine::RuleSet& rules, const Sample& sample) {
  const util::UniqueFd input = memory_file(sample.bytes);
  const util::UniqueFd results = memory_file();
  const util::UniqueFd spool = memory_file();
  const util::UniqueFd whole = memory_file();
  scan::JobRequest request;
  request.media_type = sample.media_type;
  request.threads = 2;
  request.known_clean = scan::KnownCleanUse::on;
  const int code = scanner::run_scan(rules, "test", request,
                                     {.input = input.get(),
                                      .result = results.get(),
                                      .spool = spool.get(),
                                      .whole = whole.get(),
                                      .known_clean = -1,
                                      .threads = -1},
                                     [] { return util::Result<void>(); });
  auto reader = std::make_unique<scan::ResultReader>(request.limits.max_findings);
  EXPECT_EQ(code, scan::kExitDone) << sample.name;
  EXPECT_TRUE(reader->feed(content_of(results.get())) && reader->finish()) << reader->problem();
  return reader;
}

TEST(InProcess, CorpusThroughTheWholeWorker) {
  PORTCULLIS_REQUIRE_TOOL("python3");
  const auto rules =
      engine::compile({{"marker.yar", std::string("rule ") + kMarkerRule + " { strings: $m = \"" +
                                          kMarkerStart + "\" condition: $m }"}});
  ASSERT_TRUE(rules) << rules.error().message;
  auto samples = recipes();
  for (Sample& mutant : mutants(5, from_environment("PORTCULLIS_CORPUS_LAYERS", 12'000) / 20))
    samples.push_back(std::move(mutant));
  const auto oracle = ask_oracle(samples);
  std::size_t complete = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto results = run(**rules, samples[i]);
    ASSERT_TRUE(results->final_record()) << samples[i].name;
    if (results->final_record()->outcome != findings::Outcome::complete) continue;
    ++complete;
    const bool found = std::ranges::any_of(
        results->findings(), [](const findings::Finding& finding) { return finding.rule == kMarkerRule; });
    EXPECT_TRUE(found || oracle[i].empty()) << "MISS: " << samples[i].group << ": " << samples[i].name << "\n"
                                            << hex(samples[i].bytes);
  }
  std::printf("%-16s tried %6zu  complete %6zu\n", "in process", samples.size(), complete);
  EXPECT_GT(complete, samples.size() / 20);
}

}  // namespace
}  // namespace portcullis::corpus
