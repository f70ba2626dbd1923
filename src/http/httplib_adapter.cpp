// SPDX-License-Identifier: Apache-2.0
//
// For cpp-httplib 0.11 (Debian 12). What this file has to know about it:
// - It percent-decodes header values, hands Range to its own (broken) range code, compresses what
//   the client says it accepts and files the peer's address under REMOTE_ADDR beside the client's
//   headers. So it is shown none of the client's headers, only whether a body may follow.
// - Its content providers want a real svr_sock_ and copy every byte, so a streamed body goes past it:
//   it writes the head, with the length we give it, and the file follows by sendfile.
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

/// A streamed body's way to the client; counts what arrived there.
class ToTransport final : public BodySink {
 public:
  ToTransport(Transport& transport, std::chrono::milliseconds stall, std::uint64_t& written)
      : transport_(transport), stall_(stall), written_(written) {}
  bool text(std::string_view bytes) override {
    if (!write_all(transport_, bytes, stall_)) return false;
    written_ += bytes.size();
    return true;
  }
  bool file(int file, std::uint64_t offset, std::uint64_t length) override {
    if (!send_all(transport_, file, offset, length, stall_)) return false;
    written_ += length;
    return true;
  }

 private:
  Transport& transport_;
  std::chrono::milliseconds stall_;
  std::uint64_t& written_;
};

/// Shows cpp-httplib a request of our making and passes on what it writes.
class ExchangeStream final : public httplib::Stream {
 public:
  ExchangeStream(std::string request, Transport& transport, const Answer& answer,
                 std::chrono::milliseconds send_stall)
      : request_(std::move(request)), transport_(transport), answer_(answer), send_stall_(send_stall) {}

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
    if (head_written_) return send(bytes) ? static_cast<ssize_t>(size) : -1;
    head_written_ = true;
    const auto line_end = std::min(bytes.find("\r\n"), bytes.size());
    const auto head = status_line(answer_).append(bytes.substr(line_end));
    // A small body goes out with its head in one packet.
    if (!answer_.body.empty()) {
      held_ = head;
      return static_cast<ssize_t>(size);
    }
    return send(head) ? static_cast<ssize_t>(size) : -1;
  }

  bool flush() { return failed_ ? false : held_.empty() || send({}); }

  /// The streamed body goes past cpp-httplib, which knows only its length.
  bool send_body(const StreamedBody& body) {
    ToTransport sink(transport_, send_stall_, written_);
    return body.send(sink);
  }

  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  /// Only compared with FD_SETSIZE, which our descriptors may pass: we poll.
  socket_t socket() const override { return 0; }

  std::uint64_t written() const { return written_; }

 private:
  bool send(std::string_view bytes) {
    if (failed_) return false;
    if (!held_.empty()) {
      held_.append(bytes);
      bytes = held_;
    }
    failed_ = !write_all(transport_, bytes, send_stall_);
    if (!failed_) written_ += bytes.size();
    held_.clear();
    return !failed_;
  }

  std::string request_;
  std::size_t taken_ = 0;
  Transport& transport_;
  const Answer& answer_;
  std::chrono::milliseconds send_stall_;
  std::string held_;
  std::uint64_t written_ = 0;
  bool head_written_ = false;
  bool failed_ = false;
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
      if (answer_->status == 304) response.headers.erase("Content-Length");
    });
  }

  bool run(ExchangeStream& stream, const Answer& answer, KeepAlive keep_alive) {
    answer_ = &answer;
    bool closed = false;
    return process_request(stream, keep_alive == KeepAlive::no, closed, nullptr) && stream.flush();
  }

 private:
  const Answer* answer_ = nullptr;
};

HttplibAdapter::HttplibAdapter() : server_(std::make_unique<Server>()) {}
HttplibAdapter::~HttplibAdapter() = default;

Exchange HttplibAdapter::run(const Request& request, const Handler& handler, Transport& transport,
                             KeepAlive keep_alive, std::chrono::milliseconds send_stall) {
  const auto answer = answer_safely(handler, request);
  ExchangeStream stream(request.is_head() ? "HEAD / HTTP/1.1\r\n\r\n" : "GET / HTTP/1.1\r\n\r\n", transport,
                        answer, send_stall);
  Exchange exchange{answer.status, 0, false};
  try {
    exchange.delivered = server_->run(stream, answer, keep_alive) &&
                         (request.is_head() || !answer.streamed || stream.send_body(*answer.streamed));
  } catch (const std::exception& e) {
    util::log::error("answer could not be written", {{"target", request.target}, {"error", e.what()}});
  }
  exchange.bytes = stream.written();
  return exchange;
}

}  // namespace portcullis::http
