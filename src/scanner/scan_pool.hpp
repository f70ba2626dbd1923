// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "file_inspector.hpp"
#include "portcullis/scan/thread_share.hpp"

namespace portcullis::scanner {

/// The scan threads of a worker and the bounded queue of files in front of them.
class ScanPool {
 public:
  /// Returns when all threads run: a system call filter put on afterwards must not meet a thread
  /// that is still being set up.
  /// `share` says how many of the threads may be at work; none: all of them.
  explicit ScanPool(std::vector<std::unique_ptr<FileInspector>> inspectors,
                    const scan::SharedNumber* share = nullptr);
  ~ScanPool();
  ScanPool(const ScanPool&) = delete;
  ScanPool& operator=(const ScanPool&) = delete;

  /// Blocks while too many bytes are in memory: that is how the unpacker is slowed down.
  void push(unpack::File file);
  /// Returns when every file was judged. No push() afterwards.
  void finish();

 private:
  void work(std::size_t number);
  bool may_work(std::size_t number) const;

  std::mutex mutex_;
  // Several, so that a file that comes or goes wakes one thread and not all of them.
  std::condition_variable work_;      ///< for the scan threads: a file, or no more
  std::condition_variable parked_;    ///< for scan threads beyond the share
  std::condition_variable progress_;  ///< for the one thread that constructs and pushes
  std::deque<unpack::File> queue_;
  std::size_t held_ = 0;  ///< weight of the files queued and being judged
  std::size_t running_ = 0;
  bool closed_ = false;
  const std::vector<std::unique_ptr<FileInspector>> inspectors_;
  const scan::SharedNumber* const share_;
  std::vector<std::thread> threads_;
};

}  // namespace portcullis::scanner
