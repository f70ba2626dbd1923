// SPDX-License-Identifier: Apache-2.0
//
// The loop thread's half: accept, wait, deadlines, the end. listener_exchange.cpp has the other.
#include "listener.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "portcullis/util/log.hpp"

namespace portcullis::http {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kBodyBudget = 64u << 20;
constexpr milliseconds kLinger{2000};
constexpr int kTickMillis = 100;  ///< how late a deadline may be noticed
constexpr int kAcceptsPerRound = 64;
constexpr int kDiscardsPerRound = 64;

ConnectionTable::Patience patience_of(const ListenOptions& options) {
  return {options.idle_timeout, options.header_deadline, options.body_deadline, milliseconds::zero(),
          kLinger};
}

}  // namespace

Listener::Listener(std::string name, const ListenOptions& options, BoundSocket socket, Events events,
                   Handler handler, util::Metrics& metrics)
    : name_(std::move(name)),
      options_(options),
      limits_{options.max_headers, options.max_header_bytes, options.max_body_bytes},
      handler_(std::move(handler)),
      metrics_(metrics),
      port_(socket.port),
      socket_(std::move(socket.fd)),
      events_(std::move(events)),
      body_budget_(kBodyBudget),
      table_(patience_of(options)),
      workers_(options.max_active,
               [this](Connection& connection, HttplibAdapter& adapter) { serve(connection, adapter); }) {}

Listener::~Listener() { close_all(); }

void Listener::start() {
  if (!thread_.joinable()) thread_ = std::thread([this] { loop(); });
}

void Listener::loop() {
  std::array<epoll_event, 256> ready{};
  while (phase_ != Phase::stopped) {
    const auto count = ::epoll_wait(events_.epoll.get(), ready.data(), ready.size(), kTickMillis);
    // Accepting, draining and expiring may remove any connection, so they come after the last event
    // that could name one.
    bool knocked = false;
    for (int i = 0; i < count; ++i) {
      auto* what = ready[static_cast<std::size_t>(i)].data.ptr;
      if (what == &socket_) {
        knocked = true;
      } else if (what == &events_.wake) {
        std::uint64_t signals = 0;
        if (::read(events_.wake.get(), &signals, sizeof(signals)) < 0) continue;  // already taken
      } else {
        on_ready(*static_cast<Connection*>(what));
      }
    }
    if (knocked) accept_new();
    if (phase_ == Phase::draining) close_waiting();
    expire();
  }
}

void Listener::accept_new() {
  if (!socket_) return;
  for (int i = 0; i < kAcceptsPerRound; ++i) {
    if (!accept_one()) return;
  }
}

bool Listener::accept_one() {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  util::UniqueFd socket(
      ::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket) {
    admit(std::move(socket), describe_peer(address));
    return true;
  }
  switch (errno) {
    case EAGAIN:
      return false;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      metrics_.count("portcullis_http_rejected_total", {{"reason", "descriptors"}});
      if (make_room()) return true;
      // The socket stays readable; do not spin on it.
      std::this_thread::sleep_for(milliseconds(1));
      return false;
    default:
      return true;  // that one client's trouble (ECONNABORTED and the like)
  }
}

