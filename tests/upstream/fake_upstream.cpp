// SPDX-License-Identifier: Apache-2.0
#include "fake_upstream.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <stdexcept>

#include "portcullis/util/text.hpp"

namespace portcullis::upstream {
namespace {

constexpr int kPollMillis = 20;

bool readable(int fd) {
  pollfd item{fd, POLLIN, 0};
  return ::poll(&item, 1, kPollMillis) > 0;
}

FakeRequest parse(const std::string& text) {
  FakeRequest request;
  bool first = true;
  for (const auto raw : util::split(text, '\n')) {
    const auto line = raw.substr(0, raw.find('\r'));
    if (first) {
      const auto words = util::split(line, ' ');
      request.method = words.at(0);
      request.target = words.at(1);
      first = false;
    } else if (const auto colon = line.find(": "); colon != std::string_view::npos) {
      request.headers[util::to_lower_ascii(line.substr(0, colon))] = line.substr(colon + 2);
    }
  }
  return request;
}

}  // namespace

bool FakeConnection::send(std::string_view bytes) {
  while (!bytes.empty() && !stopping_) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return !stopping_;
}

void FakeConnection::answer(int status, std::vector<std::string> headers, std::string_view body) {
  std::string head = "HTTP/1.1 " + std::to_string(status) +
                     " Said\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  for (const auto& line : headers) head += line + "\r\n";
  send(head + "\r\n" + std::string(body));
}

void FakeConnection::stall() {
  while (!stopping_) {
    char byte;
    if (readable(fd_) && ::recv(fd_, &byte, 1, 0) <= 0) return;
  }
}

FakeUpstream::FakeUpstream(Handler handler) : handler_(std::move(handler)) {
  listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_.get(), generic, size) != 0 || ::listen(listener_.get(), 64) != 0 ||
      ::getsockname(listener_.get(), generic, &size) != 0) {
    throw std::runtime_error("the fake upstream cannot listen");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

FakeUpstream::~FakeUpstream() {
  stopping_ = true;
  acceptor_.join();
  for (auto& thread : connections_) thread.join();
}

void FakeUpstream::accept_all() {
  while (!stopping_) {
    if (!readable(listener_.get())) continue;
    util::UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection) continue;
    connections_.emplace_back([this, fd = connection.release()] { serve(util::UniqueFd(fd)); });
  }
}

bool FakeUpstream::read_until(int fd, std::string& text, const std::function<bool()>& enough) {
  while (!enough()) {
    if (stopping_) return false;
    if (!readable(fd)) continue;
    char buffer[4096];
    const auto got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return true;
}

void FakeUpstream::serve(util::UniqueFd connection) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  std::string text;
  const int fd = connection.get();
  if (!read_until(fd, text, [&] { return text.find(kEnd) != std::string::npos; })) return;
  const auto body = text.find(kEnd) + kEnd.size();
  FakeRequest request = parse(text.substr(0, body));
  const auto length = request.header("content-length");
  const auto whole = body + (length.empty() ? 0 : std::stoul(length));
  if (!read_until(fd, text, [&] { return text.size() >= whole; })) return;
  request.body = text.substr(body);
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  FakeConnection client(fd, stopping_);
  handler_(request, client);
}

std::vector<FakeRequest> FakeUpstream::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t FakeUpstream::count(std::string_view part) const {
  std::size_t found = 0;
  for (const auto& request : requests()) found += request.target.find(part) != std::string::npos ? 1 : 0;
  return found;
}

}  // namespace portcullis::upstream
