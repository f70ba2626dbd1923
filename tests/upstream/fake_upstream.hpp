// SPDX-License-Identifier: Apache-2.0
//
// An upstream that misbehaves as told: for what no real registry can be made to do.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "portcullis/util/fd.hpp"

namespace portcullis::upstream {

struct FakeRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  ///< lower-case names
  std::string body;                            ///< when it has a Content-Length

  std::string header(const std::string& name) const {
    const auto it = headers.find(name);
    return it == headers.end() ? "" : it->second;
  }
};

/// The connection a request came on; it is closed when the handler returns.
class FakeConnection {
 public:
  FakeConnection(int fd, const std::atomic<bool>& stopping) : fd_(fd), stopping_(stopping) {}

  /// Raw bytes; false when the client went away.
  bool send(std::string_view bytes);
  /// A whole answer with its Content-Length.
  void answer(int status, std::vector<std::string> headers = {}, std::string_view body = {});
  /// Sends nothing more until the client hangs up or the test ends.
  void stall();

 private:
  int fd_;
  const std::atomic<bool>& stopping_;
};

/// Listens on a loopback port of its own; one thread a connection, one request a connection.
class FakeUpstream {
 public:
  using Handler = std::function<void(const FakeRequest&, FakeConnection&)>;
  explicit FakeUpstream(Handler handler);
  ~FakeUpstream();

  std::uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "http://" + address(); }
  std::vector<FakeRequest> requests() const;
  /// How many requests had this in their target.
  std::size_t count(std::string_view part) const;

 private:
  void accept_all();
  void serve(util::UniqueFd connection);
  bool read_until(int fd, std::string& text, const std::function<bool()>& enough);

  Handler handler_;
  util::UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::vector<FakeRequest> requests_;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

}  // namespace portcullis::upstream
