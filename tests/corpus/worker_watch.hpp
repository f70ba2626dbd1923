// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace portcullis::corpus {

/// Looks at all descendants of this process every few milliseconds while it lives, and keeps the
/// largest figures: the kernel's own peak of resident memory, and what unlinked files take on disk.
class WorkerWatch {
 public:
  WorkerWatch();
  ~WorkerWatch();

  std::uint64_t peak_resident() const { return resident_; }
  std::uint64_t peak_anonymous() const { return anonymous_; }
  std::uint64_t peak_disk() const { return disk_; }

 private:
  void look();

  std::atomic<std::uint64_t> resident_ = 0;
  std::atomic<std::uint64_t> anonymous_ = 0;
  std::atomic<std::uint64_t> disk_ = 0;
  std::jthread thread_;
};

}  // namespace portcullis::corpus
