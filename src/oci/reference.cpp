// SPDX-License-Identifier: Apache-2.0
#include "portcullis/oci/reference.hpp"

#include <algorithm>

#include "portcullis/util/text.hpp"
#include "quote.hpp"

namespace portcullis::oci {
namespace {

constexpr std::size_t kMaxRepositoryBytes = 255;
constexpr std::size_t kMaxTagBytes = 128;
constexpr std::size_t kMaxHostBytes = 255;
constexpr std::string_view kDefaultHost = "docker.io";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower_alnum(char c) { return (c >= 'a' && c <= 'z') || is_digit(c); }
bool is_word(char c) { return is_lower_alnum(c) || (c >= 'A' && c <= 'Z') || c == '_'; }

/// `.`, `_`, `__` or any number of `-`.
bool is_separator(std::string_view text) {
  return text == "." || text == "_" || text == "__" || text.find_first_not_of('-') == std::string_view::npos;
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
bool is_path_component(std::string_view text) {
  if (text.empty() || !is_lower_alnum(text.front()) || !is_lower_alnum(text.back())) return false;
  auto at = text.begin();
  while (at != text.end()) {
    const auto separator = std::find_if_not(at, text.end(), is_lower_alnum);
    const auto next = std::find_if(separator, text.end(), is_lower_alnum);
    if (separator != next &&
        !is_separator(std::string_view(&*separator, static_cast<std::size_t>(next - separator)))) {
      return false;
    }
    at = next;
  }
  return true;
}

bool is_host_label(std::string_view text) {
  constexpr std::size_t kMaxLabel = 63;
  return !text.empty() && text.size() <= kMaxLabel && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower_alnum(c) || c == '-'; });
}

bool is_host_name(std::string_view text) {
  const auto labels = util::split(text, '.');
  return std::all_of(labels.begin(), labels.end(), is_host_label);
}

/// `[::1]`; the resolver has the last word on what is an address.
bool is_bracketed_address(std::string_view text) {
  return text.size() > 2 && text.front() == '[' && text.back() == ']' &&
         text.substr(1, text.size() - 2).find_first_not_of("0123456789abcdef:.") == std::string_view::npos;
}

bool is_port(std::string_view text) {
  constexpr int kMaxPort = 65535;
  if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit)) return false;
  const int port = std::stoi(std::string(text));
  return port >= 1 && port <= kMaxPort;
}

/// A 64-digit hex string is an image id to docker, never a name.
bool is_image_id(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

util::Result<Repository> Repository::parse(std::string_view text) {
  const auto components = util::split(text, '/');
  if (text.size() > kMaxRepositoryBytes ||
      !std::all_of(components.begin(), components.end(), is_path_component)) {
    return util::fail(
        util::ErrorKind::invalid,
        "a repository must be lower-case letters and digits in parts joined by '/', '.', '_', '__' or "
        "'-', at most 255 bytes (e.g. library/nginx), saw: " +
            quote(text));
  }
  return Repository(std::string(text));
}

util::Result<Tag> Tag::parse(std::string_view text) {
  const bool valid =
      !text.empty() && text.size() <= kMaxTagBytes && is_word(text.front()) &&
      std::all_of(text.begin(), text.end(), [](char c) { return is_word(c) || c == '.' || c == '-'; });
  if (!valid) {
    return util::fail(
        util::ErrorKind::invalid,
        "a tag must be 1 to 128 letters, digits, '_', '.' or '-' and must not begin with '.' or '-' "
        "(e.g. 1.25-alpine), saw: " +
            quote(text));
  }
  return Tag(std::string(text));
}

util::Result<TagOrDigest> parse_tag_or_digest(std::string_view text) {
  const auto widen = [](auto value) { return TagOrDigest(std::move(value)); };
  if (text.find(':') != std::string_view::npos) return Digest::parse(text).map(widen);
  return Tag::parse(text).map(widen);
}

std::string to_string(const TagOrDigest& reference) {
  return std::visit([](const auto& value) { return value.text(); }, reference);
}

bool looks_like_host(std::string_view first_component) {
  return first_component.find_first_of(".:") != std::string_view::npos || first_component == "localhost";
}

util::Result<std::string> parse_host(std::string_view text) {
  std::string host = util::to_lower_ascii(text);
  std::string_view name = host;
  bool port_valid = true;
  const auto colon = name.rfind(':');
  if (colon != std::string_view::npos && !name.ends_with(']')) {
    port_valid = is_port(name.substr(colon + 1));
    name = name.substr(0, colon);
  }
  if (host.size() > kMaxHostBytes || !port_valid || !(is_host_name(name) || is_bracketed_address(name))) {
    return util::fail(util::ErrorKind::invalid,
                      "a registry host must be a name or address with an optional port and nothing else "
                      "(e.g. ghcr.io, localhost:5000), saw: " +
                          quote(text));
  }
  return host;
}

util::Result<Reference> Reference::parse(std::string_view text) {
  if (text.find("://") != std::string_view::npos) {
    return util::fail(
        util::ErrorKind::invalid,
        "an image reference has no scheme, leave out what ends in '://' (e.g. ghcr.io/owner/app:1.0), saw: " +
            quote(text));
  }
  if (is_image_id(text)) {
    return util::fail(
        util::ErrorKind::invalid,
        "64 hex digits are an image id, not a name; give repository@sha256:DIGEST, saw: " + quote(text));
  }

  std::string_view name = text;
  std::optional<Digest> digest;
  if (const auto at = name.find('@'); at != std::string_view::npos) {
    auto parsed = Digest::parse(name.substr(at + 1));
    if (!parsed) return util::fail("image reference " + quote(text), parsed.error());
    digest = std::move(*parsed);
    name = name.substr(0, at);
  }

  std::string_view host = kDefaultHost;
  std::string_view path = name;
  const auto slash = name.find('/');
  if (slash != std::string_view::npos && looks_like_host(name.substr(0, slash))) {
    host = name.substr(0, slash);
    path = name.substr(slash + 1);
  }

  std::optional<Tag> tag;
  if (const auto colon = path.find(':'); colon != std::string_view::npos) {
    auto parsed = Tag::parse(path.substr(colon + 1));
    if (!parsed) return util::fail("image reference " + quote(text), parsed.error());
    tag = std::move(*parsed);
    path = path.substr(0, colon);
  }
  if (!tag && !digest) tag = *Tag::parse("latest");

  auto parsed_host = parse_host(host);
  if (!parsed_host) return util::fail("image reference " + quote(text), parsed_host.error());
  if (*parsed_host == "index.docker.io") *parsed_host = kDefaultHost;

  const bool official =
      *parsed_host == kDefaultHost && path.find('/') == std::string_view::npos && !path.empty();
  auto repository = Repository::parse(official ? "library/" + std::string(path) : std::string(path));
  if (!repository) return util::fail("image reference " + quote(text), repository.error());

  Reference reference(std::move(*parsed_host), std::move(*repository));
  reference.tag_ = std::move(tag);
  reference.digest_ = std::move(digest);
  reference.original_ = text;
  return reference;
}

TagOrDigest Reference::target() const {
  if (digest_) return *digest_;
  return *tag_;
}

std::string Reference::canonical() const {
  std::string text = host_ + '/' + repository_.text();
  if (tag_) text += ':' + tag_->text();
  if (digest_) text += '@' + digest_->text();
  return text;
}

}  // namespace portcullis::oci
