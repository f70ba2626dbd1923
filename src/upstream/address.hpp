// SPDX-License-Identifier: Apache-2.0
//
// Which network addresses an upstream may lead us to.
#pragma once

#include <string>

struct sockaddr;

namespace portcullis::upstream {

/// An address of the public internet: not unspecified, loopback, private, shared (RFC 6598),
/// link-local, unique-local, multicast or reserved. IPv6 addresses that carry an IPv4 one (mapped,
/// compatible, NAT64, 6to4) are judged by it. Anything but IPv4 and IPv6 is not public.
bool is_public_address(const sockaddr& address);

/// What a URL's host says without asking DNS; a name is `name`.
enum class HostKind { name, loopback, private_address, public_address };
HostKind host_kind(const std::string& url_host);

/// True when `host` has `address` (port included) among its addresses now.
bool resolves_to(const std::string& host, int port, const sockaddr& address);

}  // namespace portcullis::upstream
