// SPDX-License-Identifier: Apache-2.0
#include "request_collector.hpp"

#include <utility>

namespace portcullis::http {

namespace {
/// An idle connection keeps no more buffer than this; ten thousand of them add up.
constexpr std::size_t kIdleCapacity = 1024;
}  // namespace

bool BodyBudget::take(std::size_t bytes) {
  auto free = free_.load();
  do {
    if (free < bytes) return false;
  } while (!free_.compare_exchange_weak(free, free - bytes));
  return true;
}

RequestCollector::State RequestCollector::feed(std::string_view bytes) {
  if (state_ == State::refused) return state_;
  buffer_.append(bytes);
  return advance();
}

RequestCollector::State RequestCollector::advance() {
  if (state_ == State::empty && !buffer_.empty()) state_ = State::head;
  if (state_ == State::head) state_ = find_head_end();
  if (state_ == State::body && buffer_.size() - head_size_ >= head_.content_length) state_ = State::complete;
  return state_;
}

RequestCollector::State RequestCollector::find_head_end() {
  for (;;) {
    const auto newline = buffer_.find('\n', scanned_);
    const auto seen = newline == std::string::npos ? buffer_.size() : newline + 1;
    if (seen > limits_.max_header_bytes)
      return refuse({431, "header_bytes", "the request head is too large"});
    scanned_ = seen;
    if (newline == std::string::npos) return State::head;
    if (newline == line_start_ || buffer_[newline - 1] != '\r') {
      return refuse({400, "bare_lf", "a line must end in CR LF"});
    }
    if (newline - 1 == line_start_) break;
    line_start_ = seen;
    // The first line is the request line.
    if (++lines_ > limits_.max_headers + 1) return refuse({431, "header_count", "too many headers"});
  }
  head_size_ = scanned_;
  return accept_head();
}

RequestCollector::State RequestCollector::accept_head() {
  auto head = check_head(std::string_view(buffer_).substr(0, head_size_));
  if (!head) return refuse(head.error());
  head_ = std::move(*head);
  if (head_.content_length > limits_.max_body_bytes) {
    return refuse({413, "body_bytes", "the request body is too large"});
  }
  const auto length = static_cast<std::size_t>(head_.content_length);
  if (!budget_.take(length)) {
    return refuse({503, "body_budget", "too many request bodies at once, try again later"});
  }
  budgeted_ = length;
  return State::body;
}

RequestCollector::State RequestCollector::refuse(Refusal refusal) {
  refusal_ = refusal;
  buffer_ = std::string();
  return state_ = State::refused;
}

bool RequestCollector::take_continue() {
  return state_ == State::body && std::exchange(head_.expects_continue, false);
}

Request RequestCollector::take() {
  const auto body_size = static_cast<std::size_t>(head_.content_length);
  Request request{std::move(head_.method),
                  std::move(head_.target),
                  std::move(head_.headers),
                  buffer_.substr(head_size_, body_size),
                  head_.keep_alive,
                  {},
                  {},
                  {}};
  buffer_.erase(0, head_size_ + body_size);
  if (buffer_.empty() && buffer_.capacity() > kIdleCapacity) buffer_ = std::string();
  release_body();
  head_ = CheckedHead{};
  scanned_ = line_start_ = lines_ = head_size_ = 0;
  state_ = State::empty;
  advance();
  return request;
}

void RequestCollector::release_body() { budget_.give_back(std::exchange(budgeted_, 0)); }

}  // namespace portcullis::http
