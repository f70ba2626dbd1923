// SPDX-License-Identifier: Apache-2.0
//
// A server on loopback that answers with exactly the bytes a test wants, for faults that no real
// registry produces.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "portcullis/util/fd.hpp"
#include "support/loopback.hpp"

namespace portcullis::test {

enum class Afterwards { close, hang };  ///< `hang` keeps the connection open until the server ends

struct RawAnswer {
  std::string bytes;  ///< status line, headers, body: sent as they are
  Afterwards afterwards = Afterwards::close;
};

/// "HTTP/1.1 200 OK", the headers, a true Content-Length, `Connection: close`, the body.
std::string http_message(std::string_view status, std::string_view headers, std::string_view body);

struct RawRequest {
  std::string method;
  std::string target;
  std::string head;  ///< request line and headers, as they came
  std::string body;  ///< as long as Content-Length says
};

class RawServer {
 public:
  /// Runs on one thread per connection, so it must be thread-safe. A HEAD is answered like a GET by
  /// the handler; what follows the empty line is not sent.
  using Handler = std::function<RawAnswer(const std::string& method, const std::string& target)>;

  explicit RawServer(Handler handler);
  /// The same for a handler that looks at headers.
  explicit RawServer(std::function<RawAnswer(const RawRequest&)> handler);
  ~RawServer();

  std::uint16_t port() const { return listener_.port; }
  std::string address() const { return "127.0.0.1:" + std::to_string(listener_.port); }
  std::string url() const { return "http://" + address(); }
  std::size_t connections() const { return connections_; }
  /// "METHOD target" of every request so far.
  std::vector<std::string> requests() const;

 private:
  void accept_all();
  void answer(int fd);

  std::function<RawAnswer(const RawRequest&)> handler_;
  Listener listener_;
  util::Pipe ending_;  ///< readable end: the server is being destroyed
  std::atomic<std::size_t> connections_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<std::thread> threads_;  ///< touched by the accepting thread, and after it ended
  std::thread acceptor_;
};

}  // namespace portcullis::test
