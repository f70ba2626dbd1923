// SPDX-License-Identifier: Apache-2.0
//
// Raw TCP on 127.0.0.1, as the servers and clients of the tests use it.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string_view>

#include "portcullis/util/fd.hpp"

namespace portcullis::test {

sockaddr loopback_address(std::uint16_t port);
util::UniqueFd tcp_socket();

struct Listener {
  util::UniqueFd fd;
  std::uint16_t port;
};
/// On a port that the kernel picks.
Listener listen_on_loopback();

/// False when the other side went away first.
bool send_all(int fd, std::string_view bytes);

}  // namespace portcullis::test
