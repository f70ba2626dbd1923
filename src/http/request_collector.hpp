// SPDX-License-Identifier: Apache-2.0
//
// Puts one connection's bytes together to requests, whatever pieces they arrive in, and never holds
// more than the limits allow. Knows no sockets; one thread at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "head_check.hpp"

namespace portcullis::http {

/// Memory for the bodies of all connections of a listener together. Thread-safe.
class BodyBudget {
 public:
  explicit BodyBudget(std::size_t bytes) : free_(bytes) {}
  bool take(std::size_t bytes);
  void give_back(std::size_t bytes) { free_ += bytes; }

 private:
  std::atomic<std::size_t> free_;
};

struct RequestLimits {
  std::size_t max_headers = 100;
  std::size_t max_header_bytes = 32 * 1024;
  std::size_t max_body_bytes = 1 << 20;
};

class RequestCollector {
 public:
  enum class State {
    empty,     ///< between requests
    head,      ///< the head has begun
    body,      ///< the head is good, its body is not complete
    complete,  ///< take() it
    refused,   ///< answer refusal() and close; further bytes mean nothing
  };

  /// Both outlive the collector.
  RequestCollector(const RequestLimits& limits, BodyBudget& budget) : limits_(limits), budget_(budget) {}
  ~RequestCollector() { release_body(); }
  RequestCollector(const RequestCollector&) = delete;
  RequestCollector& operator=(const RequestCollector&) = delete;

  /// Bytes that follow a complete request (pipelining) are kept for the next one; a caller stops
  /// feeding while a request is complete, so one read is the most that is kept.
  State feed(std::string_view bytes);
  State state() const { return state_; }
  const Refusal& refusal() const { return refusal_; }

  /// True once per request whose client waits for "100 Continue" before it sends its body.
  bool take_continue();

  /// The complete request; the state then is that of the bytes left over.
  Request take();

 private:
  State advance();
  State find_head_end();
  State accept_head();
  State refuse(Refusal refusal);
  void release_body();

  const RequestLimits& limits_;
  BodyBudget& budget_;
  std::string buffer_;
  std::size_t scanned_ = 0;     ///< bytes of the head already looked at
  std::size_t line_start_ = 0;  ///< of the line `scanned_` is in
  std::size_t lines_ = 0;
  std::size_t head_size_ = 0;
  std::size_t budgeted_ = 0;
  CheckedHead head_;
  Refusal refusal_;
  State state_ = State::empty;
};

}  // namespace portcullis::http
