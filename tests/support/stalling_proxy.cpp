// SPDX-License-Identifier: Apache-2.0
#include "support/stalling_proxy.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <stdexcept>

namespace portcullis::test {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";

/// nullopt when the other side is gone.
std::optional<std::string> receive(int fd) {
  std::string bytes(16384, '\0');
  const ssize_t count = recv(fd, bytes.data(), bytes.size(), 0);
  if (count <= 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(count));
  return bytes;
}

}  // namespace

/// One connection of a client and the one to the registry that belongs to it.
class StallingProxy::Tunnel {
 public:
  Tunnel(StallingProxy& proxy, int client) : proxy_(proxy), client_(client), registry_(tcp_socket()) {}

  void run() {
    const auto address = loopback_address(proxy_.registry_port_);
    if (connect(registry_.get(), &address, sizeof address) != 0) return;
    std::array<pollfd, 3> set{pollfd{client_.get(), POLLIN, 0}, pollfd{registry_.get(), POLLIN, 0},
                              pollfd{proxy_.ending_.read_end.get(), POLLIN, 0}};
    while (true) {
      if (poll(set.data(), set.size(), -1) < 0) {
        if (errno == EINTR) continue;
        return;
      }
      if (set[2].revents != 0) return;
      if (set[0].revents != 0 && !request_came()) return;
      if (set[1].revents != 0 && !answer_came()) return;
    }
  }

 private:
  bool request_came() {
    const auto bytes = receive(client_.get());
    if (!bytes) return false;
    request_ += *bytes;  // a client here sends the next request after the answer to the last one
    if (request_.find(kEndOfHead) != std::string::npos) {
      hold_back_ = proxy_.is_stalled(request_);
      request_.clear();
      answer_.clear();
    }
    return send_all(registry_.get(), *bytes);
  }

  bool answer_came() {
    const auto bytes = receive(registry_.get());
    if (!bytes) return false;
    if (!hold_back_) return send_all(client_.get(), *bytes);
    answer_ += *bytes;
    const auto head = answer_.find(kEndOfHead);
    if (head == std::string::npos || answer_.size() == head + kEndOfHead.size()) return true;
    const auto first = std::string_view(answer_).substr(0, head + kEndOfHead.size() + 1);
    if (!send_all(client_.get(), first)) return false;
    proxy_.wait_for_release();
    hold_back_ = false;
    return send_all(client_.get(), std::string_view(answer_).substr(first.size()));
  }

  StallingProxy& proxy_;
  util::UniqueFd client_;
  util::UniqueFd registry_;
  std::string request_;
  std::string answer_;
  bool hold_back_ = false;
};

StallingProxy::StallingProxy(std::uint16_t registry_port)
    : registry_port_(registry_port), listener_(listen_on_loopback()) {
  auto pipe = util::make_pipe();
  if (!pipe) throw std::runtime_error(pipe.error().message);
  ending_ = std::move(*pipe);
  acceptor_ = std::thread([this] { accept_all(); });
}

StallingProxy::~StallingProxy() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  ending_.write_end.reset();
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
}

void StallingProxy::stall(const std::string& target_part) {
  const std::lock_guard lock(mutex_);
  stalled_ = target_part;
}

void StallingProxy::release() {
  {
    const std::lock_guard lock(mutex_);
    stalled_.clear();
  }
  changed_.notify_all();
}

void StallingProxy::accept_all() {
  while (true) {
    std::array<pollfd, 2> set{pollfd{listener_.fd.get(), POLLIN, 0},
                              pollfd{ending_.read_end.get(), POLLIN, 0}};
    while (poll(set.data(), set.size(), -1) < 0 && errno == EINTR) {
    }
    if (set[1].revents != 0) return;
    const int fd = accept4(listener_.fd.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) threads_.emplace_back([this, fd] { Tunnel(*this, fd).run(); });
  }
}

bool StallingProxy::is_stalled(std::string_view request) const {
  const std::lock_guard lock(mutex_);
  const auto line = request.substr(0, request.find('\r'));
  return !stalled_.empty() && line.starts_with("GET ") && line.find(stalled_) != std::string_view::npos;
}

void StallingProxy::wait_for_release() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ended_ || stalled_.empty(); });
}

}  // namespace portcullis::test
