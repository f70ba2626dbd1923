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
#include <csignal>
#include <utility>
#include <vector>

#include "portcullis/util/log.hpp"
#include "tls_transport.hpp"

namespace portcullis::http {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kBodyBudget = 64u << 20;
constexpr milliseconds kLinger{2000};
constexpr int kTickMillis = 100;  ///< how late a deadline may be noticed
constexpr int kAcceptsPerRound = 64;
constexpr int kDiscardsPerRound = 64;
constexpr milliseconds kWorkerPatience{30'000};
constexpr std::size_t kHandshakeThreads = 2;
constexpr std::chrono::seconds kReportTime{1};

ConnectionTable::Patience patience_of(const ListenOptions& options) {
  ConnectionTable::Patience patience{};
  const auto set = [&](Stage stage, milliseconds time) { patience[static_cast<std::size_t>(stage)] = time; };
  set(Stage::handshake, options.header_deadline);
  set(Stage::idle, options.idle_timeout);
  set(Stage::head, options.header_deadline);
  set(Stage::body, options.body_deadline);
  set(Stage::sending, options.send.stall);
  set(Stage::lingering, kLinger);
  return patience;
}

}  // namespace

Listener::Listener(std::string name, const ListenOptions& options, BoundSocket socket, Events events,
                   std::shared_ptr<const TlsContext> tls, Handler handler, util::Metrics& metrics)
    : name_(std::move(name)),
      options_(options),
      limits_{options.max_headers, options.max_header_bytes, options.max_body_bytes},
      handler_(std::move(handler)),
      metrics_(metrics),
      port_(socket.port),
      socket_(std::move(socket.fd)),
      events_(std::move(events)),
      body_budget_(kBodyBudget),
      tls_(std::move(tls)),
      table_(patience_of(options)),
      workers_(options.max_active, kWorkerPatience, [this](Connection& c) { serve(c); }),
      handshakes_(kHandshakeThreads, kWorkerPatience, [this](Connection& c) { shake_hands(c); }) {}

Listener::~Listener() { close_all(); }

void Listener::start() {
  if (tls_) note_certificate(*tls_);
  metrics_.gauge("portcullis_http_connections_limit", {{"listener", name_}},
                 static_cast<double>(options_.max_connections));
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
    wake_streams();
    expire();
    report();
  }
}

/// Connections go from stage to stage too often to count each step.
void Listener::report() {
  const auto now = std::chrono::steady_clock::now();
  if (now - reported_ < kReportTime) return;
  reported_ = now;
  std::size_t active = 0;
  std::size_t sending = 0;
  {
    const std::lock_guard lock(mutex_);
    active = table_.count(Stage::active);
    sending = table_.count(Stage::sending);
  }
  metrics_.gauge("portcullis_http_connections_active", {{"listener", name_}}, static_cast<double>(active));
  metrics_.gauge("portcullis_http_connections_sending", {{"listener", name_}}, static_cast<double>(sending));
}

/// Those whose live bodies have something to send go to the workers. Nobody watches their sockets then:
/// an event that was fetched for one must not outlive it.
void Listener::wake_streams() {
  std::vector<Connection*> awake;
  {
    const std::lock_guard lock(mutex_);
    table_.for_each(Stage::streaming, [&](Connection& connection) {
      if (connection.exchange->live->has_news()) awake.push_back(&connection);
    });
    for (auto* connection : awake) {
      ::epoll_ctl(events_.epoll.get(), EPOLL_CTL_DEL, connection->transport->fd(), nullptr);
      connection->watched = false;
      table_.move(*connection, Stage::active, std::chrono::steady_clock::now());
    }
  }
  for (auto* connection : awake) workers_.submit(*connection);
}

/// The client hung up, or sends something where nothing is expected.
void Listener::end_stream(Connection& connection) {
  note_end(connection, false);
  drop(connection);
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
  const auto site = site_of(peer);
  if (full_house(site)) return;
  const int fd = socket.get();
  const std::lock_guard lock(mutex_);
  const auto stage = tls_ ? Stage::handshake : Stage::idle;
  auto transport = tls_ ? make_tls_transport(std::move(socket), tls_) : make_tcp_transport(std::move(socket));
  auto& connection = table_.add(stage, std::chrono::steady_clock::now(), std::move(transport),
                                std::move(peer), site, limits_, body_budget_);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
  event.data.ptr = &connection;
  if (::epoll_ctl(events_.epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    util::log::warn("connection refused", {{"client", connection.peer.address}, {"error", "epoll_ctl"}});
    table_.remove(connection);
  }
  note_change();
}

bool Listener::full_house(const std::string& site) {
  bool full = false;
  bool too_many_of_site = false;
  {
    const std::lock_guard lock(mutex_);
    full = table_.size() >= options_.max_connections;
    too_many_of_site = !site.empty() && table_.count_of_site(site) >= options_.max_connections_per_address;
  }
  if (too_many_of_site) {
    metrics_.count("portcullis_http_rejected_total", {{"reason", "connections_of_address"}});
    util::log::debug("connection refused", {{"client", site}, {"error", "max_connections_per_address"}});
    return true;
  }
  if (full && !make_room()) {
    metrics_.count("portcullis_http_rejected_total", {{"reason", "connections"}});
    return true;
  }
  return false;
}

/// Nobody's when there is no limit for each, and a trusted proxy's connections are those of many.
std::string Listener::site_of(const Peer& peer) const {
  if (options_.max_connections_per_address == 0) return {};
  const auto address = IpAddress::parse(peer.address);
  return address && !contains(options_.trusted_proxies, *address) ? address->site() : std::string();
}

/// A busy client is worth more than one that has been silent for longest.
bool Listener::make_room() {
  const std::lock_guard lock(mutex_);
  auto* victim = table_.least_needed();
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
    if (stage == Stage::handshake) connection.in_handshake = true;
    if (stage == Stage::sending) table_.move(connection, Stage::active, std::chrono::steady_clock::now());
  }
  switch (stage) {
    case Stage::lingering:
      return discard_input(connection);
    case Stage::handshake:
      return handshakes_.submit(connection);
    case Stage::sending:
      return workers_.submit(connection);
    case Stage::streaming:
      return end_stream(connection);
    default:
      return settle(connection, collect(connection));
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
      if (late != nullptr && late->in_handshake) {
        // Not ours to remove; the thread that is at it will find the socket closed.
        late->transport->abort();
        table_.move(*late, Stage::active, {});
        metrics_.count("portcullis_http_rejected_total", {{"reason", "handshake"}});
        continue;
      }
    }
    if (late == nullptr) return;
    expire(*late);
  }
}

