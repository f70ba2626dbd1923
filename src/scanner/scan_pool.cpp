// SPDX-License-Identifier: Apache-2.0
#include "scan_pool.hpp"

#include <algorithm>

namespace portcullis::scanner {
namespace {

constexpr std::size_t kHeldBytes = 32u << 20;
constexpr std::size_t kLargestWeight = 16u << 20;  ///< what is larger lies in the spool, not in memory
constexpr std::size_t kSmallestWeight = 4096;      ///< so that empty files are bounded too

std::size_t weight(const unpack::File& file) {
  return std::clamp(file.content->bytes().size(), kSmallestWeight, kLargestWeight);
}

}  // namespace

ScanPool::ScanPool(std::vector<std::unique_ptr<FileInspector>> inspectors)
    : inspectors_(std::move(inspectors)) {
  for (auto& inspector : inspectors_) {
    threads_.emplace_back([this, &inspector] { work(*inspector); });
  }
  std::unique_lock lock(mutex_);
  progress_.wait(lock, [this] { return running_ == inspectors_.size(); });
}

ScanPool::~ScanPool() { finish(); }

void ScanPool::push(unpack::File file) {
  const std::size_t size = weight(file);
  std::unique_lock lock(mutex_);
  progress_.wait(lock, [&] { return held_ == 0 || held_ + size <= kHeldBytes; });
  held_ += size;
  queue_.push_back(std::move(file));
  work_.notify_one();
}

void ScanPool::finish() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    work_.notify_all();
  }
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void ScanPool::work(FileInspector& inspector) {
  std::unique_lock lock(mutex_);
  ++running_;
  progress_.notify_one();
  while (true) {
    work_.wait(lock, [this] { return closed_ || !queue_.empty(); });
    if (queue_.empty()) return;
    {
      const unpack::File file = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      inspector.inspect(file);
      lock.lock();
      held_ -= weight(file);
    }
    progress_.notify_one();
  }
}

}  // namespace portcullis::scanner
