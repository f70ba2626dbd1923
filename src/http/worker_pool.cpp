// SPDX-License-Identifier: Apache-2.0
#include "worker_pool.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "portcullis/util/log.hpp"

namespace portcullis::http {

WorkerPool::WorkerPool(std::size_t max_threads, std::chrono::milliseconds idle_patience, Serve serve)
    : max_threads_(max_threads), idle_patience_(idle_patience), serve_(std::move(serve)) {}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::submit(Connection& connection) {
  std::list<Worker> ended;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    ended.swap(ended_);
    if (!idle_.empty()) {
      auto* worker = idle_.back();
      idle_.pop_back();
      worker->job = &connection;
      worker->wake.notify_one();
    } else if (workers_.size() < max_threads_) {
      grow(connection);
    } else {
      waiting_.push_back(&connection);
    }
  }
  // They left the pool for good: nothing to wait for.
  for (auto& worker : ended) worker.thread.join();
}

bool WorkerPool::has_waiting() const {
  const std::lock_guard lock(mutex_);
  return !waiting_.empty();
}

void WorkerPool::grow(Connection& connection) {
  auto& worker = workers_.emplace_back();
  worker.self = std::prev(workers_.end());
  worker.job = &connection;
  try {
    worker.thread = std::thread([this, &worker] { work(worker); });
  } catch (const std::system_error& e) {
    workers_.pop_back();
    waiting_.push_back(&connection);
    util::log::warn("no further request thread", {{"threads", workers_.size()}, {"error", e.what()}});
  }
}

void WorkerPool::work(Worker& worker) {
  std::unique_lock lock(mutex_);
  while (auto* connection = next_job(lock, worker)) {
    lock.unlock();
    serve_(*connection);
    lock.lock();
  }
  // stop() has taken the lists with it.
  if (!stopped_) ended_.splice(ended_.end(), workers_, worker.self);
}

/// Nullptr when this thread is to end.
Connection* WorkerPool::next_job(std::unique_lock<std::mutex>& lock, Worker& worker) {
  if (!worker.job && !stopped_ && !waiting_.empty()) {
    worker.job = waiting_.front();
    waiting_.pop_front();
  }
  if (!worker.job && !stopped_) {
    idle_.push_back(&worker);
    const bool woken =
        worker.wake.wait_for(lock, idle_patience_, [&] { return stopped_ || worker.job != nullptr; });
    if (!woken) std::erase(idle_, &worker);
  }
  return stopped_ ? nullptr : std::exchange(worker.job, nullptr);
}

void WorkerPool::stop() {
  std::list<Worker> workers;
  std::list<Worker> ended;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    waiting_.clear();
    idle_.clear();
    workers.swap(workers_);
    ended.swap(ended_);
    for (auto& worker : workers) worker.wake.notify_one();
  }
  for (auto& worker : workers) worker.thread.join();
  for (auto& worker : ended) worker.thread.join();
}

}  // namespace portcullis::http
