// SPDX-License-Identifier: Apache-2.0
#include "admin_api.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace portcullis::http {
namespace {

Answer text(int status, std::string body, std::string_view type = "text/plain; charset=utf-8") {
  Answer answer;
  answer.status = status;
  answer.content_type = type;
  answer.body = std::move(body);
  answer.headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
  return answer;
}

}  // namespace

AdminApi::AdminApi(const PrometheusMetrics& metrics, std::function<std::vector<Readiness>()> readiness)
    : metrics_(metrics), readiness_(std::move(readiness)) {}

Answer AdminApi::answer(const Request& request) const {
  const auto path = std::string_view(request.target).substr(0, request.target.find('?'));
  const bool known = path == "/healthz" || path == "/readyz" || path == "/metrics";
  if (!known) return text(404, "there is no such page here\n");
  if (request.method != "GET" && !request.is_head()) {
    auto answer = text(405, "GET and HEAD only\n");
    answer.headers.emplace_back("Allow", "GET, HEAD");
    return answer;
  }
  if (path == "/healthz") return text(200, "ok\n");
  if (path == "/readyz") return ready();
  return text(200, metrics_.expose(), "text/plain; version=0.0.4; charset=utf-8");
}

Answer AdminApi::ready() const {
  const auto lines = readiness_();
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
