// SPDX-License-Identifier: Apache-2.0
#include "collected.hpp"

#include <algorithm>
#include <tuple>

#include "portcullis/scan/protocol.hpp"

namespace portcullis::scanner {

using findings::Finding;

void Collected::add(Finding finding) {
  const std::lock_guard lock(mutex_);
  result_.findings.push_back(std::move(finding));
  // Twice the room, so that trimming is rare.
  if (result_.findings.size() > 2 * max_findings_) trim_locked();
}

void Collected::fail(findings::Outcome outcome, std::string reason) {
  const std::lock_guard lock(mutex_);
  if (!result_.failure) result_.failure = Failure{outcome, std::move(reason)};
}

void Collected::count_members(const findings::ScanCounts& counts) {
  const std::lock_guard lock(mutex_);
  result_.members.files += counts.files;
  result_.members.bytes_unpacked += counts.bytes_unpacked;
}

std::uint64_t Collected::member_files() const {
  const std::lock_guard lock(mutex_);
  return result_.members.files;
}

void Collected::count_skipped() {
  const std::lock_guard lock(mutex_);
  ++result_.skipped;
}

void Collected::add_clean(std::span<const scan::CleanKey> keys) {
  const std::lock_guard lock(mutex_);
  if (result_.clean.size() + keys.size() > scan::kMaxCleanKeys) return;
  result_.clean.insert(result_.clean.end(), keys.begin(), keys.end());
}

void Collected::remember_clean(std::span<const scan::CleanKey> keys) {
  const std::lock_guard lock(mutex_);
  for (const auto& key : keys) {
    if (remembered_.size() < kMaxRemembered) remembered_.insert(key);
  }
}

bool Collected::found_clean(const scan::CleanKey& key) const {
  const std::lock_guard lock(mutex_);
  return remembered_.contains(key);
}

void Collected::add_dispute(const scan::CleanKey& key) {
  const std::lock_guard lock(mutex_);
  if (result_.disputes.size() < scan::kMaxDisputes) result_.disputes.push_back(key);
}

void Collected::add_file(findings::LayerFile file) {
  const std::lock_guard lock(mutex_);
  const std::size_t bytes = path_bytes_ + file.path.size();
  if (result_.files.size() >= findings::kMaxLayerFiles || bytes > findings::kMaxLayerPathBytes) {
    result_.files_truncated = true;
    return;
  }
  path_bytes_ = bytes;
  result_.files.push_back(std::move(file));
}

void Collected::trim_locked() {
  const auto key = [](const Finding& finding) {
    return std::tie(finding.path, finding.rule_namespace, finding.rule);
  };
  std::ranges::sort(result_.findings, [&](const Finding& a, const Finding& b) {
    return a.severity != b.severity ? a.severity > b.severity : key(a) < key(b);
  });
  if (result_.findings.size() <= max_findings_) return;
  result_.findings.resize(max_findings_);
  result_.truncated = true;
}

Collected::Result Collected::take() {
  const std::lock_guard lock(mutex_);
  trim_locked();
  std::ranges::sort(result_.files, {},
                    [](const findings::LayerFile& file) { return std::tie(file.path, file.hash); });
  return std::move(result_);
}

}  // namespace portcullis::scanner
