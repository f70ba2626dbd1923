// SPDX-License-Identifier: Apache-2.0
#include "worker_pool.hpp"

#include <system_error>
#include <utility>

#include "portcullis/util/log.hpp"

namespace portcullis::http {

WorkerPool::WorkerPool(std::size_t max_threads, Serve serve)
    : max_threads_(max_threads), serve_(std::move(serve)) {}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::submit(Connection& connection) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  waiting_.push_back(&connection);
  if (waiting_.size() > idle_) grow();
  wake_.notify_one();
}

bool WorkerPool::has_waiting() const {
  const std::lock_guard lock(mutex_);
  return !waiting_.empty();
}

void WorkerPool::grow() {
  if (threads_.size() >= max_threads_) return;
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::system_error& e) {
    util::log::warn("no further request thread", {{"threads", threads_.size()}, {"error", e.what()}});
  }
}

void WorkerPool::work() {
  HttplibAdapter adapter;
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    wake_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
    --idle_;
    if (stopped_) return;
    auto* connection = waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    serve_(*connection, adapter);
    lock.lock();
  }
}

void WorkerPool::stop() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    waiting_.clear();
    threads.swap(threads_);
  }
  wake_.notify_all();
  for (auto& thread : threads) thread.join();
}

}  // namespace portcullis::http
