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

  struct Load {
    std::size_t waiting = 0;
    std::size_t running = 0;
  };
  /// Told the load of all lanes together, first in the constructor and then after each change, one call at a
  /// time: it must be quick and must not come back to the pool.
  using Watch = std::function<void(const Load&)>;

  /// `running` and `waiting` are per lane.
  LanePool(std::size_t running, std::size_t waiting, Watch watch = {});
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
  void report_locked() const;
  std::size_t startable_locked() const;

  const std::size_t running_limit_;
  const std::size_t waiting_limit_;
  const Watch watch_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, Lane> lanes_;
  Load load_;             ///< the sums over lanes_
  std::size_t idle_ = 0;  ///< threads that wait for a task
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace portcullis::util
