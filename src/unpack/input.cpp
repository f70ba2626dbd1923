// SPDX-License-Identifier: Apache-2.0
#include "input.hpp"

#include <cstring>

namespace portcullis::unpack {

Input::Input(util::ByteSource& source)
    : source_(source), buffer_(std::make_unique_for_overwrite<std::byte[]>(kBufferBytes)) {}

Checked<std::span<std::byte>> Input::peek(std::size_t wanted) {
  while (filled_ - start_ < wanted && !ended_) {
    if (start_ > 0) {
      std::memmove(buffer_.get(), buffer_.get() + start_, filled_ - start_);
      filled_ -= start_;
      start_ = 0;
    }
    const auto got = source_.read({buffer_.get() + filled_, kBufferBytes - filled_});
    if (!got)
      return unavailable("source-failed", "the blob could not be read to its end: " + got.error().message, 0);
    ended_ = *got == 0;
    filled_ += *got;
    received_ += *got;
  }
  return std::span<std::byte>(buffer_.get() + start_, filled_ - start_);
}

void Input::consume(std::size_t count) noexcept { start_ += count; }

}  // namespace portcullis::unpack
