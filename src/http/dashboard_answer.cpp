// SPDX-License-Identifier: Apache-2.0
#include "dashboard_answer.hpp"

#include <string>
#include <utility>

#include "conditional.hpp"
#include "portcullis/dashboard/dashboard.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::http {
namespace {

/// Its own script and style sheet and nothing else: no inline code, no other host, and no text that becomes
/// markup.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'; require-trusted-types-for 'script'; "
    "trusted-types 'none'";

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

/// `;q=0` behind a coding refuses it.
bool is_refused(std::string_view parameters) {
  for (auto parameter : util::split(parameters, ';')) {
    parameter = trimmed(parameter);
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
    const auto value = parameter.substr(2);
    return value.find_first_not_of("0.") == value.npos;
  }
  return false;
}

bool takes_gzip(std::string_view accepted) {
  for (const auto item : util::split(accepted, ',')) {
    const auto end = item.find(';');
    if (util::to_lower_ascii(trimmed(item.substr(0, end))) != "gzip") continue;
    return end == item.npos || !is_refused(item.substr(end + 1));
  }
  return false;
}

Answer text(int status, std::string body) {
  Answer answer;
  answer.status = status;
  answer.content_type = "text/plain; charset=utf-8";
  answer.body = std::move(body);
  return answer;
}

Answer file(const Request& request, const dashboard::Asset& asset) {
  Answer answer;
  answer.content_type = asset.type;
  const bool gzip = !asset.gzip.empty() && takes_gzip(request.header("accept-encoding"));
  // Two forms of one thing have two strong validators.
  auto etag = std::string(asset.etag);
  if (gzip) etag.insert(etag.size() - 1, "-gzip");
  answer.headers.emplace_back("ETag", etag);
  answer.headers.emplace_back("Cache-Control", asset.lifetime == dashboard::Lifetime::fixed
                                                   ? "public, max-age=31536000, immutable"
                                                   : "no-cache");
  answer.headers.emplace_back("Content-Security-Policy", kPolicy);
  if (!asset.gzip.empty()) answer.headers.emplace_back("Vary", "Accept-Encoding");
  if (none_match_hits(request.header("if-none-match"), etag)) {
    answer.status = 304;
    return answer;
  }
  if (gzip) answer.headers.emplace_back("Content-Encoding", "gzip");
  answer.body = gzip ? asset.gzip : asset.bytes;
  return answer;
}

}  // namespace

std::optional<Answer> dashboard_answer(const Request& request, std::string_view path) {
  if (dashboard::start_page() == nullptr) {
    if (path != "/") return std::nullopt;
    return text(404, "this Portcullis was built without its dashboard; the API is at /api/v1\n");
  }
  const auto* asset = dashboard::find_asset(path);
  const bool is_page = asset == nullptr && dashboard::is_page(path);
  const auto* start = dashboard::start_page();
  if (asset == nullptr && !is_page) {
    // A person who mistyped gets a page that says so; a program gets a line.
    if (request.header("accept").find("text/html") == std::string_view::npos) return std::nullopt;
  }
  if (request.method != "GET" && !request.is_head()) {
    auto answer = text(405, "GET and HEAD only\n");
    answer.headers.emplace_back("Allow", "GET, HEAD");
    return answer;
  }
  auto answer = file(request, asset != nullptr ? *asset : *start);
  if (asset == nullptr && !is_page) answer.status = 404;
  return answer;
}

}  // namespace portcullis::http
