// SPDX-License-Identifier: Apache-2.0
#include "http/raw_client.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "portcullis/util/text.hpp"

namespace portcullis::http::test {

std::string RawResponse::header(const std::string& lower_name) const {
  const auto found = headers.find(lower_name);
  return found == headers.end() ? "" : found->second;
}

RawClient::RawClient(std::uint16_t port, int receive_buffer)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer > 0) {
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
  }
  // Only bounds a test that fails.
  const timeval patience{30, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
  }
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool RawClient::fill() {
  std::array<char, 64 * 1024> piece;
  const auto count = ::recv(fd_.get(), piece.data(), piece.size(), 0);
  if (count < 0 && errno == EAGAIN) ADD_FAILURE() << "the server neither answered nor closed";
  if (count <= 0) return false;
  buffer_.append(piece.data(), static_cast<std::size_t>(count));
  return true;
}

RawResponse RawClient::read(Expect expect) {
  RawResponse response;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return response;
  }
  const auto head = buffer_.substr(0, end);
  buffer_.erase(0, end + 4);
  const auto first = head.substr(0, head.find("\r\n"));
  response.status = std::stoi(first.substr(9, 3));
  response.reason = first.size() > 13 ? first.substr(13) : "";
  for (auto at = first.size(); at < head.size();) {
    const auto stop = std::min(head.find("\r\n", at + 2), head.size());
    const auto line = head.substr(at + 2, stop - at - 2);
    const auto colon = line.find(": ");
    response.headers.emplace(util::to_lower_ascii(line.substr(0, colon)), line.substr(colon + 2));
    at = stop;
  }
  const auto length = response.header("content-length");
  const std::size_t wanted = expect == Expect::head_only || length.empty() ? 0 : std::stoull(length);
  while (buffer_.size() < wanted && fill()) {
  }
  response.complete = buffer_.size() >= wanted;
  response.body = buffer_.substr(0, wanted);
  buffer_.erase(0, wanted);
  return response;
}

bool RawClient::read_to_end() {
  while (fill()) buffer_.clear();
  return !::testing::Test::HasFailure();
}

bool RawClient::read_until(std::string_view mark) {
  for (;;) {
    if (const auto at = buffer_.find(mark); at != std::string::npos) {
      buffer_.erase(0, at + mark.size());
      return true;
    }
    if (buffer_.size() > mark.size()) buffer_.erase(0, buffer_.size() - mark.size());
    if (!fill()) return false;
  }
}

void RawClient::finish_writing() { ::shutdown(fd_.get(), SHUT_WR); }

RawResponse RawClient::get(std::string_view target, std::string_view more_headers) {
  send("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n" + std::string(more_headers) + "\r\n");
  return read();
}

RawResponse RawClient::head(std::string_view target, std::string_view more_headers) {
  send("HEAD " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n" + std::string(more_headers) + "\r\n");
  return read(Expect::head_only);
}

RawResponse get_once(std::uint16_t port, std::string_view target, std::string_view more_headers) {
  return RawClient(port).get(target, more_headers);
}

RawResponse head_once(std::uint16_t port, std::string_view target, std::string_view more_headers) {
  return RawClient(port).head(target, more_headers);
}

}  // namespace portcullis::http::test
