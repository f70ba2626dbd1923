// SPDX-License-Identifier: Apache-2.0
//
// The one place that knows cpp-httplib. Its process_request() and the virtual functions of its
// Stream differ between versions, so a newer one means another httplib_adapter.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "message.hpp"
#include "transport.hpp"

namespace portcullis::http {

struct Exchange {
  int status = 0;
  std::uint64_t bytes = 0;  ///< written, head included
  bool delivered = false;   ///< the whole answer was taken; else the connection is of no more use
};

/// Runs requests through cpp-httplib. One per worker thread.
class HttplibAdapter {
 public:
  HttplibAdapter();
  ~HttplibAdapter();

  /// Answers `request` with what `handler` says and writes it to `transport`. Never throws; a handler
  /// that throws is a 503 that tells the client nothing of the inside.
  Exchange run(const Request& request, const Handler& handler, Transport& transport, KeepAlive keep_alive,
               std::chrono::milliseconds send_stall);

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace portcullis::http
