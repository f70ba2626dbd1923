// SPDX-License-Identifier: Apache-2.0
#include <linux/sockios.h>
#include <netdb.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "patient_write.hpp"
#include "portcullis/notify/ecs.hpp"
#include "portcullis/util/fd.hpp"
#include "sender.hpp"
#include "syslog_message.hpp"

namespace portcullis::notify {
namespace {

using util::ErrorKind;

constexpr std::size_t kMaxDatagram = 8 * 1024;  // what rsyslog and others take by default

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

std::string own_hostname() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

int socket_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

class SyslogSender final : public Sender {
 public:
  SyslogSender(const SyslogOptions& options, const std::string& public_url)
      : options_(options), public_url_(public_url), header_{options.facility, own_hostname(), getpid()} {}

  Delivery send(const findings::Event& event, const std::stop_token& stop) override {
    const Deadline deadline = std::chrono::steady_clock::now() + options_.timeout;
    if (socket_ && was_closed()) socket_.reset();
    // Not onto a new connection before those that may be lost: flush() says so, and they are sent again.
    if (!socket_ && unflushed_) return Delivery::failure(name() + ": the connection was closed");
    if (!socket_) {
      if (auto connected = connect(deadline, stop); !connected) return failure(connected.error());
    }
    const auto written = stream_ ? send_framed(event, deadline, stop) : send_datagram(event, deadline, stop);
    if (!written) {
      socket_.reset();
      return failure(written.error());
    }
    unflushed_ = stream_;
    return {};
  }

  /// TCP: the machine of the other side has all of it. Beyond that syslog knows no receipt.
  Delivery flush(const std::stop_token& stop) override {
    if (!std::exchange(unflushed_, false)) return {};
    if (socket_ && (options_.transport != SyslogTransport::tcp || acknowledged(stop))) return {};
    socket_.reset();
    return Delivery::failure(name() + ": the connection broke before all was acknowledged");
  }

 private:
  bool acknowledged(const std::stop_token& stop) const {
    const Deadline deadline = std::chrono::steady_clock::now() + options_.timeout;
    while (true) {
      int unacknowledged = 0;
      if (ioctl(socket_.get(), SIOCOUTQ, &unacknowledged) != 0 || was_closed()) return false;
      if (unacknowledged == 0) return true;
      if (stop.stop_requested() || std::chrono::steady_clock::now() >= deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

  std::string name() const {
    if (options_.transport == SyslogTransport::unix_socket) return options_.host;
    return options_.host + ":" + std::to_string(options_.port);
  }
  Delivery failure(const util::Error& error) const {
    return Delivery::failure(name() + ": " + error.message);
  }

  /// Nothing is ever read from a syslog server: something to read is its end.
  bool was_closed() const {
    if (!stream_) return false;
    char byte = 0;
    const ssize_t count = recv(socket_.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
  }

  util::Result<void> connect(Deadline deadline, const std::stop_token& stop) {
    if (options_.transport == SyslogTransport::unix_socket) return connect_local(deadline, stop);
    const bool tcp = options_.transport == SyslogTransport::tcp;
    addrinfo hints{};
    hints.ai_socktype = tcp ? SOCK_STREAM : SOCK_DGRAM;
    addrinfo* found = nullptr;
    const auto port = std::to_string(options_.port);
    if (const int error = getaddrinfo(options_.host.c_str(), port.c_str(), &hints, &found); error != 0) {
      return util::fail(ErrorKind::unreachable, gai_strerror(error));
    }
    const std::unique_ptr<addrinfo, FreeAddresses> list(found);
    util::Result<void> last = util::fail(ErrorKind::unreachable, "the name has no address");
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
      last = connect_to(one->ai_family, one->ai_socktype, one->ai_addr, one->ai_addrlen, deadline, stop);
      if (last) break;
    }
    return last;
  }

  /// Most have a datagram socket there, some a stream, which takes no framing but a NUL or a line feed.
  util::Result<void> connect_local(Deadline deadline, const std::stop_token& stop) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, options_.host.c_str(),
                std::min(options_.host.size(), sizeof address.sun_path - 1));
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    auto connected = connect_to(AF_UNIX, SOCK_DGRAM, generic, sizeof address, deadline, stop);
    if (connected || errno_ != EPROTOTYPE) return connected;
    return connect_to(AF_UNIX, SOCK_STREAM, generic, sizeof address, deadline, stop);
  }

  util::Result<void> connect_to(int family, int type, const sockaddr* address, socklen_t length,
                                Deadline deadline, const std::stop_token& stop) {
    errno_ = 0;
    util::UniqueFd fd(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return tl::unexpected(util::errno_error("socket"));
    if (::connect(fd.get(), address, length) != 0) {
      errno_ = errno;
      if (errno_ != EINPROGRESS) return tl::unexpected(util::errno_error("connect"));
      if (auto ready = wait_for(fd.get(), POLLOUT, deadline, stop); !ready) return ready;
      if (errno = socket_error(fd.get()); errno != 0) return tl::unexpected(util::errno_error("connect"));
    }
    socket_ = std::move(fd);
    stream_ = type == SOCK_STREAM;
    return {};
  }

  util::Result<void> send_framed(const findings::Event& event, Deadline deadline,
                                 const std::stop_token& stop) {
    const std::string message = syslog_message(event, ecs_json(event, public_url_), header_);
    const bool counted = options_.transport == SyslogTransport::tcp;
    const std::string frame = counted ? std::to_string(message.size()) + " " + message : message + "\n";
    return write_patiently(socket_.get(), frame, deadline, stop);
  }

  util::Result<void> send_datagram(const findings::Event& event, Deadline deadline,
                                   const std::stop_token& stop) {
    std::string message = syslog_message(event, ecs_json(event, public_url_), header_);
    if (message.size() > kMaxDatagram) {
      message = syslog_message(event, ecs_json(event, public_url_, Detail::brief), header_);
    }
    while (true) {
      if (auto ready = wait_for(socket_.get(), POLLOUT, deadline, stop); !ready) return ready;
      if (::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL) >= 0) return {};
      if (errno != EINTR && errno != EAGAIN) return tl::unexpected(util::errno_error("send"));
    }
  }

  const SyslogOptions options_;
  const std::string public_url_;
  const SyslogHeader header_;
  util::UniqueFd socket_;
  bool stream_ = false;
  bool unflushed_ = false;  ///< something went into a stream since the last flush
  int errno_ = 0;           ///< of the last connect()
};

}  // namespace

std::unique_ptr<Sender> make_syslog_sender(const SyslogOptions& options, const std::string& public_url) {
  return std::make_unique<SyslogSender>(options, public_url);
}

}  // namespace portcullis::notify
