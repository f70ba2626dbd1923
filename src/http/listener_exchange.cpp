// SPDX-License-Identifier: Apache-2.0
//
// What is done with one connection by whoever holds it: collect a request, answer it, file it.
#include <poll.h>
#include <sys/epoll.h>

#include <array>
#include <string>
#include <utility>

#include "forwarded.hpp"
#include "httplib_adapter.hpp"
#include "listener.hpp"
#include "portcullis/util/log.hpp"

namespace portcullis::http {
namespace {

constexpr std::size_t kReadSize = 16 * 1024;
/// A client that keeps its pipeline full must let others have the thread now and then.
constexpr int kRequestsPerTurn = 64;
/// A client that keeps up makes room within this; for any other no thread waits.
constexpr int kBriefWaitMillis = 20;

bool ready(int fd, short events, int millis) {
  pollfd entry{fd, events, 0};
  return ::poll(&entry, 1, millis) > 0;
}

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

/// What kind of thing was asked for, from a fixed set. The path is only looked at, not trusted.
std::string_view route_label(std::string_view target) {
  const auto path = target.substr(0, target.find('?'));
  constexpr std::pair<std::string_view, std::string_view> kExact[] = {{"/v2/", "ping"},
                                                                      {"/v2", "ping"},
                                                                      {"/metrics", "metrics"},
                                                                      {"/healthz", "health"},
                                                                      {"/readyz", "health"}};
  for (const auto& [exact, label] : kExact) {
    if (path == exact) return label;
  }
  if (path.starts_with("/api/")) return "api";
  if (!path.starts_with("/v2/")) return "other";
  constexpr std::pair<std::string_view, std::string_view> kParents[] = {
      {"manifests", "manifest"}, {"blobs", "blob"}, {"referrers", "referrers"}, {"tags", "tags"}};
  const auto parent = path.substr(0, path.rfind('/'));
  for (const auto& [name, label] : kParents) {
    if (parent.substr(parent.rfind('/') + 1) == name) return label;
  }
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
    if (collector.take_continue()) {
      constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      const auto [status, count] = connection.transport->write(kContinue);
      // Fits into any socket buffer that is in order.
      if (status != Transport::Status::ok || count != kContinue.size()) return Next::gone;
    }
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
    connection.in_handshake = false;
    table_.move(connection, Stage::active, std::chrono::steady_clock::now());
  }
  workers_.submit(connection);
}

void Listener::shake_hands(Connection& connection) {
  switch (connection.transport->handshake()) {
    case Transport::Status::ok:
      return settle(connection, collect(connection));
    case Transport::Status::want_read:
      return park(connection, Stage::handshake, Next::wait_read);
    case Transport::Status::want_write:
      return park(connection, Stage::handshake, Next::wait_write);
    case Transport::Status::closed:
      metrics_.count("portcullis_http_rejected_total", {{"reason", "handshake"}});
      return drop(connection);
  }
}

/// Once armed, the connection is the loop thread's.
void Listener::park(Connection& connection, Stage stage, Next wait) {
  const std::lock_guard lock(mutex_);
  connection.in_handshake = false;
  table_.move(connection, stage, std::chrono::steady_clock::now());
  epoll_event event{};
  event.events = EPOLLONESHOT | (wait == Next::wait_write ? EPOLLOUT : EPOLLIN | EPOLLRDHUP);
  event.data.ptr = &connection;
  const int change = std::exchange(connection.watched, true) ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (::epoll_ctl(events_.epoll.get(), change, connection.transport->fd(), &event) != 0) {
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

void Listener::serve(Connection& connection) {
  for (int served = 1;; ++served) {
    if (!connection.exchange) begin_exchange(connection);
    const auto sent = send(connection);
    if (sent == Next::wait_read || sent == Next::wait_write) return park(connection, Stage::sending, sent);
    if (sent == Next::serve && connection.exchange->live) {
      if (take_news(connection)) continue;
      if (!connection.exchange->live->ended()) return park(connection, Stage::streaming, Next::wait_read);
    }
    note_end(connection, sent != Next::gone);
    const auto keep_alive = connection.exchange->keep_alive;
    connection.exchange.reset();
    if (sent == Next::gone) return drop(connection);
    if (keep_alive == KeepAlive::no) return linger(connection);
    const auto next = collect(connection);
    if (next != Next::serve || served >= kRequestsPerTurn) return settle(connection, next);
  }
}

/// False when there are none right now.
bool Listener::take_news(Connection& connection) {
  auto& exchange = *connection.exchange;
  auto news = exchange.live->take();
  if (news.empty()) return false;
  exchange.reply = Reply(std::move(news), nullptr);
  exchange.parked = false;
  return true;
}

void Listener::begin_exchange(Connection& connection) {
  thread_local HttplibAdapter adapter;
  auto& exchange = connection.exchange.emplace();
  exchange.begin = std::chrono::steady_clock::now();
  auto& request = exchange.request = connection.collector.take();
  request.peer = connection.peer;
  request.client = client_address(connection.peer.address, request, options_.trusted_proxies);
  request.user = connection.transport->user();
  exchange.keep_alive = phase_ == Phase::running ? request.keep_alive : KeepAlive::no;
  auto rendered = adapter.run(request, handler_, exchange.keep_alive);
  exchange.status = rendered.status;
  exchange.reply = Reply(std::move(rendered.text), std::move(rendered.body));
  exchange.live = std::move(rendered.live);
  if (exchange.live) exchange.keep_alive = KeepAlive::no;
}

Listener::Next Listener::slow_reader() {
  metrics_.count("portcullis_http_rejected_total", {{"reason", "slow_reader"}});
  return Next::gone;
}

/// `serve` when all of it is sent.
Listener::Next Listener::send(Connection& connection) {
  auto& transport = *connection.transport;
  auto& pace = connection.pace;
  const auto now = [] { return std::chrono::steady_clock::now(); };
  if (connection.exchange->parked && !pace.end_wait(now(), transport.bytes_taken(), options_.send)) {
    return slow_reader();
  }
  for (;;) {
    const auto status = connection.exchange->reply.push(transport);
    if (status == Transport::Status::ok) return Next::serve;
    if (status == Transport::Status::closed) return Next::gone;
    const bool writing = status == Transport::Status::want_write;
    pace.begin_wait(now(), transport.bytes_taken());
    const int patience = workers_.has_waiting() ? 0 : kBriefWaitMillis;
    if (!ready(transport.fd(), writing ? POLLOUT : POLLIN, patience)) {
      connection.exchange->parked = true;
      return writing ? Next::wait_write : Next::wait_read;
    }
    if (!pace.end_wait(now(), transport.bytes_taken(), options_.send)) return slow_reader();
  }
}

void Listener::note_end(const Connection& connection, bool delivered) {
  const auto& exchange = *connection.exchange;
  const auto& request = exchange.request;
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - exchange.begin;
  const auto code = std::to_string(exchange.status / 100) + "xx";
  metrics_.count("portcullis_http_requests_total",
                 {{"listener", name_}, {"method", method_label(request)}, {"code", code}});
  const auto route = route_label(request.target);
  metrics_.observe("portcullis_http_request_seconds",
                   {{"listener", name_}, {"method", method_label(request)}, {"route", route}},
                   seconds.count());
  metrics_.count("portcullis_http_sent_bytes_total", {{"listener", name_}, {"route", route}},
                 static_cast<double>(exchange.reply.sent()));
  util::log::debug("request", {{"listener", name_},
                               {"client", request.client},
                               {"user", request.user},
                               {"method", request.method},
                               {"target", request.target},
                               {"status", exchange.status},
                               {"bytes", exchange.reply.sent()},
                               {"delivered", delivered ? "yes" : "no"},
                               {"seconds", seconds.count()},
                               {"agent", request.header("user-agent")}});
}

}  // namespace portcullis::http
