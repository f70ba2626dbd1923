// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "portcullis/scan/service.hpp"
#include "portcullis/util/stream.hpp"

namespace portcullis::test {

/// A tar (ustar) of regular files, written here so that these tests depend on no other part.
inline std::string tar_of(const std::vector<std::pair<std::string, std::string>>& files) {
  std::string tar;
  for (const auto& [name, content] : files) {
    std::string header(512, '\0');
    const auto put = [&](std::size_t at, const std::string& text) { header.replace(at, text.size(), text); };
    char number[13];
    put(0, name);
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    std::snprintf(number, sizeof number, "%011llo", static_cast<unsigned long long>(content.size()));
    put(124, number);
    put(136, "00000000000");
    put(148, "        ");
    header[156] = '0';
    put(257, std::string("ustar\0"
                         "00",
                         8));
    unsigned sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    std::snprintf(number, sizeof number, "%06o", sum);
    put(148, number);
    header[154] = '\0';
    tar.append(header).append(content).append((512 - content.size() % 512) % 512, '\0');
  }
  return tar.append(1024, '\0');
}

/// Gives out a text in pieces, then ends or fails.
class TextSource final : public util::ByteSource {
 public:
  explicit TextSource(std::string text, std::size_t piece = 1 << 20)
      : text_(std::move(text)), piece_(piece) {}
  void fail_at_end(std::string message) { failure_ = std::move(message); }
  /// Called before every read, with the number of bytes given out so far.
  void before_read(std::function<void(std::size_t)> hook) { hook_ = std::move(hook); }

  util::Result<std::size_t> read(std::span<std::byte> buffer) override {
    if (hook_) hook_(at_);
    const std::size_t size = std::min({buffer.size(), piece_, text_.size() - at_});
    if (size == 0 && !failure_.empty()) return util::fail(util::ErrorKind::unreachable, failure_);
    std::memcpy(buffer.data(), text_.data() + at_, size);
    at_ += size;
    return size;
  }

 private:
  std::string text_;
  std::size_t piece_;
  std::size_t at_ = 0;
  std::string failure_;
  std::function<void(std::size_t)> hook_;
};

}  // namespace portcullis::test
