// SPDX-License-Identifier: Apache-2.0
#include "portcullis/config/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "portcullis/oci/reference.hpp"
#include "portcullis/util/safe_text.hpp"

namespace portcullis::config {
namespace {

bool is_ipv6(const std::string& host) {
  in6_addr parsed{};
  return inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

}  // namespace

bool Address::is_loopback() const {
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return host == "localhost";
}

std::string Address::text() const {
  const bool bracketed = host.find(':') != std::string::npos;
  return (bracketed ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<Address> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);

  Address address;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc{} || end != port.data() + port.size()) return std::nullopt;

  if (host.starts_with('[') && host.ends_with(']')) {
    address.host = host.substr(1, host.size() - 2);
    if (!is_ipv6(address.host)) return std::nullopt;
    return address;
  }
  if (host.empty() || !std::all_of(host.begin(), host.end(), is_host_character)) return std::nullopt;
  address.host = host;
  return address;
}

std::optional<NamedUrl> parse_named_url(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  auto name = parse_upstream_name(text.substr(0, equals));
  auto url = parse_url(text.substr(equals + 1));
  if (!name || !url) return std::nullopt;
  return NamedUrl{*std::move(name), *std::move(url)};
}

std::optional<std::string> parse_upstream_name(std::string_view text) {
  auto host = oci::parse_host(text);
  if (!host || !oci::looks_like_host(*host)) return std::nullopt;
  return *std::move(host);
}

std::optional<std::string> parse_url(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!text.starts_with(scheme)) continue;
    const std::string_view rest = text.substr(scheme.size());
    // A user name in the URL would be a credential in the file.
    const bool plain = rest.find_first_of("@?# \t\r\n") == std::string_view::npos;
    if (!rest.empty() && rest.front() != '/' && plain) return std::string(text);
  }
  return std::nullopt;
}

std::optional<std::string> parse_proxy(std::string_view text) {
  return text == "direct" ? std::string(text) : parse_url(text);
}

std::string quoted_for_message(std::string_view text) {
  std::string shown(text);
  const std::size_t scheme = shown.find("://");
  const std::size_t at = shown.rfind('@');
  if (scheme != std::string::npos && at != std::string::npos && scheme < at) {
    shown.replace(scheme + 3, at - scheme - 3, "***");
  }
  std::string quoted(1, '"');
  return quoted.append(util::safe_text(shown)).append(1, '"');
}

}  // namespace portcullis::config