void Listener::admit(util::UniqueFd socket, Peer peer) {
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  bool full = false;
  {
    const std::lock_guard lock(mutex_);
    full = table_.size() >= options_.max_connections;
  }
  if (full && !make_room()) {
    metrics_.count("portcullis_http_rejected_total", {{"reason", "connections"}});
    return;
  }
  const int fd = socket.get();
  const std::lock_guard lock(mutex_);
  auto& connection = table_.add(make_tcp_transport(std::move(socket)), std::move(peer), limits_, body_budget_,
                                std::chrono::steady_clock::now());
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
  event.data.ptr = &connection;
  if (::epoll_ctl(events_.epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    util::log::warn("connection refused", {{"client", connection.peer.address}, {"error", "epoll_ctl"}});
    table_.remove(connection);
  }
  note_change();
}

/// A busy client is worth more than one that has been silent for longest.
bool Listener::make_room() {
  const std::lock_guard lock(mutex_);
  auto* victim = table_.longest_idle();
  if (victim == nullptr) return false;
  table_.remove(*victim);
  return true;
}

void Listener::on_ready(Connection& connection) {
  Stage stage{};
  {
    // Also what makes the worker's last writes to the connection visible here.
    const std::lock_guard lock(mutex_);
    stage = connection.stage;
  }
  if (stage == Stage::lingering) {
    discard_input(connection);
  } else {
    settle(connection, collect(connection));
  }
}

void Listener::discard_input(Connection& connection) {
  std::array<char, 16 * 1024> nowhere;
  for (int i = 0; i < kDiscardsPerRound; ++i) {
    switch (connection.transport->read(nowhere).status) {
      case Transport::Status::ok:
        break;
      case Transport::Status::want_read:
        return park(connection, Stage::lingering, Next::wait_read);
      case Transport::Status::want_write:
        return park(connection, Stage::lingering, Next::wait_write);
      case Transport::Status::closed:
        return drop(connection);
    }
  }
  park(connection, Stage::lingering, Next::wait_read);
}

void Listener::expire() {
  for (;;) {
    Connection* late = nullptr;
    {
      const std::lock_guard lock(mutex_);
      late = table_.expired(std::chrono::steady_clock::now());
    }
    if (late == nullptr) return;
    if (late->stage == Stage::head || late->stage == Stage::body) {
      refuse(*late, {408, "deadline", "the request took too long to arrive"});
    } else {
      drop(*late);
    }
  }
}

/// Draining: no new connections, and none that is between requests.
void Listener::close_waiting() {
  socket_.reset();
  const std::lock_guard lock(mutex_);
  for (const auto stage : {Stage::idle, Stage::head, Stage::body}) table_.clear(stage);
  note_change();
}

void Listener::drain(milliseconds patience) {
  auto running = Phase::running;
  if (phase_.compare_exchange_strong(running, Phase::draining) && thread_.joinable()) {
    wake_loop();
    std::unique_lock lock(mutex_);
    quiet_.wait_for(lock, patience, [this] { return table_.size() == 0; });
  }
  close_all();
}

void Listener::close_all() {
  phase_ = Phase::stopped;
  wake_loop();
  if (thread_.joinable()) thread_.join();
  socket_.reset();
  {
    const std::lock_guard lock(mutex_);
    table_.for_each(Stage::active, [](Connection& connection) { connection.transport->abort(); });
  }
  workers_.stop();
  const std::lock_guard lock(mutex_);
  for (const auto stage : {Stage::idle, Stage::head, Stage::body, Stage::active, Stage::lingering}) {
    table_.clear(stage);
  }
  note_change();
}

void Listener::wake_loop() {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the loop is about to wake anyway.
  [[maybe_unused]] const auto written = ::write(events_.wake.get(), &one, sizeof(one));
}

/// With `mutex_` held.
void Listener::note_change() {
  metrics_.gauge("portcullis_http_connections", {{"listener", name_}}, static_cast<double>(table_.size()));
  if (table_.size() == 0) quiet_.notify_all();
}

util::Result<void> Listener::watch() {
  for (auto [fd, mark] :
       {std::pair<int, void*>{socket_.get(), &socket_}, {events_.wake.get(), &events_.wake}}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = mark;
    if (::epoll_ctl(events_.epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
      return tl::unexpected(util::errno_error("watching the listening socket"));
    }
  }
  return {};
}

util::Result<std::unique_ptr<Server>> make_listener(std::string name, const ListenOptions& options,
                                                    Handler handler, util::Metrics& metrics) {
  raise_descriptor_limit();
  auto socket = listen_on(options.host, options.port);
  if (!socket) return tl::unexpected(socket.error());
  Listener::Events events{util::UniqueFd(::epoll_create1(EPOLL_CLOEXEC)),
                          util::UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))};
  if (!events.epoll || !events.wake) return tl::unexpected(util::errno_error("making an event queue"));
  auto listener = std::make_unique<Listener>(std::move(name), options, std::move(*socket), std::move(events),
                                             std::move(handler), metrics);
  if (const auto watched = listener->watch(); !watched) return tl::unexpected(watched.error());
  return listener;
}

}  // namespace portcullis::http
