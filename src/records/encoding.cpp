// SPDX-License-Identifier: Apache-2.0
#include "encoding.hpp"

#include <stdexcept>

namespace portcullis::records {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

bool stays(char c) { return c >= ' ' && c <= '~' && c != '%' && c != ','; }

}  // namespace

std::string encode(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    if (stays(c)) {
      text += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      text += '%';
      text += kHex[byte >> 4];
      text += kHex[byte & 0x0f];
    }
  }
  return text;
}

std::optional<std::string> decode(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (stays(text[i])) {
      bytes += text[i];
      continue;
    }
    if (text[i] != '%' || text.size() - i < 3) return std::nullopt;
    const auto high = kHex.find(text[i + 1]);
    const auto low = kHex.find(text[i + 2]);
    if (high == kHex.npos || low == kHex.npos) return std::nullopt;
    const char byte = static_cast<char>(high << 4 | low);
    if (stays(byte)) return std::nullopt;  // a second spelling of the same text
    bytes += byte;
    i += 2;
  }
  return bytes;
}

std::string encode_list(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items) text += encode(item) + ',';
  return text;
}

std::optional<std::vector<std::string>> decode_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto end = text.find(',');
    if (end == text.npos) return std::nullopt;
    auto item = decode(text.substr(0, end));
    if (!item) return std::nullopt;
    items.push_back(std::move(*item));
    text.remove_prefix(end + 1);
  }
  return items;
}

std::string decode_column(std::string_view text) {
  auto bytes = decode(text);
  if (!bytes) throw std::runtime_error("a stored text is damaged: \"" + encode(text.substr(0, 80)) + '"');
  return std::move(*bytes);
}

}  // namespace portcullis::records
