// SPDX-License-Identifier: Apache-2.0
//
// Something that takes webhooks, for faults that real services do not produce when asked.
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "support/raw_server.hpp"

namespace portcullis::notify {

class Receiver {
 public:
  Receiver() : server_([this](const test::RawRequest& request) { return take(request); }) {}

  /// The next requests are answered so, one each; all that follow with 204.
  void answer(std::vector<test::RawAnswer> answers) {
    const std::lock_guard lock(mutex_);
    answers_.assign(answers.begin(), answers.end());
  }
  std::vector<test::RawRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::string url(const std::string& path = "/hook") const { return server_.url() + path; }
  std::uint16_t port() const { return server_.port(); }

  static std::string header(const test::RawRequest& request, const std::string& name) {
    const auto at = request.head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto start = at + 4 + name.size();
    return request.head.substr(start, request.head.find("\r\n", start) - start);
  }
  /// The events that came, by number; again as often as they came.
  std::vector<std::int64_t> events() const {
    std::vector<std::int64_t> all;
    for (const auto& request : requests())
      all.push_back(std::stoll(header(request, "X-Portcullis-Event-Id")));
    return all;
  }

 private:
  test::RawAnswer take(const test::RawRequest& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    if (answers_.empty()) return {test::http_message("204 No Content", "", "")};
    auto answer = answers_.front();
    answers_.pop_front();
    return answer;
  }

  mutable std::mutex mutex_;
  std::deque<test::RawAnswer> answers_;
  std::vector<test::RawRequest> requests_;
  test::RawServer server_;
};

}  // namespace portcullis::notify
