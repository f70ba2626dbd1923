// SPDX-License-Identifier: Apache-2.0
#include "head_check.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "portcullis/util/text.hpp"

namespace portcullis::http {
namespace {

constexpr std::size_t kMaxMethod = 16;

tl::unexpected<Refusal> bad(std::string_view cause, std::string_view text) {
  return tl::unexpected<Refusal>(Refusal{400, cause, text});
}

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alnum(c) || kMarks.find(c) != std::string_view::npos;
  });
}

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

/// Bytes above ASCII are let through in values: some agents carry them, and whoever shows a value
/// renders it with safe_text().
bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool is_host(std::string_view text) {
  constexpr std::string_view kMarks = ".-_:[]";
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_alnum(c) || kMarks.find(c) != std::string_view::npos; });
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The names some servers (cpp-httplib among them) keep the peer's address under.
bool claims_peer(std::string_view lower_name) {
  constexpr std::array<std::string_view, 4> kNames = {"remote_addr", "remote_port", "local_addr",
                                                      "local_port"};
  return std::find(kNames.begin(), kNames.end(), lower_name) != kNames.end();
}

bool lists_token(std::string_view value, std::string_view token) {
  for (const auto part : util::split(value, ',')) {
    if (util::to_lower_ascii(trim(part)) == token) return true;
  }
  return false;
}

enum class Version { http_1_0, http_1_1 };

tl::expected<Version, Refusal> check_request_line(std::string_view line, CheckedHead& out) {
  if (line.size() > kMaxRequestLine) {
    return tl::unexpected<Refusal>(Refusal{414, "request_line", "the request line is too long"});
  }
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return bad("request_line", "the request line must be METHOD TARGET HTTP/1.1");
  }
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  if (method.size() > kMaxMethod || !is_token(method))
    return bad("request_line", "the method is not a token");
  if (!target.starts_with('/') || !is_visible(target) || target.find('#') != std::string_view::npos) {
    return bad("request_line", "the target must be a path of visible ASCII characters");
  }
  out.method = method;
  out.target = target;
  if (version == "HTTP/1.1") return Version::http_1_1;
  if (version == "HTTP/1.0") return Version::http_1_0;
  if (version.starts_with("HTTP/")) {
    return tl::unexpected<Refusal>(Refusal{505, "version", "HTTP/1.0 and HTTP/1.1 are spoken here"});
  }
  return bad("request_line", "the request line must end in HTTP/1.0 or HTTP/1.1");
}

/// What the framing headers said so far.
struct Framing {
  int hosts = 0;
  int lengths = 0;
  std::optional<std::string> transfer_encoding;
};

tl::expected<void, Refusal> note_header(std::string_view name, std::string_view value, CheckedHead& out,
                                        Framing& framing) {
  if (name == "host") {
    ++framing.hosts;
    if (!is_host(value)) return bad("host", "the Host header is not a host");
  } else if (name == "content-length") {
    const auto* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, out.content_length);
    if (value.empty() || error != std::errc() || stop != end) {
      return bad("content_length", "Content-Length must be a decimal number");
    }
    ++framing.lengths;
  } else if (name == "transfer-encoding") {
    framing.transfer_encoding = util::to_lower_ascii(value);
  } else if (name == "connection") {
    if (lists_token(value, "close")) out.keep_alive = KeepAlive::no;
  } else if (name == "expect") {
    if (util::to_lower_ascii(value) != "100-continue") {
      return tl::unexpected<Refusal>(Refusal{417, "expect", "the only expectation met here is 100-continue"});
    }
    out.expects_continue = true;
  }
  return {};
}

tl::expected<void, Refusal> check_framing(Version version, const Framing& framing) {
  if (framing.hosts > 1 || (framing.hosts == 0 && version == Version::http_1_1)) {
    return bad("host", "exactly one Host header is needed");
  }
  if (framing.lengths > 1) return bad("content_length", "more than one Content-Length");
  if (!framing.transfer_encoding) return {};
  if (framing.lengths > 0) return bad("framing", "Content-Length together with Transfer-Encoding");
  if (*framing.transfer_encoding != "chunked")
    return bad("framing", "this Transfer-Encoding is not known here");
  return tl::unexpected<Refusal>(
      Refusal{413, "chunked", "a request body without Content-Length is too large by rule"});
}

}  // namespace

tl::expected<CheckedHead, Refusal> check_head(std::string_view head) {
  CheckedHead out;
  auto end = head.find("\r\n");
  if (end == std::string_view::npos) return bad("request_line", "the request line does not end");
  const auto version = check_request_line(head.substr(0, end), out);
  if (!version) return tl::unexpected<Refusal>(version.error());
  if (*version == Version::http_1_0) out.keep_alive = KeepAlive::no;

  Framing framing;
  for (auto start = end + 2; start < head.size(); start = end + 2) {
    end = head.find("\r\n", start);
    if (end == std::string_view::npos) return bad("header", "a header line does not end");
    if (end == start) break;
    const auto line = head.substr(start, end - start);
    const auto colon = line.find(':');
    // A folded line starts with a space, so its name is no token either.
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return bad("header", "a header must be NAME: VALUE without a space before the colon");
    }
    const auto value = trim(line.substr(colon + 1));
    if (!is_field_value(value)) return bad("header", "a header value holds a control character");
    auto name = util::to_lower_ascii(line.substr(0, colon));
    if (claims_peer(name)) continue;
    if (const auto noted = note_header(name, value, out, framing); !noted) {
      return tl::unexpected<Refusal>(noted.error());
    }
    out.headers.emplace_back(std::move(name), value);
  }
  if (const auto framed = check_framing(*version, framing); !framed) {
    return tl::unexpected<Refusal>(framed.error());
  }
  return out;
}

}  // namespace portcullis::http
