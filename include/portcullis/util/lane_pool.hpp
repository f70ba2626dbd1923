// SPDX-License-Identifier: Apache-2.0
//
// Threads for tasks that mostly wait for somebody else. Each task belongs to a lane (the upstream it
// waits for), and each lane has its own bound, so that tasks that hang in one never keep another
// lane's from running. Threads start when they are needed and stay.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace portcullis::util {

/// Thread-safe. Lanes must come from a bounded set (configured names). Tasks must not throw.
class LanePool {
 public:
  enum class Queued { run, drop };  ///< what becomes of tasks that wait when the pool is closed

  /// `running` and `waiting` are per lane.
  LanePool(std::size_t running, std::size_t waiting);
  /// close(Queued::drop), then waits for what runs.
  ~LanePool();
  LanePool(const LanePool&) = delete;
  LanePool& operator=(const LanePool&) = delete;

  /// False when the lane's queue is full or the pool is closed; `task` then never runs.
  bool submit(const std::string& lane, std::function<void()> task);
  /// Takes no more tasks.
  void close(Queued queued);
  /// Until every task that will run has run; after close().
  void join();

 private:
  struct Lane {
    std::deque<std::function<void()>> queue;
    std::size_t running = 0;
  };
  void run();
  Lane* next_locked();
  std::size_t startable_locked() const;

  const std::size_t running_limit_;
  const std::size_t waiting_limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, Lane> lanes_;
  std::size_t idle_ = 0;  ///< threads that wait for a task
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace portcullis::util
