// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "connection_table.hpp"
#include "httplib_adapter.hpp"

namespace portcullis::http {

/// Threads for connections that have something to do. Grows to `max_threads` as they are needed and
/// does not shrink; beyond that connections wait in line (as many as the listener admits).
class WorkerPool {
 public:
  using Serve = std::function<void(Connection&, HttplibAdapter&)>;

  WorkerPool(std::size_t max_threads, Serve serve);
  ~WorkerPool();  ///< stop()

  void submit(Connection& connection);
  bool has_waiting() const;
  /// Finishes what runs, drops what waits. Blocks until the handlers have returned.
  void stop();

 private:
  void work();
  void grow();

  const std::size_t max_threads_;
  const Serve serve_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Connection*> waiting_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopped_ = false;
};

}  // namespace portcullis::http
