// SPDX-License-Identifier: Apache-2.0
//
// The admin listener over real records, with an API that says what it was asked.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/raw_client.hpp"
#include "portcullis/http/server.hpp"
#include "portcullis/records/records.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::http::test {

/// A stream that says what it is told to.
class FakeStream final : public api::EventStream {
 public:
  bool has_news() const override {
    const std::lock_guard lock(mutex_);
    return ended_ || !text_.empty();
  }
  std::string take() override {
    const std::lock_guard lock(mutex_);
    return std::exchange(text_, {});
  }
  bool ended() const override {
    const std::lock_guard lock(mutex_);
    return ended_ && text_.empty();
  }
  void say(const std::string& text) {
    const std::lock_guard lock(mutex_);
    text_ += text;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
  bool ended_ = false;
};

class EchoApi final : public api::Api {
 public:
  api::Answer answer(const api::Request& request) override {
    if (request.target == "/api/v1/session") {
      if (request.method == "DELETE") return {.status = 204};
      if (!request.caller) return api::problem(401, "Log in first", "no token", request.target);
      return {.status = request.method == "POST" ? 201 : 200, .body = request.caller->name};
    }
    if (request.target.starts_with("/api/v1/events/stream")) {
      auto stream = std::make_shared<FakeStream>();
      stream->say("from " + request.last_event_id + "\n\n");
      const std::lock_guard lock(mutex_);
      streams_.push_back(stream);
      return {.content_type = "text/event-stream", .stream = std::move(stream)};
    }
    return {.content_type = "text/plain",
            .body = request.method + " " + request.target + " by " +
                    (request.caller ? request.caller->name : "nobody") + " " + request.body};
  }
  void stop() override {}

  std::shared_ptr<FakeStream> stream(std::size_t i) {
    const std::lock_guard lock(mutex_);
    return i < streams_.size() ? streams_[i] : nullptr;
  }
  /// Of stream `i`, as far as the listener is concerned.
  bool is_open(std::size_t i) {
    const std::lock_guard lock(mutex_);
    return streams_.at(i).use_count() > 1;
  }

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<FakeStream>> streams_;
};

class AdminFixture : public testing::Test {
 protected:
  AdminFixture() {
    auto opened = records::open((dir_ / "p.db").string());
    EXPECT_TRUE(opened) << opened.error().message;
    records_ = *std::move(opened);
    token_ = make_token("olga", records::Role::operator_);
  }

  records::NewToken make_token(const std::string& name, records::Role role) {
    auto made = records_->tokens().create(name, role, clock_.now(), clock_.now() + std::chrono::hours(2), {});
    EXPECT_TRUE(made);
    return *std::move(made);
  }

  void serve(AdminOptions options = {}) {
    auto server = listen_admin(options,
                               {.exposed = metrics_.get(),
                                .readiness =
                                    [this] {
                                      const std::lock_guard lock(mutex_);
                                      return lines_;
                                    },
                                .api = &api_,
                                .tokens = &records_->tokens(),
                                .clock = &clock_},
                               *metrics_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    server_->start();
  }

  static std::string bearer(const std::string& secret) { return "Authorization: Bearer " + secret + "\r\n"; }

  /// Any method, on a connection of its own; `headers` are whole lines, Host among them.
  RawResponse send(const std::string& method, const std::string& target, const std::string& headers) {
    RawClient client(server_->port());
    client.send(method + " " + target + " HTTP/1.1\r\n" + headers + "Content-Length: 0\r\n\r\n");
    return client.read();
  }

  portcullis::test::TempDir dir_;
  util::ManualClock clock_{util::from_millis(1'795'000'000'000)};
  std::unique_ptr<PrometheusMetrics> metrics_ = make_prometheus_metrics();
  std::unique_ptr<records::Records> records_;
  records::NewToken token_;
  EchoApi api_;
  std::mutex mutex_;
  std::vector<Readiness> lines_;
  std::unique_ptr<Server> server_;
};

}  // namespace portcullis::http::test
