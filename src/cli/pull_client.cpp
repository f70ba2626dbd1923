// SPDX-License-Identifier: Apache-2.0
#include "pull_client.hpp"

#include <nlohmann/json.hpp>

namespace portcullis::cli {

std::string status_line(const http::ProbeAnswer& answer) {
  return std::to_string(answer.status) + " " + answer.reason;
}

std::string message_of(const http::ProbeAnswer& answer) {
  const auto json = nlohmann::json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  if (json.is_object() && json.contains("errors") && json["errors"].is_array() && !json["errors"].empty()) {
    const auto& error = json["errors"].front();
    if (error.is_object() && error.contains("message") && error["message"].is_string()) {
      return error["message"].get<std::string>();
    }
  }
  return answer.reason;
}

util::Result<std::string> redirected_to(const std::string& base, const http::ProbeAnswer& answer) {
  auto location = answer.header("Location");
  if (location.starts_with(base + "/")) location.erase(0, base.size());
  if (!location.starts_with("/") || location.starts_with("//")) {
    return util::fail(util::ErrorKind::invalid, "redirected elsewhere, to " + location);
  }
  return location;
}

}  // namespace portcullis::cli
