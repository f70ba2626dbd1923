// SPDX-License-Identifier: Apache-2.0
#include "portcullis/scan/wire.hpp"

#include <algorithm>
#include <cstring>

namespace portcullis::scan {

void Writer::integer(std::uint64_t value, int width) {
  for (int i = 0; i < width; ++i) bytes_.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
}

void Writer::text(std::string_view value, std::size_t cap) {
  value = value.substr(0, std::min(value.size(), cap));
  u32(static_cast<std::uint32_t>(value.size()));
  bytes_.append(value);
}

void Writer::bytes(std::span<const std::byte> value) {
  bytes_.append(reinterpret_cast<const char*>(value.data()), value.size());
}

std::uint64_t Reader::integer(std::size_t width) {
  if (!ok_ || rest_.size() < width) {
    ok_ = false;
    return 0;
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
  }
  rest_.remove_prefix(width);
  return value;
}

bool Reader::flag() {
  const auto value = u8();
  if (value > 1) ok_ = false;
  return ok_ && value == 1;
}

void Reader::bytes(std::span<std::byte> value) {
  if (!ok_ || rest_.size() < value.size()) {
    ok_ = false;
    return;
  }
  std::memcpy(value.data(), rest_.data(), value.size());
  rest_.remove_prefix(value.size());
}

std::uint32_t Reader::count(std::uint32_t cap) {
  const auto value = u32();
  if (value > cap) ok_ = false;
  return ok_ ? value : 0;
}

std::string Reader::text(std::size_t cap) {
  const auto size = u32();
  if (!ok_ || size > cap || size > rest_.size()) {
    ok_ = false;
    return {};
  }
  std::string value(rest_.substr(0, size));
  rest_.remove_prefix(size);
  return value;
}

}  // namespace portcullis::scan
