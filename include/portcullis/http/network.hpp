// SPDX-License-Identifier: Apache-2.0
//
// IP addresses and blocks of them, as lists of clients and proxies are written.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::http {

/// IPv4 or IPv6. An IPv4 address that was mapped into IPv6 (::ffff:1.2.3.4) is IPv4.
class IpAddress {
 public:
  /// `10.0.0.1` or `2001:db8::1`; no brackets, port or zone.
  static std::optional<IpAddress> parse(std::string_view text);

  std::string text() const;
  bool is_v4() const;
  /// What one customer of a provider is: the address itself, or the /64 network of an IPv6 address.
  std::string site() const;

  bool operator==(const IpAddress&) const = default;

 private:
  friend class Network;
  /// IPv4 in its mapped form.
  std::array<std::uint8_t, 16> bytes_{};
};

/// A block of addresses of one family: `0.0.0.0/0` holds no IPv6 address and `::/0` no IPv4 one.
class Network {
 public:
  /// `10.0.0.0/8`, `2001:db8::/32` or one address. Nullopt also when bits are set behind the prefix
  /// (10.0.0.1/8): one of the two is not what was meant.
  static std::optional<Network> parse(std::string_view text);

  bool contains(const IpAddress& address) const;

 private:
  IpAddress first_;
  unsigned prefix_ = 0;  ///< of the 128 bits
};

inline constexpr std::string_view kNetworkGrammar =
    "addresses or networks such as 10.0.0.0/8 or 2001:db8::/32";

bool contains(const std::vector<Network>& networks, const IpAddress& address);

}  // namespace portcullis::http
