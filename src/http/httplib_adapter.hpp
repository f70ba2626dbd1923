// SPDX-License-Identifier: Apache-2.0
//
// The one place that knows cpp-httplib. Its process_request() and the virtual functions of its
// Stream differ between versions, so a newer one means another httplib_adapter.cpp.
#pragma once

#include <memory>
#include <string>

#include "message.hpp"

namespace portcullis::http {

/// An answer as bytes for the wire.
struct Rendered {
  int status = 0;
  std::string text;  ///< head and body; only the head when the body is streamed. Empty: cannot be sent
  std::shared_ptr<const StreamedBody> body;  ///< follows `text`; null for HEAD
  std::shared_ptr<LiveBody> live;            ///< the same; the connection closes after it
};

/// Runs requests through cpp-httplib. One per worker thread.
class HttplibAdapter {
 public:
  HttplibAdapter();
  ~HttplibAdapter();

  /// Answers `request` with what `handler` says. Never throws; a handler that throws is a 503 that
  /// tells the client nothing of the inside.
  Rendered run(const Request& request, const Handler& handler, KeepAlive keep_alive);

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace portcullis::http
