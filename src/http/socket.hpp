// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "message.hpp"
#include "portcullis/util/fd.hpp"
#include "portcullis/util/result.hpp"

struct sockaddr_storage;

namespace portcullis::http {

struct BoundSocket {
  util::UniqueFd fd;  ///< non-blocking, listening
  std::uint16_t port = 0;
};

/// Fails with the address and the reason ("127.0.0.1:5000 is in use ...").
util::Result<BoundSocket> listen_on(const std::string& host, std::uint16_t port);

/// Numeric address; an IPv4 client of an IPv6 socket is shown as IPv4.
Peer describe_peer(const sockaddr_storage& address);

/// Idle connections are cheap but for their descriptor: asks for as many as we may have.
void raise_descriptor_limit();

}  // namespace portcullis::http
