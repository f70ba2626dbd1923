// SPDX-License-Identifier: Apache-2.0
//
// Work that belongs to a key, not to the request that asked first: a bounded pool, and a map of
// what is running so that everybody who asks for the same key waits for the same result.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace portcullis::gate {

/// Fixed threads, bounded queue. Thread-safe.
class Pool {
 public:
  Pool(std::size_t threads, std::size_t queue_limit);
  ~Pool() { stop(); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// False when the queue is full or the pool has stopped; `task` then never runs.
  bool submit(std::function<void()> task);
  /// Runs what is queued, then ends. Whoever stops a pool makes its tasks end soon first.
  void stop();
  std::size_t queued() const;

 private:
  void run();

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  const std::size_t queue_limit_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

/// Results are handed out while the work runs and forgotten afterwards: keeping them is the
/// business of whoever knows how long they stay true. Thread-safe.
template <class Value>
class SingleFlight {
 public:
  explicit SingleFlight(Pool& pool) : pool_(pool) {}

  /// The running work for `key`, or a new one. nullopt when the pool takes no more.
  std::optional<std::shared_future<Value>> run(const std::string& key, std::function<Value()> work) {
    std::lock_guard lock(mutex_);
    if (auto running = running_.find(key); running != running_.end()) return running->second;
    auto promise = std::make_shared<std::promise<Value>>();
    std::shared_future<Value> future = promise->get_future().share();
    const bool accepted = pool_.submit([this, key, promise, work = std::move(work)] {
      try {
        Value value = work();
        forget(key);
        promise->set_value(std::move(value));
      } catch (...) {
        forget(key);
        promise->set_exception(std::current_exception());
      }
    });
    if (!accepted) return std::nullopt;
    running_.emplace(key, future);
    return future;
  }

 private:
  void forget(const std::string& key) {
    std::lock_guard lock(mutex_);
    running_.erase(key);
  }

  Pool& pool_;
  std::mutex mutex_;
  std::map<std::string, std::shared_future<Value>> running_;
};

}  // namespace portcullis::gate
