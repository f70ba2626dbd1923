// SPDX-License-Identifier: Apache-2.0
#include "route.hpp"

#include <algorithm>

#include "portcullis/util/text.hpp"
#include "registry_errors.hpp"

namespace portcullis::http {
namespace {

constexpr std::string_view kRoot = "/v2/";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int value = hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]);
    if (hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0 || value < 0x20 || value > 0x7e) {
      return std::nullopt;
    }
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

using Unexpected = tl::unexpected<Answer>;

Unexpected name_invalid(const std::string& message) {
  return Unexpected(registry_error(400, "NAME_INVALID", message));
}

tl::expected<Route, Answer> parse_name(std::string_view name, const Target& target,
                                       const std::string& default_host, const Aliases& aliases) {
  if (target.repeats("ns")) return name_invalid("the parameter ns is given more than once");
  auto kind = RouteKind::mirror;
  std::optional<std::string> ns;
  std::string host = default_host;
  const auto slash = name.find('/');
  if (const auto given = target.parameter("ns")) {
    const auto parsed = oci::parse_host(*given);
    if (!parsed) return name_invalid("ns: " + parsed.error().message);
    ns = std::string(*given);
    host = *parsed;
  } else if (slash != std::string_view::npos && oci::looks_like_host(name.substr(0, slash))) {
    const auto parsed = oci::parse_host(name.substr(0, slash));
    if (!parsed) return name_invalid(parsed.error().message);
    kind = RouteKind::prefix;
    host = *parsed;
    name.remove_prefix(slash + 1);
  }
  if (const auto known = aliases.find(host); known != aliases.end()) host = known->second;
  std::string path(name);
  if (host == "docker.io" && path.find('/') == std::string::npos) path.insert(0, "library/");
  auto repository = oci::Repository::parse(path);
  if (!repository) return name_invalid(repository.error().message);
  return Route{kind, std::move(ns), std::move(host), std::move(*repository)};
}

}  // namespace

std::optional<Target> Target::parse(std::string_view text) {
  Target target;
  const auto question = text.find('?');
  target.raw_path = text.substr(0, question);
  auto path = decode(target.raw_path);
  if (!path) return std::nullopt;
  target.path = std::move(*path);
  if (question == std::string_view::npos || question + 1 == text.size()) return target;
  for (const auto pair : util::split(text.substr(question + 1), '&')) {
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = decode(pair.substr(0, equals));
    auto value = decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return std::nullopt;
    target.query.emplace_back(std::move(*name), std::move(*value));
  }
  return target;
}

std::optional<std::string_view> Target::parameter(std::string_view name) const {
  const auto found =
      std::find_if(query.begin(), query.end(), [&](const auto& entry) { return entry.first == name; });
  if (found == query.end() || repeats(name)) return std::nullopt;
  return found->second;
}

bool Target::has(std::string_view name) const {
  return std::any_of(query.begin(), query.end(), [&](const auto& entry) { return entry.first == name; });
}

bool Target::repeats(std::string_view name) const {
  return std::count_if(query.begin(), query.end(), [&](const auto& entry) { return entry.first == name; }) >
         1;
}

RouteKind route_kind(const Target& target) {
  std::string_view path = target.path;
  if (target.has("ns") || !path.starts_with(kRoot)) return RouteKind::mirror;
  path.remove_prefix(kRoot.size());
  return oci::looks_like_host(path.substr(0, path.find('/'))) ? RouteKind::prefix : RouteKind::mirror;
}

tl::expected<Destination, Answer> find_route(const Target& target, const std::string& default_host,
                                             const Aliases& aliases) {
  std::string_view path = target.path;
  if (path == "/v2" || path == kRoot) return Ping{};
  if (!path.starts_with(kRoot)) return UnknownTarget{};
  path.remove_prefix(kRoot.size());
  if (path == "_catalog") return CatalogTarget{};

  const auto last = path.rfind('/');
  if (last == std::string_view::npos || last == 0) return UnknownTarget{};
  const auto before = path.rfind('/', last - 1);
  if (before == std::string_view::npos) return UnknownTarget{};
  const auto kind = path.substr(before + 1, last - before - 1);
  const auto leaf = path.substr(last + 1);
  const bool tags = kind == "tags" && leaf == "list";
  const bool by_digest = kind == "blobs" || kind == "referrers";
  if (kind != "manifests" && !by_digest && !tags) return UnknownTarget{};

  auto route = parse_name(path.substr(0, before), target, default_host, aliases);
  if (!route) return Unexpected(route.error());
  if (tags) return TagsTarget{std::move(*route), std::string(path.substr(0, before))};
  if (by_digest) {
    auto digest = oci::Digest::parse(leaf);
    if (!digest) return Unexpected(registry_error(400, "DIGEST_INVALID", digest.error().message));
    if (kind == "referrers") return ReferrersTarget{std::move(*route), std::move(*digest)};
    return BlobTarget{std::move(*route), std::move(*digest)};
  }
  auto reference = oci::parse_tag_or_digest(leaf);
  if (!reference) {
    const auto* code = leaf.find(':') == std::string_view::npos ? "TAG_INVALID" : "DIGEST_INVALID";
    return Unexpected(registry_error(400, code, reference.error().message));
  }
  return ManifestTarget{std::move(*route), std::move(*reference)};
}

}  // namespace portcullis::http
