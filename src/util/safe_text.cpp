// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/safe_text.hpp"

namespace portcullis::util {
namespace {

constexpr std::string_view kEllipsis = "...";

void append_escaped(std::string& out, unsigned char byte) {
  constexpr char kHex[] = "0123456789abcdef";
  if (byte == '\\') {
    out += "\\\\";
  } else if (byte >= 0x20 && byte <= 0x7e) {
    out += static_cast<char>(byte);
  } else {
    out += "\\x";
    out += kHex[byte >> 4];
    out += kHex[byte & 0x0f];
  }
}

}  // namespace

std::string safe_text(std::string_view hostile, std::size_t limit) {
  const std::size_t room_before_ellipsis = limit > kEllipsis.size() ? limit - kEllipsis.size() : 0;
  std::string out;
  std::size_t cut = 0;  // the longest run of whole escapes that leaves room for the ellipsis
  for (const char c : hostile) {
    append_escaped(out, static_cast<unsigned char>(c));
    if (out.size() > limit) {
      out.resize(cut);
      out += kEllipsis.substr(0, limit - cut);
      return out;
    }
    if (out.size() <= room_before_ellipsis) cut = out.size();
  }
  return out;
}

}  // namespace portcullis::util
