// SPDX-License-Identifier: Apache-2.0
//
// The blob as it arrives: a byte source behind one fixed buffer that can be looked into before it is
// consumed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "portcullis/util/stream.hpp"
#include "problem.hpp"

namespace portcullis::unpack {

class Input {
 public:
  static constexpr std::size_t kBufferBytes = 256u << 10;

  explicit Input(util::ByteSource& source);

  /// At least `wanted` bytes, fewer only at the end of the blob; valid until the next call.
  /// `wanted` is at most kBufferBytes.
  Checked<std::span<std::byte>> peek(std::size_t wanted);
  void consume(std::size_t count) noexcept;

  std::uint64_t received() const noexcept { return received_; }
  std::uint64_t consumed() const noexcept { return received_ - (filled_ - start_); }

 private:
  util::ByteSource& source_;
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t start_ = 0;
  std::size_t filled_ = 0;
  std::uint64_t received_ = 0;
  bool ended_ = false;
};

}  // namespace portcullis::unpack
