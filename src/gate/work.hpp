// SPDX-License-Identifier: Apache-2.0
//
// Work that belongs to a key, not to the request that asked first: a map of what is running, so that
// everybody who asks for the same key waits for the same result.
#pragma once

#include <exception>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "portcullis/util/lane_pool.hpp"

namespace portcullis::gate {

/// Results are handed out while the work runs and forgotten afterwards: keeping them is the
/// business of whoever knows how long they stay true. Thread-safe.
template <class Value>
class SingleFlight {
 public:
  explicit SingleFlight(util::LanePool& pool) : pool_(pool) {}

  /// The running work for `key`, or a new one in that lane of the pool. nullopt when it takes no more.
  std::optional<std::shared_future<Value>> run(const std::string& lane, const std::string& key,
                                               std::function<Value()> work) {
    std::lock_guard lock(mutex_);
    if (auto running = running_.find(key); running != running_.end()) return running->second;
    auto promise = std::make_shared<std::promise<Value>>();
    std::shared_future<Value> future = promise->get_future().share();
    const bool accepted = pool_.submit(lane, [this, key, promise, work = std::move(work)] {
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

  util::LanePool& pool_;
  std::mutex mutex_;
  std::map<std::string, std::shared_future<Value>> running_;
};

}  // namespace portcullis::gate