void Listener::expire(Connection& connection) {
  const auto now = std::chrono::steady_clock::now();
  switch (connection.stage) {
    case Stage::head:
    case Stage::body:
      return refuse(connection, {408, "deadline", "the request took too long to arrive"});
    case Stage::handshake:
      metrics_.count("portcullis_http_rejected_total", {{"reason", "handshake"}});
      return drop(connection);
    case Stage::sending:
      if (connection.pace.end_wait(now, connection.transport->bytes_taken(), options_.send)) {
        const std::lock_guard lock(mutex_);
        return table_.restart(connection, now);
      }
      slow_reader();
      note_end(connection, false);
      return drop(connection);
    default:
      return drop(connection);
  }
}

/// Draining: no new connections, and none that is between requests.
void Listener::close_waiting() {
  socket_.reset();
  const std::lock_guard lock(mutex_);
  for (const auto stage : {Stage::idle, Stage::head, Stage::body, Stage::streaming}) table_.clear(stage);
  // What is in a thread's hands comes by here again.
  while (auto* connection = table_.first_outside_handshake()) table_.remove(*connection);
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
    for (const auto stage : {Stage::active, Stage::handshake}) {
      table_.for_each(stage, [](Connection& connection) { connection.transport->abort(); });
    }
  }
  handshakes_.stop();
  workers_.stop();
  const std::lock_guard lock(mutex_);
  table_.clear();
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

util::Result<void> Listener::reload(const ReloadOptions& options) {
  auto fresh = fresh_tls(options.tls);
  if (!fresh) return tl::unexpected(fresh.error());
  use_tls(*std::move(fresh));
  return {};
}

util::Result<std::shared_ptr<const TlsContext>> Listener::fresh_tls(
    const std::optional<TlsOptions>& options) const {
  if (options.has_value() != options_.tls.has_value()) {
    return util::fail(util::ErrorKind::invalid, "tls_cert: TLS is switched on and off by a restart only");
  }
  if (!options) return nullptr;
  auto fresh = TlsContext::load(*options);
  if (!fresh) return fresh;
  if (const auto valid = (*fresh)->check_validity(); !valid) return tl::unexpected(valid.error());
  return fresh;
}

void Listener::use_tls(std::shared_ptr<const TlsContext> tls) {
  if (tls) note_certificate(*tls);
  const std::lock_guard lock(mutex_);
  tls_ = std::move(tls);
}

void Listener::note_certificate(const TlsContext& tls) {
  metrics_.gauge("portcullis_tls_certificate_expiry_timestamp_seconds", {{"listener", name_}},
                 static_cast<double>(tls.expires().time_since_epoch().count()));
  if (const auto valid = tls.check_validity(); !valid) {
    util::log::warn("TLS certificate", {{"listener", name_}, {"problem", valid.error().message}});
  }
  for (const auto& doubt : tls.doubts()) {
    util::log::warn("TLS certificate", {{"listener", name_}, {"problem", doubt}});
  }
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

util::Result<std::unique_ptr<Listener>> make_listener(std::string name, const ListenOptions& options,
                                                      Handler handler, util::Metrics& metrics) {
  // A client that hangs up is normal; sendfile and OpenSSL have no flag against the signal.
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  std::shared_ptr<const TlsContext> tls;
  if (options.tls) {
    auto loaded = TlsContext::load(*options.tls);
    if (!loaded) return tl::unexpected(loaded.error());
    tls = *std::move(loaded);
  }
  auto socket = listen_on(options.host, options.port);
  if (!socket) return tl::unexpected(socket.error());
  Listener::Events events{util::UniqueFd(::epoll_create1(EPOLL_CLOEXEC)),
                          util::UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))};
  if (!events.epoll || !events.wake) return tl::unexpected(util::errno_error("making an event queue"));
  auto listener = std::make_unique<Listener>(std::move(name), options, std::move(*socket), std::move(events),
                                             std::move(tls), std::move(handler), metrics);
  if (const auto watched = listener->watch(); !watched) return tl::unexpected(watched.error());
  return listener;
}

}  // namespace portcullis::http
