// SPDX-License-Identifier: Apache-2.0
//
// The decompression stage alone. What a decoder vouches for does not depend on how large the pieces
// are in which its output is taken.
#include <string>

#include "decoder.hpp"
#include "fuzz/input.hpp"

namespace {

using namespace portcullis;

struct Decoded {
  bool complete = false;
  std::string bytes;
};

Decoded decode(std::string_view blob, bool gzip, std::size_t piece) {
  constexpr std::size_t kEnough = 1u << 20;
  fuzz::PieceSource source(blob, SIZE_MAX);
  unpack::Input input(source);
  const auto decoder = gzip ? unpack::make_gzip_decoder(input) : unpack::make_zstd_decoder(input, 20);
  Decoded result;
  std::string room(piece, '\0');
  while (result.bytes.size() < kEnough) {
    const auto got = decoder->read(std::as_writable_bytes(std::span(room)));
    if (!got) {
      FUZZ_CHECK(!got.error().rule.empty());
      return result;
    }
    FUZZ_CHECK(*got <= piece);
    if (*got == 0) {
      result.complete = true;
      FUZZ_CHECK(input.consumed() == blob.size());
      return result;
    }
    result.bytes.append(room, 0, *got);
  }
  result.bytes.resize(kEnough);
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view blob = fuzz::as_text(data, size);
  const unsigned mode = fuzz::take_mode(blob);
  const bool gzip = (mode & 1) != 0;
  const Decoded large = decode(blob, gzip, 64 << 10);
  const Decoded small = decode(blob, gzip, 100 + mode);
  FUZZ_CHECK(large.complete == small.complete);
  FUZZ_CHECK(!large.complete || large.bytes == small.bytes);
  return 0;
}
