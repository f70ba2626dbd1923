// SPDX-License-Identifier: Apache-2.0
#include "client_url.hpp"

namespace portcullis::cli {

std::string client_url(const config::Config& config) {
  if (!config.public_url.empty()) return config.public_url;
  const auto& listen = config.registry.listen;
  if (listen.host == "0.0.0.0" || listen.host == "::" || listen.port == 0) return {};
  const bool bracketed = listen.host.find(':') != std::string::npos;
  return "http://" + (bracketed ? "[" + listen.host + "]" : listen.host) + ":" + std::to_string(listen.port);
}

}  // namespace portcullis::cli
