// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>

#include "portcullis/util/log.hpp"
#include "spawn.hpp"

namespace portcullis::scan {
namespace {

constexpr std::size_t kMaxLine = 1000;
constexpr int kLinesAMinute = 100;

class LineLog {
 public:
  void add(char c) {
    if (c == '\n') return flush();
    if (line_.size() < kMaxLine) line_.push_back(c);
  }
  void flush() {
    if (line_.empty()) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - window_ > std::chrono::minutes(1)) {
      if (dropped_ > 0) util::log::warn("scanner messages dropped", {{"lines", dropped_}});
      window_ = now;
      written_ = dropped_ = 0;
    }
    if (written_ < kLinesAMinute) {
      ++written_;
      util::log::warn("scanner message", {{"text", line_}});
    } else {
      ++dropped_;
    }
    line_.clear();
  }

 private:
  std::string line_;
  std::chrono::steady_clock::time_point window_ = std::chrono::steady_clock::now();
  int written_ = 0;
  int dropped_ = 0;
};

}  // namespace

void pump_to_log(util::UniqueFd fd) {
  LineLog log;
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t size = read(fd.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    for (ssize_t i = 0; i < size; ++i) log.add(buffer[static_cast<std::size_t>(i)]);
  }
  log.flush();
}

}  // namespace portcullis::scan
