// SPDX-License-Identifier: Apache-2.0
#include "support/raw_server.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <stdexcept>

#include "portcullis/util/text.hpp"

namespace portcullis::test {
namespace {

/// False when `ending` became readable (or closed) first.
bool wait_readable(int fd, int ending) {
  std::array<pollfd, 2> set{pollfd{fd, POLLIN, 0}, pollfd{ending, POLLIN, 0}};
  while (poll(set.data(), set.size(), -1) < 0 && errno == EINTR) {
  }
  return set[1].revents == 0;
}

std::size_t content_length(const std::string& head) {
  const auto at = util::to_lower_ascii(head).find("\r\ncontent-length:");
  return at == std::string::npos
             ? 0
             : std::stoul(head.substr(at + std::string_view("\r\ncontent-length:").size()));
}

}  // namespace

std::string http_message(std::string_view status, std::string_view headers, std::string_view body) {
  std::string text = "HTTP/1.1 ";
  text.append(status).append("\r\n").append(headers);
  text.append("Content-Length: ").append(std::to_string(body.size()));
  return text.append("\r\nConnection: close\r\n\r\n").append(body);
}

RawServer::RawServer(Handler handler)
    : RawServer([handler = std::move(handler)](const RawRequest& request) {
        return handler(request.method, request.target);
      }) {}

RawServer::RawServer(std::function<RawAnswer(const RawRequest&)> handler)
    : handler_(std::move(handler)), listener_(listen_on_loopback()) {
  auto pipe = util::make_pipe();
  if (!pipe) throw std::runtime_error(pipe.error().message);
  ending_ = std::move(*pipe);
  acceptor_ = std::thread([this] { accept_all(); });
}

RawServer::~RawServer() {
  ending_.write_end.reset();
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
}

std::vector<std::string> RawServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void RawServer::accept_all() {
  while (wait_readable(listener_.fd.get(), ending_.read_end.get())) {
    const int fd = accept4(listener_.fd.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    ++connections_;
    threads_.emplace_back([this, fd] { answer(fd); });
  }
}

void RawServer::answer(int fd) {
  const util::UniqueFd connection(fd);
  std::string head;
  std::array<char, 4096> buffer{};
  const auto read_more = [&] {
    if (!wait_readable(fd, ending_.read_end.get())) return false;
    const ssize_t count = recv(fd, buffer.data(), buffer.size(), 0);
    if (count > 0) head.append(buffer.data(), static_cast<std::size_t>(count));
    return count > 0;
  };
  while (head.find("\r\n\r\n") == std::string::npos) {
    if (!read_more()) return;
  }
  const std::size_t head_size = head.find("\r\n\r\n") + 4;
  const std::size_t body_size = content_length(head.substr(0, head_size));
  while (head.size() < head_size + body_size) {
    if (!read_more()) return;
  }
  const std::string body = head.substr(head_size, body_size);
  head.resize(head_size);
  const auto method = head.substr(0, head.find(' '));
  const auto target = head.substr(method.size() + 1, head.find(' ', method.size() + 1) - method.size() - 1);
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(method + " " + target);
  }
  auto answer = handler_({method, target, head, body});
  if (method == "HEAD") answer.bytes.resize(answer.bytes.find("\r\n\r\n") + 4);
  if (!send_all(fd, answer.bytes)) return;
  if (answer.afterwards == Afterwards::hang) {
    pollfd ending{ending_.read_end.get(), POLLIN, 0};
    poll(&ending, 1, -1);
  }
}

}  // namespace portcullis::test
