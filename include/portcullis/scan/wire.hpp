// SPDX-License-Identifier: Apache-2.0
//
// The few bytes-to-values primitives both ends of the scanner's pipes share. Little endian, fixed
// width, length-prefixed text. Reading is bounded and never throws on bad input: the first
// violation makes the reader fail for good, and a message counts only if `finished()` holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace portcullis::scan {

class Writer {
 public:
  void u8(std::uint8_t value) { integer(value, 1); }
  void u32(std::uint32_t value) { integer(value, 4); }
  void u64(std::uint64_t value) { integer(value, 8); }
  /// Cuts `value` to `cap` bytes: the sender keeps what the reader would accept.
  void text(std::string_view value, std::size_t cap);
  /// As they are, without a length: both ends know it.
  void bytes(std::span<const std::byte> value);

  std::string take() { return std::move(bytes_); }

 private:
  void integer(std::uint64_t value, int width);
  std::string bytes_;
};

class Reader {
 public:
  /// Does not own `bytes`.
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(integer(1)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(integer(4)); }
  std::uint64_t u64() { return integer(8); }
  /// 0 or 1; any other byte fails the reader.
  bool flag();
  /// Fails when the text is longer than `cap`.
  std::string text(std::size_t cap);
  /// Fills `value`, or leaves it and fails.
  void bytes(std::span<std::byte> value);
  /// An element count; fails above `cap`.
  std::uint32_t count(std::uint32_t cap);
  /// The value of a contiguous enum; fails outside first..last.
  template <class E>
  E enumerator(E first, E last) {
    const auto value = u8();
    if (value < static_cast<std::uint8_t>(first) || value > static_cast<std::uint8_t>(last)) {
      ok_ = false;
      return first;
    }
    return static_cast<E>(value);
  }

  /// Something that was read is not as it must be.
  void fail() { ok_ = false; }

  bool ok() const { return ok_; }
  /// Everything was read, and nothing is left over.
  bool finished() const { return ok_ && rest_.empty(); }

 private:
  std::uint64_t integer(std::size_t width);
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace portcullis::scan
