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
  std::string client = {};  ///< address: the peer's, or what a trusted proxy says
  std::string user = {};    ///< who it proved to be (subject of a client certificate, user name); else empty

  /// The first header of that (lower-case) name; empty when there is none.
  std::string_view header(std::string_view name) const;
  bool is_head() const { return method == "HEAD"; }
};

/// Bytes that are made while they are sent. Immutable; any thread.
class MadeBytes {
 public:
  virtual ~MadeBytes() = default;
  /// Some of the bytes from `offset` on, at least one; they stay valid as long as this object.
  virtual std::string_view at(std::uint64_t offset) const = 0;
};

/// A stretch of a streamed body: some text, then bytes of a file or made ones.
struct BodyPart {
  std::string text = {};
  int file = -1;
  const MadeBytes* made = nullptr;  ///< instead of `file`
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// A body that is sent piece by piece, so that memory stays flat and a slow client costs no thread.
/// Immutable and never empty. A file that is shorter than promised ends the connection: a body cut
/// short is visible to the client, wrong bytes would not be.
class StreamedBody {
 public:
  virtual ~StreamedBody() = default;
  virtual std::uint64_t size() const = 0;
  /// What they refer to lives as long as this object.
  virtual const std::vector<BodyPart>& parts() const = 0;
};

/// A body without an end in sight, such as a stream of events: sent as it comes up, and meanwhile no
/// thread waits for it. The connection closes after it. Any thread; one at a time takes.
class LiveBody {
 public:
  virtual ~LiveBody() = default;
  /// Something can be taken, or nothing more will come. Asked often, by the listener's loop: must not wait.
  virtual bool has_news() const = 0;
  /// What came up since; empty when that is nothing.
  virtual std::string take() = 0;
  /// Nothing more comes than what can still be taken.
  virtual bool ended() const = 0;
};

struct Answer {
  int status = 200;
  /// Text of the status line; the standard phrase when empty. Goes through presentable().
  std::string reason;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::shared_ptr<const StreamedBody> streamed;  ///< instead of `body`
  std::shared_ptr<LiveBody> live;                ///< instead of either
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
