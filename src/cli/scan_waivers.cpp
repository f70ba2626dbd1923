// SPDX-License-Identifier: Apache-2.0
#include "scan_waivers.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "environment.hpp"
#include "portcullis/config/address.hpp"
#include "portcullis/http/probe.hpp"
#include "portcullis/util/files.hpp"
#include "portcullis/util/safe_text.hpp"

namespace portcullis::cli {
namespace {

using nlohmann::json;
using util::ErrorKind;

constexpr std::size_t kMaxToken = 4096;
constexpr std::size_t kMaxPage = 8u << 20;
constexpr std::size_t kMostWaivers = 10'000;
constexpr int kPageSize = 100;

util::Result<std::string> read_token(const WaiverServer& server) {
  std::string token = environment("PORTCULLIS_TOKEN");
  if (!server.token_file.empty()) {
    auto text = util::read_file(server.token_file, kMaxToken);
    if (!text) return util::fail("--token-file", text.error());
    token = *std::move(text);
  }
  token.erase(std::min(token.find_first_of("\r\n"), token.size()));
  if (!token.empty()) return token;
  return util::fail(
      ErrorKind::invalid,
      "--server needs a token with the role viewer, in --token-file or PORTCULLIS_TOKEN; portcullis "
      "token create makes one");
}

constexpr std::string_view kPlain = "http://";

/// May a token go there unencrypted? The whole host counts: `127.0.0.1.example.com` is far away.
bool may_be_plain(const WaiverServer& server) {
  const std::string rest = server.url.substr(kPlain.size());
  const std::string authority = rest.substr(0, rest.find_first_of("/?#"));
  if (std::ranges::find(server.plain_http, authority) != server.plain_http.end()) return true;
  auto address = config::parse_address(authority);
  if (!address) address = config::parse_address(authority + ":80");
  return address && address->is_loopback();
}

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Nothing of it is made up: without an end it is none.
std::optional<findings::Waiver> read_waiver(const json& object) {
  if (!object.is_object()) return std::nullopt;
  const auto expires = util::parse_rfc3339(text_of(object, "expires"));
  const auto created = util::parse_rfc3339(text_of(object, "created"));
  findings::Waiver waiver{.id = text_of(object, "id"),
                          .rule = text_of(object, "rule"),
                          .repository = text_of(object, "repository"),
                          .digest = text_of(object, "digest"),
                          .file_hash = text_of(object, "file_hash"),
                          .reason = text_of(object, "reason"),
                          .author = text_of(object, "author")};
  if (waiver.id.empty() || !expires || !created) return std::nullopt;
  waiver.created = *created;
  waiver.expires = *expires;
  return waiver;
}

util::Result<json> get_page(const http::ProbeRequest& request) {
  const auto answer = http::probe(request);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status == 401 || answer->status == 403) {
    return util::fail(ErrorKind::denied, request.base + " does not accept the token (status " +
                                             std::to_string(answer->status) + "); it needs the role viewer");
  }
  if (answer->status != 200) {
    return util::fail(ErrorKind::unreachable,
                      request.base + " answered with status " + std::to_string(answer->status) +
                          "; expected the address of the admin side, such as http://127.0.0.1:5050");
  }
  auto page = json::parse(answer->body, nullptr, /*allow_exceptions=*/false);
  if (page.is_object() && page.contains("waivers") && page["waivers"].is_array()) return page;
  return util::fail(ErrorKind::corrupt,
                    request.base + " answered with something else than a list of waivers");
}

}  // namespace

util::Result<WaiverSource> waiver_source(const WaiverServer& server) {
  if (!server.url.starts_with("http://") && !server.url.starts_with("https://")) {
    return util::fail(
        ErrorKind::invalid,
        "--server: expected a URL such as https://portcullis.example:5050, saw \"" + server.url + "\"");
  }
  if (server.url.starts_with(kPlain) && !may_be_plain(server)) {
    return util::fail(ErrorKind::invalid,
                      "--server " + server.url +
                          " would send the token unencrypted; use https, or allow it with "
                          "--plain-http and the same host");
  }
  auto token = read_token(server);
  if (!token) return tl::unexpected(token.error());
  std::string base = server.url;
  while (base.ends_with('/')) base.pop_back();
  return WaiverSource{std::move(base), *std::move(token), server.ca_file};
}

util::Result<std::vector<findings::Waiver>> fetch_waivers(const WaiverSource& server, util::TimePoint now) {
  const std::string& base = server.base;
  const auto failed = [](const util::Error& error) { return util::fail("--server", error); };
  std::vector<findings::Waiver> all;
  std::string cursor;
  do {
    http::ProbeRequest request{.base = base};
    request.target = "/api/v1/waivers?state=active&limit=" + std::to_string(kPageSize) +
                     (cursor.empty() ? "" : "&cursor=" + cursor);
    request.headers = {{"Authorization", "Bearer " + server.token}};
    request.max_body = kMaxPage;
    request.ca_file = server.ca_file;
    const auto page = get_page(request);
    if (!page) return failed(page.error());
    const auto before = all.size();
    for (const json& entry : (*page)["waivers"]) {
      auto waiver = read_waiver(entry);
      if (!waiver) return failed({ErrorKind::corrupt, base + ": a waiver in its answer cannot be read"});
      if (waiver->expires > now) all.push_back(*std::move(waiver));
    }
    cursor = text_of(*page, "next");
    const bool plain =
        cursor.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
        std::string::npos;
    if (!plain || (!cursor.empty() && all.size() == before)) {
      return failed({ErrorKind::corrupt, base + ": its list of waivers does not come to an end"});
    }
    if (all.size() > kMostWaivers) {
      return failed({ErrorKind::limit, base + " has more than " + std::to_string(kMostWaivers) + " waivers"});
    }
  } while (!cursor.empty());
  return all;
}

std::vector<findings::Waiver> in_force(std::vector<findings::Waiver> waivers, util::TimePoint now) {
  std::erase_if(waivers, [now](const findings::Waiver& waiver) {
    if (waiver.expires > now) return false;
    std::fprintf(stderr, "portcullis: waiver %s (%s) ran out on %s and does not count\n",
                 util::safe_text(waiver.id).c_str(), util::safe_text(waiver.reason).c_str(),
                 util::to_rfc3339(waiver.expires).c_str());
    return true;
  });
  return waivers;
}

}  // namespace portcullis::cli
