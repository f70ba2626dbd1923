// SPDX-License-Identifier: Apache-2.0
#include "bench_sample.hpp"

#include <unistd.h>

#include <algorithm>
#include <string>

#include "portcullis/util/hash.hpp"

namespace portcullis::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 500'000;        ///< that are looked at
constexpr std::uint64_t kLargestFile = 16u << 20;  ///< one of them would be all of the sample

struct Candidate {
  std::string order;
  fs::path file;
  std::uint64_t size;
};

}  // namespace

util::Result<BenchSample> pick_sample(const fs::path& directory, std::uint64_t bytes) {
  std::error_code error;
  std::vector<Candidate> candidates;
  const auto options = fs::directory_options::skip_permission_denied;
  for (auto it = fs::recursive_directory_iterator(directory, options, error);
       !error && it != fs::end(it) && candidates.size() < kMostFiles; it.increment(error)) {
    std::error_code gone;
    const auto status = it->symlink_status(gone);
    if (gone || !fs::is_regular_file(status)) continue;
    const auto size = it->file_size(gone);
    if (gone || size == 0 || size > kLargestFile || ::access(it->path().c_str(), R_OK) != 0) continue;
    candidates.push_back({util::sha256_hex(it->path().string()), it->path(), size});
  }
  if (error) {
    return util::fail(util::ErrorKind::io, "sample " + directory.string() + ": " + error.message());
  }
  std::ranges::sort(candidates, {}, &Candidate::order);
  BenchSample sample;
  for (auto& candidate : candidates) {
    if (sample.bytes >= bytes) break;
    sample.bytes += candidate.size;
    sample.files.push_back(std::move(candidate.file));
  }
  return sample;
}

}  // namespace portcullis::cli
