// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/lane_pool.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace portcullis::util {

LanePool::LanePool(std::size_t running, std::size_t waiting, Watch watch)
    : running_limit_(std::max<std::size_t>(running, 1)), waiting_limit_(waiting), watch_(std::move(watch)) {
  report_locked();  // nobody else is here yet
}

LanePool::~LanePool() {
  close(Queued::drop);
  join();
}

bool LanePool::submit(const std::string& lane, std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  auto& into = lanes_[lane];
  if (into.queue.size() >= waiting_limit_) return false;
  into.queue.push_back(std::move(task));
  ++load_.waiting;
  report_locked();
  if (startable_locked() <= idle_) {
    wake_.notify_one();
    return true;
  }
  try {
    threads_.emplace_back([this] { run(); });
  } catch (const std::system_error&) {
    // The system has no more threads for us. Those there are will come to it, if there are any.
    if (!threads_.empty()) return true;
    into.queue.pop_back();
    --load_.waiting;
    report_locked();
    return false;
  }
  return true;
}

void LanePool::close(Queued queued) {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    if (queued == Queued::drop) {
      for (auto& [name, lane] : lanes_) lane.queue.clear();
      load_.waiting = 0;
      report_locked();
    }
  }
  wake_.notify_all();
}

void LanePool::join() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    threads.swap(threads_);
  }
  for (auto& thread : threads) thread.join();
}

/// A lane that has a task and room for it; those with the fewest running tasks come first.
LanePool::Lane* LanePool::next_locked() {
  Lane* best = nullptr;
  for (auto& [name, lane] : lanes_) {
    if (lane.queue.empty() || lane.running >= running_limit_) continue;
    if (best == nullptr || lane.running < best->running) best = &lane;
  }
  return best;
}

void LanePool::report_locked() const {
  if (watch_) watch_(load_);
}

/// Tasks that could run now if there were threads for them. A thread that was woken counts as idle
/// until it took its task, and its task counts here, so that no task is left without a thread.
std::size_t LanePool::startable_locked() const {
  std::size_t count = 0;
  for (const auto& [name, lane] : lanes_) {
    count += std::min(lane.queue.size(), running_limit_ - lane.running);
  }
  return count;
}

void LanePool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    Lane* lane = next_locked();
    if (lane == nullptr) {
      if (closed_) return;  // what still runs belongs to threads that look again afterwards
      ++idle_;
      wake_.wait(lock);
      --idle_;
      continue;
    }
    auto task = std::move(lane->queue.front());
    lane->queue.pop_front();
    ++lane->running;
    --load_.waiting;
    ++load_.running;
    report_locked();
    lock.unlock();
    task();
    task = nullptr;  // what it holds goes without the lock
    lock.lock();
    --lane->running;
    --load_.running;
    report_locked();
  }
}

}  // namespace portcullis::util
