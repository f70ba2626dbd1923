// SPDX-License-Identifier: Apache-2.0
//
// Pulls the tar bytes out of a compressed (or plain) blob. A decoder holds no more than its input
// buffer and the state of its library, and vouches for the whole of the blob: it reports the end only
// when every checksum, length and terminator was there and nothing foreign followed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "input.hpp"
#include "portcullis/oci/media_type.hpp"
#include "problem.hpp"

namespace portcullis::unpack {

class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Some bytes into `out`; 0 is the verified end. Offsets in problems are left at 0: the caller
  /// knows how far the stream has come.
  virtual Checked<std::size_t> read(std::span<std::byte> out) = 0;
};

std::unique_ptr<Decoder> make_plain_decoder(Input& input);
std::unique_ptr<Decoder> make_gzip_decoder(Input& input);
std::unique_ptr<Decoder> make_zstd_decoder(Input& input, int window_log);

/// A decoder whose blocks are full until the end, whose output is counted against a limit, and whose
/// first block must not be compressed once more.
class TarStream {
 public:
  static constexpr std::size_t kBlockBytes = 256u << 10;

  TarStream(std::unique_ptr<Decoder> decoder, std::uint64_t limit);

  /// The next block; empty at the verified end. Valid until the next call.
  Checked<std::span<const std::byte>> next();
  std::uint64_t produced() const noexcept { return produced_; }

 private:
  std::unique_ptr<Decoder> decoder_;
  std::unique_ptr<std::byte[]> block_;
  std::uint64_t limit_;
  std::uint64_t produced_ = 0;
};

}  // namespace portcullis::unpack
