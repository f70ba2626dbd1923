// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "portcullis/findings/layer_file.hpp"
#include "portcullis/findings/scan_result.hpp"
#include "portcullis/scan/known_clean.hpp"

namespace portcullis::scanner {

/// What the scan threads of one job bring together. Thread-safe, bounded: of too many findings the
/// worst are kept.
class Collected {
 public:
  struct Failure {
    findings::Outcome outcome;
    std::string reason;
  };

  explicit Collected(std::size_t max_findings) : max_findings_(max_findings) {}

  void add(findings::Finding finding);
  /// One file could not be judged. The first failure is the job's; the scan goes on, because what
  /// else is in the layer matters to whoever looks at it.
  void fail(findings::Outcome outcome, std::string reason);
  void count_members(const findings::ScanCounts& counts);
  /// Files in archives, so far.
  std::uint64_t member_files() const;
  void count_skipped();
  void add_clean(std::span<const scan::CleanKey> keys);
  /// What this job itself found clean, so that the next file like it need not be looked at. As many as
  /// kMaxRemembered keys are kept; what is beyond is looked at again.
  void remember_clean(std::span<const scan::CleanKey> keys);
  bool found_clean(const scan::CleanKey& key) const;
  void add_dispute(const scan::CleanKey& key);
  /// For the inventory. What does not fit is left out and the inventory marked as truncated.
  void add_file(findings::LayerFile file);

  struct Result {
    std::vector<findings::Finding> findings;  ///< worst first, the same order in every run
    bool truncated = false;
    std::optional<Failure> failure;
    findings::ScanCounts members;
    std::uint64_t skipped = 0;
    std::deque<scan::CleanKey> clean;  ///< grows without being copied; at most scan::kMaxCleanKeys
    std::vector<scan::CleanKey> disputes;
    std::deque<findings::LayerFile> files;  ///< by path
    bool files_truncated = false;
  };
  Result take();

 private:
  static constexpr std::size_t kMaxRemembered = 1u << 16;
  struct FirstBytes {
    std::size_t operator()(const scan::CleanKey& key) const {
      std::size_t value = 0;
      std::memcpy(&value, key.data(), sizeof value);  // of a SHA-256: as good as any hash
      return value;
    }
  };

  void trim_locked();

  mutable std::mutex mutex_;
  const std::size_t max_findings_;
  Result result_;
  std::size_t path_bytes_ = 0;  ///< of result_.files
  std::unordered_set<scan::CleanKey, FirstBytes> remembered_;
};

}  // namespace portcullis::scanner
