// SPDX-License-Identifier: Apache-2.0
#include "support/http_get.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "portcullis/util/fd.hpp"
#include "support/loopback.hpp"

namespace portcullis::test {
namespace {

util::UniqueFd connect_loopback(std::uint16_t port, std::chrono::milliseconds stall_timeout) {
  auto fd = tcp_socket();
  timeval timeout{stall_timeout.count() / 1000, (stall_timeout.count() % 1000) * 1000};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  const int at_once = 1;  // head and body are two writes: the second one must not wait for an ACK
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  const auto generic = loopback_address(port);
  if (connect(fd.get(), &generic, sizeof generic) != 0) {
    throw std::system_error(errno, std::generic_category(), "connect to 127.0.0.1:" + std::to_string(port));
  }
  return fd;
}

bool send_file(int fd, const std::filesystem::path& path) {
  const util::UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t count = read(file.get(), buffer.data(), buffer.size());
    if (count < 0) throw std::system_error(errno, std::generic_category(), "read " + path.string());
    if (count == 0) return true;
    if (!send_all(fd, {buffer.data(), static_cast<std::size_t>(count)})) return false;
  }
}

std::string head_of(std::uint16_t port, const HttpRequest& request) {
  const auto length =
      request.body_file.empty() ? request.body.size() : std::filesystem::file_size(request.body_file);
  std::string head = request.method + " " + request.target +
                     " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\nConnection: close\r\n";
  if (length > 0 || request.method == "PUT" || request.method == "POST") {
    head += "Content-Length: " + std::to_string(length) + "\r\n";
  }
  for (const auto& [name, value] : request.headers) head += name + ": " + value + "\r\n";
  return head + "\r\n";
}

/// Up to the end of the connection, or until `enough` bytes are there.
void receive(int fd, std::string& bytes, std::size_t enough) {
  std::array<char, 65536> buffer{};
  while (bytes.size() < enough) {
    const ssize_t count = recv(fd, buffer.data(), buffer.size(), 0);
    if (count <= 0) return;
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

void parse_head(std::string_view head, HttpResponse& response) {
  const auto line = head.substr(0, head.find("\r\n"));
  if (!line.starts_with("HTTP/1.1 ") || line.size() < 12) {
    throw std::runtime_error("not an HTTP/1.1 status line: " + std::string(line));
  }
  response.status = std::stoi(std::string(line.substr(9, 3)));
  if (line.size() > 13) response.reason = line.substr(13);
  head.remove_prefix(line.size() + 2);
  while (!head.empty()) {
    const auto end = head.find("\r\n");
    const auto field = head.substr(0, end);
    const auto colon = field.find(':');
    if (colon == std::string_view::npos) throw std::runtime_error("bad header: " + std::string(field));
    auto value = field.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    response.headers.emplace_back(field.substr(0, colon), value);
    if (end == std::string_view::npos) break;
    head.remove_prefix(end + 2);
  }
}

/// nullopt: the chunks do not end as they should.
std::optional<std::string> join_chunks(std::string_view coded) {
  std::string body;
  for (;;) {
    const auto end = coded.find("\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const auto size = std::stoul(std::string(coded.substr(0, end)), nullptr, 16);
    coded.remove_prefix(end + 2);
    if (size == 0) return body;
    if (coded.size() < size + 2) return std::nullopt;
    body += coded.substr(0, size);
    coded.remove_prefix(size + 2);
  }
}

}  // namespace

std::string HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && strncasecmp(key.data(), name.data(), name.size()) == 0) return value;
  }
  return {};
}

HttpResponse http_request(std::uint16_t port, const HttpRequest& request) {
  const auto fd = connect_loopback(port, request.stall_timeout);
  // A server may answer and close before it took the whole body: then its answer is what counts.
  if (send_all(fd.get(), head_of(port, request))) {
    request.body_file.empty() ? send_all(fd.get(), request.body) : send_file(fd.get(), request.body_file);
  }
  std::string bytes;
  std::size_t head_end = std::string::npos;
  while ((head_end = bytes.find("\r\n\r\n")) == std::string::npos) {
    const auto before = bytes.size();
    receive(fd.get(), bytes, before + 1);
    if (bytes.size() == before) throw std::runtime_error("connection ended in the headers: " + bytes);
  }
  HttpResponse response;
  parse_head(std::string_view(bytes).substr(0, head_end), response);
  bytes.erase(0, head_end + 4);

  const auto length = response.header("Content-Length");
  const bool no_body = request.method == "HEAD" || response.status == 204 || response.status == 304;
  if (no_body) {
    response.complete = bytes.empty();
  } else if (!length.empty()) {
    receive(fd.get(), bytes, std::stoull(length));
    response.complete = bytes.size() == std::stoull(length);
    response.body = std::move(bytes);
  } else {
    receive(fd.get(), bytes, std::string::npos);
    response.complete = true;
    if (strcasecmp(response.header("Transfer-Encoding").c_str(), "chunked") == 0) {
      auto joined = join_chunks(bytes);
      response.complete = joined.has_value();
      bytes = std::move(joined).value_or(std::string());
    }
    response.body = std::move(bytes);
  }
  return response;
}

HttpResponse http_get(std::uint16_t port, const std::string& target, const HttpHeaders& headers) {
  return http_request(port, {.target = target, .headers = headers});
}

bool http_ok(std::uint16_t port, const std::string& target) {
  try {
    return http_get(port, target).status == 200;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace portcullis::test
