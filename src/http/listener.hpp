// SPDX-License-Identifier: Apache-2.0
//
// One listening socket and everything that came in through it.
//
// One thread accepts, reads heads and bodies as they arrive, and keeps the deadlines; a connection
// without a complete request, or with a client that is slow to take its answer, costs it a list entry
// and no thread. A complete request goes to a worker, which answers it and files the connection again.
// The arithmetic of TLS handshakes has threads of its own, so that a rush of them holds up neither
// the loop nor the workers. Who may touch a connection:
//   in stage `active`           the worker that serves it,
//   while it is in_handshake    the handshake thread that is at it,
//   else                        the loop thread; epoll's one-shot mode wakes it once per filing.
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
#include "tls_context.hpp"
#include "worker_pool.hpp"

namespace portcullis::http {

class Listener final : public Server {
 public:
  struct Events {
    util::UniqueFd epoll;
    util::UniqueFd wake;  ///< eventfd
  };

  /// `name` is the metrics label; `metrics` and what `handler` refers to outlive the listener.
  /// `tls` null: plain HTTP.
  Listener(std::string name, const ListenOptions& options, BoundSocket socket, Events events,
           std::shared_ptr<const TlsContext> tls, Handler handler, util::Metrics& metrics);
  ~Listener() override;

  /// Once, before start().
  util::Result<void> watch();

  std::uint16_t port() const override { return port_; }
  void start() override;
  util::Result<void> reload(const ReloadOptions& options) override;
  /// The two halves of a reload; null for a listener without TLS.
  util::Result<std::shared_ptr<const TlsContext>> fresh_tls(const std::optional<TlsOptions>& options) const;
  void use_tls(std::shared_ptr<const TlsContext> tls);
  void drain(std::chrono::milliseconds patience) override;

 private:
  enum class Next { wait_read, wait_write, serve, refuse, gone };
  enum class Phase { running, draining, stopped };

  // The loop thread.
  void loop();
  void accept_new();
  bool accept_one();
  void admit(util::UniqueFd socket, Peer peer);
  bool full_house(const std::string& site);
  std::string site_of(const Peer& peer) const;
  bool make_room();
  void on_ready(Connection& connection);
  void discard_input(Connection& connection);
  void wake_streams();
  void end_stream(Connection& connection);
  void expire();
  void expire(Connection& connection);
  void close_waiting();
  void report();

  // Whoever holds the connection.
  Next collect(Connection& connection);
  void settle(Connection& connection, Next next);
  void park(Connection& connection, Stage stage, Next wait);
  void refuse(Connection& connection, const Refusal& refusal);
  void linger(Connection& connection);
  void drop(Connection& connection);

  // A handshake thread.
  void shake_hands(Connection& connection);

  // A worker.
  void serve(Connection& connection);
  void begin_exchange(Connection& connection);
  bool take_news(Connection& connection);
  Next send(Connection& connection);
  Next slow_reader();
  void note_end(const Connection& connection, bool delivered);

  void note_change();
  void note_certificate(const TlsContext& tls);
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
  std::shared_ptr<const TlsContext> tls_;  ///< for new connections; null: plain HTTP
  std::condition_variable quiet_;          ///< the table is empty
  ConnectionTable table_;
  std::atomic<Phase> phase_{Phase::running};
  WorkerPool workers_;
  WorkerPool handshakes_;
  std::chrono::steady_clock::time_point reported_{};  ///< the loop thread's
  std::thread thread_;
};

/// Reads certificate and key, binds, and serves `handler` after start().
util::Result<std::unique_ptr<Listener>> make_listener(std::string name, const ListenOptions& options,
                                                      Handler handler, util::Metrics& metrics);

}  // namespace portcullis::http
