// SPDX-License-Identifier: Apache-2.0
//
// What a request head must look like before anything acts on it. Two parsers that read one head
// differently are how requests are smuggled, so whatever could be read in two ways is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "message.hpp"

namespace portcullis::http {

inline constexpr std::size_t kMaxRequestLine = 8000;

/// Why a request is turned away before it reaches a handler. The connection is closed after it.
struct Refusal {
  int status = 400;
  std::string_view cause;  ///< metric label, from a closed set
  std::string_view text;   ///< for the client
};

struct CheckedHead {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::uint64_t content_length = 0;
  KeepAlive keep_alive = KeepAlive::yes;
  bool expects_continue = false;
};

/// `head` is everything from the method to the empty line (CRLF CRLF) that ends it. Checked: one
/// request line with a token method, an origin-form target and HTTP/1.0 or 1.1; headers with token
/// names, no space before the colon, no folding, no control characters; exactly one Host (HTTP/1.1);
/// at most one Content-Length, digits only. Transfer-Encoding is refused altogether: nobody
/// who pulls sends one, and a body whose length is not said cannot be judged in advance (413).
/// Headers named like those that servers add about the peer (REMOTE_ADDR ...) are dropped.
tl::expected<CheckedHead, Refusal> check_head(std::string_view head);

}  // namespace portcullis::http
