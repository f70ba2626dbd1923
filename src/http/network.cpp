// SPDX-License-Identifier: Apache-2.0
#include "portcullis/http/network.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>

namespace portcullis::http {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 96;
constexpr unsigned kBits = 128;
constexpr unsigned kSiteBits = 64;

using Bytes = std::array<std::uint8_t, 16>;

Bytes masked(Bytes bytes, unsigned prefix) {
  for (unsigned i = 0; i < bytes.size(); ++i) {
    const unsigned kept = std::clamp(prefix, i * 8, i * 8 + 8) - i * 8;
    bytes[i] = static_cast<std::uint8_t>(bytes[i] & (0xff00u >> kept));
  }
  return bytes;
}

std::string text_of(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family, address, text.data(), text.size());
  return text.data();
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string zero_ended(text);
  if (zero_ended.find('\0') != std::string::npos) return std::nullopt;
  IpAddress address;
  auto& bytes = address.bytes_;
  if (::inet_pton(AF_INET6, zero_ended.c_str(), bytes.data()) == 1) return address;
  if (::inet_pton(AF_INET, zero_ended.c_str(), bytes.data() + kMapped.size()) != 1) return std::nullopt;
  std::copy(kMapped.begin(), kMapped.end(), bytes.begin());
  return address;
}

bool IpAddress::is_v4() const { return std::equal(kMapped.begin(), kMapped.end(), bytes_.begin()); }

std::string IpAddress::text() const {
  return is_v4() ? text_of(AF_INET, bytes_.data() + kMapped.size()) : text_of(AF_INET6, bytes_.data());
}

std::string IpAddress::site() const {
  if (is_v4()) return text();
  const auto network = masked(bytes_, kSiteBits);
  return text_of(AF_INET6, network.data()) + "/64";
}

std::optional<Network> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  Network network;
  network.first_ = *address;
  network.prefix_ = kBits;
  if (slash == std::string_view::npos) return network;

  const bool v4 = text.substr(0, slash).find(':') == std::string_view::npos;
  const auto digits = text.substr(slash + 1);
  unsigned prefix = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.size() > 3) return std::nullopt;
  if (prefix > (v4 ? 32 : kBits)) return std::nullopt;
  network.prefix_ = v4 ? prefix + kMappedBits : prefix;
  if (masked(address->bytes_, network.prefix_) != address->bytes_) return std::nullopt;
  return network;
}

bool Network::contains(const IpAddress& address) const {
  const bool v4 = prefix_ >= kMappedBits && first_.is_v4();
  return v4 == address.is_v4() && masked(address.bytes_, prefix_) == first_.bytes_;
}

bool contains(const std::vector<Network>& networks, const IpAddress& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const Network& network) { return network.contains(address); });
}

}  // namespace portcullis::http
