// SPDX-License-Identifier: Apache-2.0
//
// What is done with one connection by whoever holds it: collect a request, answer it, file it.
#include <sys/epoll.h>

#include <array>
#include <string>
#include <utility>

#include "listener.hpp"
#include "portcullis/util/log.hpp"

namespace portcullis::http {
namespace {

constexpr std::size_t kReadSize = 16 * 1024;
/// A client that keeps its pipeline full must let others have the thread now and then.
constexpr int kRequestsPerTurn = 64;

Stage waiting_stage(RequestCollector::State state) {
  switch (state) {
    case RequestCollector::State::head:
      return Stage::head;
    case RequestCollector::State::body:
      return Stage::body;
    default:
      return Stage::idle;
  }
}

std::string_view method_label(const Request& request) {
  if (request.method == "GET" || request.method == "HEAD") return request.method;
  return "other";
}

std::string render(const Refusal& refusal) {
  const std::string text(refusal.text);
  return "HTTP/1.1 " + std::to_string(refusal.status) + " " + std::string(standard_reason(refusal.status)) +
         "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(text.size() + 1) +
         "\r\nConnection: close\r\n\r\n" + text + "\n";
}

}  // namespace

Listener::Next Listener::collect(Connection& connection) {
  auto& collector = connection.collector;
  std::array<char, kReadSize> buffer;
  for (;;) {
    if (collector.state() == RequestCollector::State::complete) return Next::serve;
    if (collector.state() == RequestCollector::State::refused) return Next::refuse;
    // Fits into any socket buffer; a client that cannot take it sends its body unasked or gives up.
    if (collector.take_continue()) connection.transport->write("HTTP/1.1 100 Continue\r\n\r\n");
    const auto [status, count] = connection.transport->read(buffer);
    switch (status) {
      case Transport::Status::ok:
        collector.feed({buffer.data(), count});
        break;
      case Transport::Status::want_read:
        return Next::wait_read;
      case Transport::Status::want_write:
        return Next::wait_write;
      case Transport::Status::closed:
        return Next::gone;
    }
  }
}

void Listener::settle(Connection& connection, Next next) {
  switch (next) {
    case Next::wait_read:
    case Next::wait_write:
      return park(connection, waiting_stage(connection.collector.state()), next);
    case Next::refuse:
      return refuse(connection, connection.collector.refusal());
    case Next::gone:
      return drop(connection);
    case Next::serve:
      break;
  }
  {
    const std::lock_guard lock(mutex_);
    table_.move(connection, Stage::active, std::chrono::steady_clock::now());
  }
  workers_.submit(connection);
}

/// Once armed, the connection is the loop thread's.
void Listener::park(Connection& connection, Stage stage, Next wait) {
  const std::lock_guard lock(mutex_);
  table_.move(connection, stage, std::chrono::steady_clock::now());
  epoll_event event{};
  event.events = EPOLLONESHOT | (wait == Next::wait_write ? EPOLLOUT : EPOLLIN | EPOLLRDHUP);
  event.data.ptr = &connection;
  if (::epoll_ctl(events_.epoll.get(), EPOLL_CTL_MOD, connection.transport->fd(), &event) != 0) {
    table_.remove(connection);
    note_change();
  }
}

void Listener::refuse(Connection& connection, const Refusal& refusal) {
  metrics_.count("portcullis_http_rejected_total", {{"reason", refusal.cause}});
  util::log::debug(
      "request refused",
      {{"client", connection.peer.address}, {"status", refusal.status}, {"reason", refusal.text}});
  // Nothing else is on its way to this client, so it fits, or the client does not read at all.
  connection.transport->write(render(refusal));
  linger(connection);
}

/// Closing while the client still sends would reset the connection and may destroy the answer on
/// its way, so its input is read and dropped for a moment.
void Listener::linger(Connection& connection) {
  connection.transport->finish_writing();
  park(connection, Stage::lingering, Next::wait_read);
}

void Listener::drop(Connection& connection) {
  const std::lock_guard lock(mutex_);
  table_.remove(connection);
  note_change();
}

void Listener::serve(Connection& connection, HttplibAdapter& adapter) {
  for (int served = 1;; ++served) {
    auto request = connection.collector.take();
    request.peer = connection.peer;
    const auto keep = phase_ == Phase::running ? request.keep_alive : KeepAlive::no;
    if (!answer(connection, adapter, request, keep).delivered) return drop(connection);
    if (keep == KeepAlive::no) return linger(connection);
    const auto next = collect(connection);
    if (next != Next::serve || served >= kRequestsPerTurn) return settle(connection, next);
  }
}

Exchange Listener::answer(Connection& connection, HttplibAdapter& adapter, const Request& request,
                          KeepAlive keep) {
  const auto begin = std::chrono::steady_clock::now();
  const auto exchange = adapter.run(request, handler_, *connection.transport, keep, options_.send_stall);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  const auto code = std::to_string(exchange.status / 100) + "xx";
  metrics_.count("portcullis_http_requests_total",
                 {{"listener", name_}, {"method", method_label(request)}, {"code", code}});
  metrics_.observe("portcullis_http_request_seconds", {{"listener", name_}}, seconds.count());
  util::log::debug("request", {{"listener", name_},
                               {"client", request.peer.address},
                               {"method", request.method},
                               {"target", request.target},
                               {"status", exchange.status},
                               {"bytes", exchange.bytes},
                               {"delivered", exchange.delivered ? "yes" : "no"},
                               {"seconds", seconds.count()},
                               {"agent", request.header("user-agent")}});
  return exchange;
}

}  // namespace portcullis::http
