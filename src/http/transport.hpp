// SPDX-License-Identifier: Apache-2.0
//
// One client's byte stream, without blocking. The plain socket is one kind; TLS is another, which
// is why reading may have to wait until the socket can be *written* (a handshake) and vice versa.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "portcullis/util/fd.hpp"

namespace portcullis::http {

class Transport {
 public:
  enum class Status {
    ok,          ///< `bytes` moved, at least one
    want_read,   ///< try again when the socket is readable
    want_write,  ///< try again when it is writable; a write then begins with the same bytes
    closed,      ///< the client is gone; which way does not matter
  };
  struct Outcome {
    Status status = Status::closed;
    std::size_t bytes = 0;
  };

  virtual ~Transport() = default;
  /// What has to happen before the first byte. Call until it is `ok`, and nothing else before.
  virtual Status handshake() { return Status::ok; }
  /// Whom the client proved to be in the handshake; empty when that was not asked.
  virtual const std::string& user() const = 0;
  virtual Outcome read(std::span<char> buffer) = 0;
  virtual Outcome write(std::string_view bytes) = 0;
  /// Sends from a file, at most `size` bytes from `offset`. The file's end counts as `closed`: the
  /// answer cannot be what it promised.
  virtual Outcome send_file(int file, std::uint64_t offset, std::size_t size) = 0;
  /// Tells the client that nothing more will come; reading goes on.
  virtual void finish_writing() = 0;
  /// Makes every call, also one that another thread waits in, end with `closed`.
  virtual void abort() = 0;
  virtual int fd() const = 0;
  /// How much the client's machine has acknowledged, on this connection so far.
  std::uint64_t bytes_taken() const;
};

/// `socket` is connected and non-blocking.
std::unique_ptr<Transport> make_tcp_transport(util::UniqueFd socket);

}  // namespace portcullis::http
