// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "portcullis/util/fd.hpp"

namespace portcullis::http::test {

struct RawResponse {
  int status = 0;  ///< 0: the connection ended before a whole head
  std::string reason;
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  bool complete = false;  ///< as many body bytes as Content-Length says

  std::string header(const std::string& lower_name) const;
};

enum class Expect { body, head_only };

/// A client that sends exactly the bytes it is told to, well-formed or not.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0);

  /// False when the server has closed the connection.
  bool send(std::string_view bytes);
  /// Reads one response; bytes after it are kept.
  RawResponse read(Expect expect = Expect::body);
  /// True once the server has ended the connection; reads and drops what still comes.
  bool read_to_end();
  /// Reads and drops up to the end of `mark`, of a body without a length; false when the server ends first.
  bool read_until(std::string_view mark);
  void finish_writing();
  void hang_up() { fd_.reset(); }
  int fd() const { return fd_.get(); }

  RawResponse get(std::string_view target, std::string_view more_headers = "");
  RawResponse head(std::string_view target, std::string_view more_headers = "");

 private:
  bool fill();

  util::UniqueFd fd_;
  std::string buffer_;
};

/// One request on a connection of its own.
RawResponse get_once(std::uint16_t port, std::string_view target, std::string_view more_headers = "");
RawResponse head_once(std::uint16_t port, std::string_view target, std::string_view more_headers = "");

}  // namespace portcullis::http::test
