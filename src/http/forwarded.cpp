// SPDX-License-Identifier: Apache-2.0
#include "forwarded.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "portcullis/util/text.hpp"

namespace portcullis::http {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`.
std::optional<IpAddress> parse_hop(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    return end == std::string_view::npos ? std::nullopt : IpAddress::parse(text.substr(1, end - 1));
  }
  if (std::count(text.begin(), text.end(), ':') == 1) text = text.substr(0, text.find(':'));
  return IpAddress::parse(text);
}

}  // namespace

std::string client_address(const std::string& peer, const Request& request,
                           const std::vector<Network>& trusted) {
  if (trusted.empty()) return peer;
  const auto own = IpAddress::parse(peer);
  if (!own || !contains(trusted, *own)) return peer;
  IpAddress nearest = *own;
  for (auto header = request.headers.rbegin(); header != request.headers.rend(); ++header) {
    if (header->first != "x-forwarded-for") continue;
    const auto hops = util::split(header->second, ',');
    for (auto text = hops.rbegin(); text != hops.rend(); ++text) {
      const auto hop = parse_hop(*text);
      if (!hop) return nearest.text();
      nearest = *hop;
      if (!contains(trusted, nearest)) return nearest.text();
    }
  }
  return nearest.text();
}

}  // namespace portcullis::http
