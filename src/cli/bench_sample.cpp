// SPDX-License-Identifier: Apache-2.0
#include "bench_sample.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <utility>

#include "portcullis/util/hash.hpp"

namespace portcullis::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 500'000;  ///< that are looked at
constexpr std::size_t kMostLibraries = 1'000;
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

std::vector<fs::path> own_files() {
  std::map<fs::path, std::uint64_t> mapped;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; mapped.size() < kMostLibraries && std::getline(maps, line);) {
    const auto slash = line.find('/');
    if (slash == line.npos) continue;
    const fs::path file = line.substr(slash);
    std::error_code gone;
    const auto size = fs::file_size(file, gone);
    if (!gone && size <= kLargestFile) mapped.emplace(file, size);
  }
  std::vector<std::pair<std::uint64_t, fs::path>> by_size;
  for (const auto& [file, size] : mapped) by_size.emplace_back(size, file);
  std::ranges::sort(by_size);
  std::vector<fs::path> files;
  for (auto& [size, file] : by_size) files.push_back(std::move(file));
  return files;
}

}  // namespace portcullis::cli
