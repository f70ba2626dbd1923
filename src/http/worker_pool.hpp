// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "connection_table.hpp"

namespace portcullis::http {

/// Threads for connections that have something to do. Grows to `max_threads` as they are needed;
/// beyond that connections wait in line (as many as the listener admits). Work goes to the thread
/// that ran last, so that those a rush left behind stay idle, and end after `idle_patience`.
class WorkerPool {
 public:
  using Serve = std::function<void(Connection&)>;

  WorkerPool(std::size_t max_threads, std::chrono::milliseconds idle_patience, Serve serve);
  ~WorkerPool();  ///< stop()

  void submit(Connection& connection);
  bool has_waiting() const;
  /// Finishes what runs, drops what waits. Blocks until the handlers have returned.
  void stop();

 private:
  struct Worker {
    std::thread thread = {};
    std::condition_variable wake = {};
    Connection* job = nullptr;
    std::list<Worker>::iterator self = {};
  };

  void grow(Connection& connection);
  void work(Worker& worker);
  Connection* next_job(std::unique_lock<std::mutex>& lock, Worker& worker);

  const std::size_t max_threads_;
  const std::chrono::milliseconds idle_patience_;
  const Serve serve_;
  mutable std::mutex mutex_;
  std::deque<Connection*> waiting_;
  std::list<Worker> workers_;
  std::vector<Worker*> idle_;  ///< the last one ran last
  std::list<Worker> ended_;    ///< to be joined
  bool stopped_ = false;
};

}  // namespace portcullis::http
