// SPDX-License-Identifier: Apache-2.0
//
// A bare layer and a directory: no image around them, so only the scanner and the policy are asked.
#include <fcntl.h>

#include "portcullis/policy/policy.hpp"
#include "portcullis/util/fd.hpp"
#include "portcullis/util/hash.hpp"
#include "scan_job.hpp"
#include "stack.hpp"

namespace portcullis::cli {
namespace {

/// Reads a file from its start, hashing as it goes.
class FileSource final : public util::ByteSource {
 public:
  explicit FileSource(util::UniqueFd file) : file_(std::move(file)) {}

  util::Result<std::size_t> read(std::span<std::byte> buffer) override {
    auto got = util::read_full(file_.get(), buffer);
    if (got) hasher_.update(buffer.first(*got));
    return got;
  }
  /// Of everything, the part that the scanner did not ask for included.
  util::Result<std::string> digest() {
    std::vector<std::byte> rest(256 * 1024);
    for (;;) {
      auto got = read(rest);
      if (!got) return tl::unexpected(got.error());
      if (*got == 0) return "sha256:" + hasher_.finish_hex();
    }
  }

 private:
  util::UniqueFd file_;
  util::Hasher hasher_;
};

Report judged(const ScanJob& job, std::string digest, std::string place, findings::ScanResult result) {
  Report report;
  report.image = job.source.original;
  report.digest = digest;
  // A directory has no digest; the empty one stands in where the policy wants some.
  const auto named = oci::Digest::parse(digest);
  const oci::Digest key = named ? *named : oci::Digest::of("");
  policy::Inputs inputs{"", "", key, {{key, place, result}}, {}, {}, {}, {}, {}};
  const findings::Decision decision = policy::decide(job.config.policy, inputs, util::SystemClock().now());
  report.verdict = verdict_of(decision);
  report.message = decision.summary;
  report.reasons = decision.reasons;
  report.blobs.push_back({std::move(digest), std::move(place), std::move(result)});
  return report;
}

Report could_not(const ScanJob& job, const util::Error& error) {
  Report report;
  report.image = job.source.original;
  report.message = error.message;
  return report;
}

}  // namespace

Report judge_layer(const ScanJob& job) {
  auto file = util::open_file(job.source.place, O_RDONLY);
  if (!file) return could_not(job, file.error());
  std::error_code no_size;
  const std::uintmax_t size = std::filesystem::file_size(job.source.place, no_size);
  util::MemoryMetrics metrics;
  auto scanner = start_scanner(job.config, metrics);
  if (!scanner) return could_not(job, scanner.error());

  FileSource source(*std::move(file));
  const scan::Job what{scan::JobKind::layer, "", job.source.place, no_size ? 0 : size};
  findings::ScanResult result = (*scanner)->scan(what, source);
  auto digest = source.digest();
  if (!digest) return could_not(job, digest.error());
  return judged(job, *std::move(digest), "layer", std::move(result));
}

Report judge_directory(const ScanJob& job) {
  auto directory = util::open_file(job.source.place, O_RDONLY | O_DIRECTORY);
  if (!directory) return could_not(job, directory.error());
  util::MemoryMetrics metrics;
  auto scanner = start_scanner(job.config, metrics);
  if (!scanner) return could_not(job, scanner.error());
  return judged(job, "", "directory", (*scanner)->scan_directory(directory->get()));
}

}  // namespace portcullis::cli
