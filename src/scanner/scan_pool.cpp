// SPDX-License-Identifier: Apache-2.0
#include "scan_pool.hpp"

#include <algorithm>
#include <chrono>

namespace portcullis::scanner {
namespace {

constexpr std::size_t kHeldBytes = 32u << 20;
constexpr std::size_t kLargestWeight = 16u << 20;  ///< what is larger lies in the spool, not in memory
constexpr auto kParked = std::chrono::milliseconds(5);
constexpr std::size_t kSmallestWeight = 4096;  ///< so that empty files are bounded too

std::size_t weight(const unpack::File& file) {
  return std::clamp(file.content->bytes().size(), kSmallestWeight, kLargestWeight);
}

}  // namespace

ScanPool::ScanPool(std::vector<std::unique_ptr<FileInspector>> inspectors, const scan::SharedNumber* share)
    : inspectors_(std::move(inspectors)), share_(share) {
  for (std::size_t number = 0; number < inspectors_.size(); ++number) {
    threads_.emplace_back([this, number] { work(number); });
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
    parked_.notify_all();
  }
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

/// The first thread always may.
bool ScanPool::may_work(std::size_t number) const {
  return number == 0 || share_ == nullptr || number < share_->get();
}

void ScanPool::work(std::size_t number) {
  FileInspector& inspector = *inspectors_[number];
  std::unique_lock lock(mutex_);
  ++running_;
  progress_.notify_one();
  while (true) {
    work_.wait(lock, [this] { return closed_ || !queue_.empty(); });
    if (queue_.empty()) return;
    if (!may_work(number)) {
      work_.notify_one();  // what woke this one may have been meant for another
      // The server changes the number without a word, so it is looked at again and again.
      parked_.wait_for(lock, kParked, [&] { return queue_.empty() && closed_; });
      continue;
    }
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
