// SPDX-License-Identifier: Apache-2.0
#include "admin_api.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "api_answer.hpp"
#include "dashboard_answer.hpp"

namespace portcullis::http {
namespace {

/// Unless an answer says otherwise: nothing here loads anything, is shown in another's frame, or is kept.
constexpr std::pair<const char*, const char*> kEverywhere[] = {
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy",
     "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"}};

Answer text(int status, std::string body, std::string_view type = "text/plain; charset=utf-8") {
  Answer answer;
  answer.status = status;
  answer.content_type = type;
  answer.body = std::move(body);
  return answer;
}

}  // namespace

AdminApi::AdminApi(const AdminOptions& options, const AdminParts& parts, util::Metrics& metrics)
    : parts_(parts), metrics_access_(options.metrics), door_(options, *parts.tokens, *parts.clock, metrics) {}

Answer AdminApi::answer(const Request& request) {
  auto answer = choose(request, std::string_view(request.target).substr(0, request.target.find('?')));
  for (const auto& [name, value] : kEverywhere) {
    const auto is_set = [&](const auto& header) { return header.first == name; };
    if (std::ranges::none_of(answer.headers, is_set)) answer.headers.emplace_back(name, value);
  }
  return answer;
}

Answer AdminApi::choose(const Request& request, std::string_view path) {
  if (path == api::kPrefix || path.starts_with(std::string(api::kPrefix) + "/"))
    return ask_api(request, path);
  const bool known = path == "/healthz" || path == "/readyz" || path == "/metrics";
  if (!known) {
    if (auto answer = dashboard_answer(request, path)) return *std::move(answer);
    return text(404, "there is no such page here\n");
  }
  if (request.method != "GET" && !request.is_head()) {
    auto answer = text(405, "GET and HEAD only\n");
    answer.headers.emplace_back("Allow", "GET, HEAD");
    return answer;
  }
  if (path == "/healthz") return text(200, "ok\n");
  if (path == "/readyz") return ready();
  return expose(request);
}

Answer AdminApi::expose(const Request& request) {
  if (metrics_access_ == MetricsAccess::token) {
    auto caller = door_.admit(request);
    if (!caller) return std::move(caller.error());
    if (!*caller) return text(401, "metrics need a token here: [admin] metrics_token\n");
  }
  return text(200, parts_.exposed->expose(), "text/plain; version=0.0.4; charset=utf-8");
}

Answer AdminApi::ask_api(const Request& request, std::string_view path) {
  auto caller = door_.admit(request);
  if (!caller) return std::move(caller.error());
  auto answer = api_answer(parts_.api->answer({.method = request.method,
                                               .target = request.target,
                                               .content_type = std::string(request.header("content-type")),
                                               .last_event_id = std::string(request.header("last-event-id")),
                                               .body = request.body,
                                               .caller = *caller,
                                               .address = request.client}));
  if (path == std::string(api::kPrefix) + "/session") {
    if (answer.status == 201)
      answer.headers.emplace_back("Set-Cookie", door_.session_cookie(request, **caller));
    if (answer.status == 204) answer.headers.emplace_back("Set-Cookie", door_.no_session_cookie());
  }
  return answer;
}

Answer AdminApi::ready() const {
  const auto lines = parts_.readiness();
  std::string json;
  for (const auto& line : lines) {
    json += json.empty() ? "[\n" : ",\n";
    json += "  {\"name\": " + json_string(line.name) + ", \"ready\": " + (line.ready ? "true" : "false") +
            ", \"detail\": " + json_string(line.detail) + "}";
  }
  json += json.empty() ? "[]\n" : "\n]\n";
  const bool all = std::all_of(lines.begin(), lines.end(), [](const Readiness& line) { return line.ready; });
  return text(all ? 200 : 503, std::move(json), "application/json");
}

}  // namespace portcullis::http
