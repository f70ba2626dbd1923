// SPDX-License-Identifier: Apache-2.0
//
// For cpp-httplib 0.11 (Debian 12). What this file has to know about it:
// - It percent-decodes header values, hands Range to its own (broken) range code, compresses what
//   the client says it accepts and files the peer's address under REMOTE_ADDR beside the client's
//   headers. So it is shown none of the client's headers, only whether a body may follow.
// - It writes with blocking calls, its content providers want a real svr_sock_ and copy every byte. So
//   it writes into a string, and of a streamed body it knows the length only.
// - It knows one phrase per status; the head arrives at our Stream in one write, and there the
//   status line is put right.
#include "httplib_adapter.hpp"

#include <httplib.h>

#include <algorithm>
#include <exception>
#include <string>
#include <string_view>

#include "portcullis/util/log.hpp"

namespace portcullis::http {
namespace {

std::string status_line(const Answer& answer) {
  const std::string reason =
      answer.reason.empty() ? std::string(standard_reason(answer.status)) : presentable(answer.reason);
  return "HTTP/1.1 " + std::to_string(answer.status) + " " + reason;
}

Answer answer_safely(const Handler& handler, const Request& request) {
  std::string what = "unknown exception";
  try {
    return handler(request);
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
  }
  util::log::error("request handler failed", {{"target", request.target}, {"error", what}});
  Answer answer;
  answer.status = 503;
  answer.reason = "internal error";
  answer.content_type = "text/plain";
  answer.body = "internal error\n";
  return answer;
}

/// Shows cpp-httplib a request of our making and keeps what it writes.
class ExchangeStream final : public httplib::Stream {
 public:
  ExchangeStream(std::string request, const Answer& answer) : request_(std::move(request)), answer_(answer) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }

  ssize_t read(char* to, size_t size) override {
    const auto count = std::min(size, request_.size() - taken_);
    std::copy_n(request_.data() + taken_, count, to);
    taken_ += count;
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* from, size_t size) override {
    const std::string_view bytes(from, size);
    if (written_.empty()) {
      const auto line_end = std::min(bytes.find("\r\n"), bytes.size());
      written_ = status_line(answer_).append(bytes.substr(line_end));
    } else {
      written_.append(bytes);
    }
    return static_cast<ssize_t>(size);
  }

  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  /// Only compared with FD_SETSIZE, which our descriptors may pass: we poll.
  socket_t socket() const override { return 0; }

  std::string take() { return std::move(written_); }

 private:
  std::string request_;
  std::size_t taken_ = 0;
  const Answer& answer_;
  std::string written_;
};

void fill(const Answer& answer, httplib::Response& response) {
  response.status = answer.status;
  for (const auto& [name, value] : answer.headers) response.set_header(name, value);
  if (answer.streamed) {
    response.set_header("Content-Length", std::to_string(answer.streamed->size()));
    response.set_header("Content-Type", answer.content_type);
  } else if (!answer.body.empty()) {
    response.set_content(answer.body, answer.content_type);
  } else if (!answer.content_type.empty()) {
    response.set_header("Content-Type", answer.content_type);
  }
}

bool names(const Answer& answer, std::string_view header) {
  return std::any_of(answer.headers.begin(), answer.headers.end(),
                     [&](const auto& entry) { return entry.first == header; });
}

}  // namespace

class HttplibAdapter::Server final : public httplib::Server {
 public:
  Server() {
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& response) {
      fill(*answer_, response);
      return HandlerResponse::Handled;
    });
    // Headers it adds of its own accord.
    set_post_routing_handler([this](const httplib::Request&, httplib::Response& response) {
      response.headers.erase("Keep-Alive");
      if (!names(*answer_, "Accept-Ranges")) response.headers.erase("Accept-Ranges");
      if (answer_->status == 304 || answer_->status == 204 || answer_->live) {
        response.headers.erase("Content-Length");
      }
    });
  }

  bool run(ExchangeStream& stream, const Answer& answer, KeepAlive keep_alive) {
    answer_ = &answer;
    bool closed = false;
    return process_request(stream, keep_alive == KeepAlive::no, closed, nullptr);
  }

 private:
  const Answer* answer_ = nullptr;
};

HttplibAdapter::HttplibAdapter() : server_(std::make_unique<Server>()) {}
HttplibAdapter::~HttplibAdapter() = default;

Rendered HttplibAdapter::run(const Request& request, const Handler& handler, KeepAlive keep_alive) {
  const auto answer = answer_safely(handler, request);
  ExchangeStream stream(request.is_head() ? "HEAD / HTTP/1.1\r\n\r\n" : "GET / HTTP/1.1\r\n\r\n", answer);
  Rendered rendered{answer.status, {}, nullptr, nullptr};
  if (!request.is_head()) {
    rendered.body = answer.streamed;
    rendered.live = answer.live;
  }
  if (answer.live) keep_alive = KeepAlive::no;  // its end is the only mark of it
  try {
    if (server_->run(stream, answer, keep_alive)) rendered.text = stream.take();
  } catch (const std::exception& e) {
    util::log::error("answer could not be written", {{"target", request.target}, {"error", e.what()}});
  }
  return rendered;
}

}  // namespace portcullis::http
