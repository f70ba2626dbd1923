// SPDX-License-Identifier: Apache-2.0
//
// What the fuzz targets share. A target states what must hold for any input, and stops with
// FUZZ_CHECK where it does not; everything else is for the sanitizers.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

#include "portcullis/util/stream.hpp"

#define FUZZ_CHECK(condition)                                                             \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

namespace portcullis::fuzz {

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Takes the first byte off `text`: how a target lets the input choose a mode.
inline unsigned take_mode(std::string_view& text) {
  if (text.empty()) return 0;
  const auto mode = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  return mode;
}

/// Bytes in pieces of at most `piece`.
class PieceSource final : public util::ByteSource {
 public:
  PieceSource(std::string_view bytes, std::size_t piece) : rest_(bytes), piece_(piece) {}
  util::Result<std::size_t> read(std::span<std::byte> buffer) override {
    const std::size_t count = std::min({buffer.size(), rest_.size(), piece_});
    std::memcpy(buffer.data(), rest_.data(), count);
    rest_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view rest_;
  std::size_t piece_;
};

/// One for the whole run; every spool starts at its front again.
inline int spool_file() {
  static const int fd = ::memfd_create("spool", MFD_CLOEXEC);
  FUZZ_CHECK(fd >= 0);
  return fd;
}

}  // namespace portcullis::fuzz
