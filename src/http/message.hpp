// SPDX-License-Identifier: Apache-2.0
//
// A request and its answer as our handlers see them: plain values, no sockets, no cpp-httplib.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portcullis::http {

/// The other end of a connection, from the socket and never from a header.
struct Peer {
  std::string address;
  std::uint16_t port = 0;
};

enum class KeepAlive { no, yes };

/// A request whose head passed check_head() and whose body is complete.
struct Request {
  std::string method;
  std::string target;  ///< starts with '/', visible ASCII only, still percent-encoded
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;
  KeepAlive keep_alive = KeepAlive::yes;
  Peer peer;

  /// The first header of that (lower-case) name; empty when there is none.
  std::string_view header(std::string_view name) const;
  bool is_head() const { return method == "HEAD"; }
};

/// Where a body goes. Each call takes all of it; false when the client is gone or the file is too short.
class BodySink {
 public:
  virtual ~BodySink() = default;
  virtual bool text(std::string_view bytes) = 0;
  /// `length` bytes of `file` from `offset`, without a copy through this process where that is possible.
  virtual bool file(int file, std::uint64_t offset, std::uint64_t length) = 0;
};

/// A body that is made while it is sent, so that memory stays flat. Never empty.
class StreamedBody {
 public:
  virtual ~StreamedBody() = default;
  virtual std::uint64_t size() const = 0;
  /// Writes exactly size() bytes, or returns false and the connection is dropped: a body cut short
  /// is visible to the client, wrong bytes would not be.
  virtual bool send(BodySink& sink) const = 0;
};

struct Answer {
  int status = 200;
  /// Text of the status line; the standard phrase when empty. Goes through presentable().
  std::string reason;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::shared_ptr<const StreamedBody> streamed;  ///< instead of `body`
};

/// Answers one request; called from many threads at once.
using Handler = std::function<Answer(const Request&)>;

std::string_view standard_reason(int status);

/// Text for a header or a status line. Finished lines (safe text already) stay as they are; with any
/// byte that is not printable ASCII in it, a line is rendered by safe_text(). At most 1000 bytes.
std::string presentable(std::string_view text);

/// The value of a Warning header with this text (RFC 9111, 5.5): `299 - "text"`.
std::string warning_value(std::string_view text);

/// A JSON string literal of presentable(text).
std::string json_string(std::string_view text);

}  // namespace portcullis::http
