// SPDX-License-Identifier: Apache-2.0
//
// The small grammars of flags and keys: HOST:PORT, NAME=URL, URLs. Pure; nullopt: not of this grammar.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portcullis::config {

struct Address {
  std::string host;  ///< an IPv6 address without its brackets
  std::uint16_t port = 0;

  bool is_loopback() const;
  std::string text() const;  ///< as parse_address() takes it
};

/// `127.0.0.1:5000`, `[::1]:5000`, `localhost:5000`; port 0 means any free one.
std::optional<Address> parse_address(std::string_view text);
inline constexpr std::string_view kAddressGrammar = "HOST:PORT such as 127.0.0.1:5000 or [::1]:5000";

struct NamedUrl {
  std::string name;
  std::string url;
};

/// `docker.io=https://registry-1.docker.io`.
std::optional<NamedUrl> parse_named_url(std::string_view text);
inline constexpr std::string_view kNamedUrlGrammar =
    "NAME=URL such as docker.io=https://registry-1.docker.io";

std::optional<std::string> parse_upstream_name(std::string_view text);
inline constexpr std::string_view kUpstreamNameGrammar = "a registry host such as docker.io";
std::optional<std::string> parse_url(std::string_view text);
inline constexpr std::string_view kUrlGrammar = "a URL such as https://registry.example.com";

/// A URL, or `direct`.
std::optional<std::string> parse_proxy(std::string_view text);
inline constexpr std::string_view kProxyGrammar = "a URL such as http://proxy.example.com:3128, or direct";

/// A rejected value as messages show it: quoted, and without what stands before '@' in a URL, which may be
/// a password.
std::string quoted_for_message(std::string_view text);

}  // namespace portcullis::config
