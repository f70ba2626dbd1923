// SPDX-License-Identifier: Apache-2.0
#include "address.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>

namespace portcullis::upstream {
namespace {

struct Range {
  std::uint32_t base;
  int prefix;
};

// IANA IPv4 special-purpose registry: what is not globally reachable.
constexpr Range kNotPublic[] = {
    {0x00000000, 8},   // this network
    {0x0A000000, 8},   // private
    {0x64400000, 10},  // shared address space
    {0x7F000000, 8},   // loopback
    {0xA9FE0000, 16},  // link-local, cloud metadata services
    {0xAC100000, 12},  // private
    {0xC0000000, 24},  // protocol assignments
    {0xC0000200, 24},  // documentation
    {0xC0A80000, 16},  // private
    {0xC6120000, 15},  // benchmarking
    {0xC6336400, 24},  // documentation
    {0xCB007100, 24},  // documentation
    {0xE0000000, 4},   // multicast
    {0xF0000000, 4},   // reserved, broadcast
};

bool is_public_v4(std::uint32_t address) {
  return std::none_of(std::begin(kNotPublic), std::end(kNotPublic), [address](const Range& range) {
    return (address ^ range.base) >> (32 - range.prefix) == 0;
  });
}

using Bytes = std::array<std::uint8_t, 16>;

std::uint32_t v4_at(const Bytes& b, std::size_t offset) {
  return std::uint32_t{b[offset]} << 24 | std::uint32_t{b[offset + 1]} << 16 |
         std::uint32_t{b[offset + 2]} << 8 | std::uint32_t{b[offset + 3]};
}

template <std::size_t N>
bool starts_with(const Bytes& bytes, const std::array<std::uint8_t, N>& prefix) {
  return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

bool is_public_v6(const Bytes& b) {
  constexpr std::array<std::uint8_t, 12> kCompatible{};  // also :: and ::1
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  constexpr std::array<std::uint8_t, 12> kNat64{0x00, 0x64, 0xff, 0x9b};
  constexpr std::array<std::uint8_t, 6> kLocalNat64{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01};
  constexpr std::array<std::uint8_t, 4> kTeredo{0x20, 0x01, 0x00, 0x00};
  constexpr std::array<std::uint8_t, 4> kDocumentation{0x20, 0x01, 0x0d, 0xb8};
  if (starts_with(b, kCompatible) || starts_with(b, kMapped) || starts_with(b, kNat64)) {
    return is_public_v4(v4_at(b, 12));
  }
  if (b[0] == 0x20 && b[1] == 0x02) return is_public_v4(v4_at(b, 2));  // 6to4
  if (starts_with(b, kTeredo) || starts_with(b, kDocumentation) || starts_with(b, kLocalNat64)) return false;
  return (b[0] & 0xe0) == 0x20;  // 2000::/3 is all that is allocated for global use
}

template <class Address>
Address read_as(const sockaddr& address) {
  Address out;
  std::memcpy(&out, &address, sizeof out);
  return out;
}

Bytes bytes_of(const in6_addr& address) {
  Bytes out;
  std::memcpy(out.data(), &address, out.size());
  return out;
}

bool is_loopback_v6(const Bytes& b) {
  return std::all_of(b.begin(), b.end() - 1, [](std::uint8_t x) { return x == 0; }) && b[15] == 1;
}

}  // namespace

bool is_public_address(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    return is_public_v4(ntohl(read_as<sockaddr_in>(address).sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) return is_public_v6(bytes_of(read_as<sockaddr_in6>(address).sin6_addr));
  return false;
}

HostKind host_kind(const std::string& url_host) {
  if (url_host == "localhost") return HostKind::loopback;
  in_addr v4{};
  if (::inet_pton(AF_INET, url_host.c_str(), &v4) == 1) {
    const std::uint32_t address = ntohl(v4.s_addr);
    if (address >> 24 == 127) return HostKind::loopback;
    return is_public_v4(address) ? HostKind::public_address : HostKind::private_address;
  }
  if (url_host.size() > 2 && url_host.front() == '[') {
    const std::string inner = url_host.substr(1, url_host.find_first_of("%]") - 1);
    in6_addr v6{};
    if (::inet_pton(AF_INET6, inner.c_str(), &v6) == 1) {
      const Bytes bytes = bytes_of(v6);
      if (is_loopback_v6(bytes)) return HostKind::loopback;
      return is_public_v6(bytes) ? HostKind::public_address : HostKind::private_address;
    }
  }
  return HostKind::name;
}

bool resolves_to(const std::string& host, int port, const sockaddr& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &raw) != 0) return false;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(raw, &::freeaddrinfo);
  for (const addrinfo* at = raw; at != nullptr; at = at->ai_next) {
    if (at->ai_family != address.sa_family) continue;
    if (at->ai_family == AF_INET) {
      const auto a = read_as<sockaddr_in>(*at->ai_addr);
      const auto b = read_as<sockaddr_in>(address);
      if (a.sin_port == b.sin_port && a.sin_addr.s_addr == b.sin_addr.s_addr) return true;
    } else if (at->ai_family == AF_INET6) {
      const auto a = read_as<sockaddr_in6>(*at->ai_addr);
      const auto b = read_as<sockaddr_in6>(address);
      if (a.sin6_port == b.sin6_port && bytes_of(a.sin6_addr) == bytes_of(b.sin6_addr)) return true;
    }
  }
  return false;
}

}  // namespace portcullis::upstream
