// SPDX-License-Identifier: Apache-2.0
#include "url.hpp"

#include <curl/curl.h>

#include <charconv>
#include <memory>
#include <optional>

#include "portcullis/util/text.hpp"

namespace portcullis::upstream {
namespace {

struct Cleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};
using Handle = std::unique_ptr<CURLU, Cleanup>;

std::optional<std::string> get(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* raw = nullptr;
  if (curl_url_get(url, part, &raw, flags) != CURLUE_OK) return std::nullopt;
  const std::unique_ptr<char, Cleanup> owned(raw);
  return std::string(raw);
}

tl::unexpected<util::Error> refuse(std::string why) {
  return util::fail(util::ErrorKind::invalid, "unusable URL: " + std::move(why));
}

util::Result<Url> read(CURLU* handle) {
  const auto scheme = get(handle, CURLUPART_SCHEME);
  const auto host = get(handle, CURLUPART_HOST);
  const auto port = get(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (scheme && *scheme != "http" && *scheme != "https") {
    return refuse("only http and https are spoken, saw scheme: " + *scheme);
  }
  if (!scheme || !host || host->empty() || !port) return refuse("it has no scheme or no host");
  if (get(handle, CURLUPART_USER) || get(handle, CURLUPART_PASSWORD)) {
    return refuse("it carries a user name or a password; configure credentials instead");
  }
  Url url;
  url.scheme = *scheme;
  url.host = util::to_lower_ascii(*host);
  std::from_chars(port->data(), port->data() + port->size(), url.port);
  url.path = get(handle, CURLUPART_PATH).value_or("/");
  url.query = get(handle, CURLUPART_QUERY).value_or("");
  return url;
}

util::Result<Handle> parse(const std::string& text) {
  Handle handle(curl_url());
  if (!handle) return util::fail(util::ErrorKind::internal, "curl gave no URL handle");
  // Without a scheme curl would guess one; we do not.
  const CURLUcode code = curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), 0);
  if (code != CURLUE_OK) return refuse(curl_url_strerror(code));
  return handle;
}

}  // namespace

std::string Url::authority() const { return host + ":" + std::to_string(port); }

std::string Url::text() const {
  std::string out = origin() + path;
  if (!query.empty()) out += "?" + query;
  return out;
}

util::Result<Url> parse_url(const std::string& text) {
  auto handle = parse(text);
  if (!handle) return tl::unexpected(handle.error());
  return read(handle->get());
}

util::Result<Url> resolve_url(const Url& base, const std::string& reference) {
  auto handle = parse(base.text());
  if (!handle) return tl::unexpected(handle.error());
  const CURLUcode code = curl_url_set(handle->get(), CURLUPART_URL, reference.c_str(), 0);
  if (code != CURLUE_OK) return refuse(curl_url_strerror(code));
  return read(handle->get());
}

util::Result<Url> with_query(const Url& url, std::string_view name, std::string_view value) {
  auto handle = parse(url.text());
  if (!handle) return tl::unexpected(handle.error());
  const std::string pair = std::string(name) + "=" + std::string(value);
  const CURLUcode code =
      curl_url_set(handle->get(), CURLUPART_QUERY, pair.c_str(), CURLU_APPENDQUERY | CURLU_URLENCODE);
  if (code != CURLUE_OK) return refuse(curl_url_strerror(code));
  return read(handle->get());
}

util::Result<std::string> form_field(std::string_view name, std::string_view value) {
  auto url = with_query(Url{"http", "localhost", 80, "/", {}}, name, value);
  if (!url) return tl::unexpected(url.error());
  return std::move(url->query);
}

bool same_origin(const Url& a, const Url& b) {
  return a.scheme == b.scheme && a.host == b.host && a.port == b.port;
}

}  // namespace portcullis::upstream
