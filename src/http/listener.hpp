// SPDX-License-Identifier: Apache-2.0
//
// One listening socket and everything that came in through it.
//
// One thread accepts, reads heads and bodies as they arrive, and keeps the deadlines; a connection
// without a complete request costs it a list entry and no thread. A complete request goes to a
// worker, which answers it and files the connection again. Who may touch a connection:
//   in stage `active`  the worker that serves it,
//   in any other       the loop thread; epoll's one-shot mode wakes it once per filing.
// The table itself is guarded by `mutex_`.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "connection_table.hpp"
#include "message.hpp"
#include "portcullis/http/server.hpp"
#include "portcullis/util/metrics.hpp"
#include "socket.hpp"
#include "worker_pool.hpp"

namespace portcullis::http {

class Listener final : public Server {
 public:
  struct Events {
    util::UniqueFd epoll;
    util::UniqueFd wake;  ///< eventfd
  };

  /// `name` is the metrics label; `metrics` and what `handler` refers to outlive the listener.
  Listener(std::string name, const ListenOptions& options, BoundSocket socket, Events events, Handler handler,
           util::Metrics& metrics);
  ~Listener() override;

  /// Once, before start().
  util::Result<void> watch();

  std::uint16_t port() const override { return port_; }
  void start() override;
  void drain(std::chrono::milliseconds patience) override;

 private:
  enum class Next { wait_read, wait_write, serve, refuse, gone };
  enum class Phase { running, draining, stopped };

  // The loop thread.
  void loop();
  void accept_new();
  bool accept_one();
  void admit(util::UniqueFd socket, Peer peer);
  bool make_room();
  void on_ready(Connection& connection);
  void discard_input(Connection& connection);
  void expire();
  void close_waiting();

  // Whoever holds the connection.
  Next collect(Connection& connection);
  void settle(Connection& connection, Next next);
  void park(Connection& connection, Stage stage, Next wait);
  void refuse(Connection& connection, const Refusal& refusal);
  void linger(Connection& connection);
  void drop(Connection& connection);

  // A worker.
  void serve(Connection& connection, HttplibAdapter& adapter);
  Exchange answer(Connection& connection, HttplibAdapter& adapter, const Request& request, KeepAlive keep);

  void note_change();
  void wake_loop();
  void close_all();

  const std::string name_;
  const ListenOptions options_;
  const RequestLimits limits_;
  const Handler handler_;
  util::Metrics& metrics_;
  const std::uint16_t port_;
  util::UniqueFd socket_;
  Events events_;
  BodyBudget body_budget_;

  mutable std::mutex mutex_;
  std::condition_variable quiet_;  ///< the table is empty
  ConnectionTable table_;
  std::atomic<Phase> phase_{Phase::running};
  WorkerPool workers_;
  std::thread thread_;
};

/// Binds now and serves `handler` after start().
util::Result<std::unique_ptr<Server>> make_listener(std::string name, const ListenOptions& options,
                                                    Handler handler, util::Metrics& metrics);

}  // namespace portcullis::http
