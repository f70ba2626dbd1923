// SPDX-License-Identifier: Apache-2.0
//
// A tiny blocking HTTP/1.1 client on a raw socket, so that tests see the exact status line and the
// exact bytes. One connection a request, to 127.0.0.1.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portcullis::test {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";
  HttpHeaders headers = {};
  std::string body = {};
  std::filesystem::path body_file = {};  ///< sent instead of `body` when not empty
  std::chrono::milliseconds stall_timeout = std::chrono::seconds(60);
};

struct HttpResponse {
  int status = 0;
  std::string reason;
  HttpHeaders headers;
  std::string body;
  bool complete = false;  ///< the body had the promised length, or its last chunk

  /// First value of the header, any case; empty when absent.
  std::string header(std::string_view name) const;
};

/// Throws std::runtime_error when nobody listens or the answer is not HTTP. A connection that ends
/// in the middle of the body is a response that is not `complete`.
HttpResponse http_request(std::uint16_t port, const HttpRequest& request);
HttpResponse http_get(std::uint16_t port, const std::string& target, const HttpHeaders& headers = {});

/// True when GET `target` answers 200 now; a refused connection is false, not an error.
bool http_ok(std::uint16_t port, const std::string& target);

}  // namespace portcullis::test
