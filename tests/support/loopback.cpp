// SPDX-License-Identifier: Apache-2.0
#include "support/loopback.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace portcullis::test {

sockaddr loopback_address(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  static_assert(sizeof generic == sizeof address);
  std::memcpy(&generic, &address, sizeof generic);
  return generic;
}

util::UniqueFd tcp_socket() { return util::UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

Listener listen_on_loopback() {
  auto fd = tcp_socket();
  auto generic = loopback_address(0);
  socklen_t length = sizeof generic;
  if (bind(fd.get(), &generic, length) != 0 || listen(fd.get(), 128) != 0 ||
      getsockname(fd.get(), &generic, &length) != 0) {
    throw std::system_error(errno, std::generic_category(), "listening on loopback");
  }
  sockaddr_in bound{};
  std::memcpy(&bound, &generic, sizeof bound);
  return {std::move(fd), ntohs(bound.sin_port)};
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace portcullis::test
