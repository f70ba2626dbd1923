// SPDX-License-Identifier: Apache-2.0
//
// The two ends of a bounded stream of bytes. A source is read by one thread at a time, a sink is
// written by one thread at a time; neither may be shared without a lock of the caller's.
#pragma once

#include <cstddef>
#include <span>

#include "portcullis/util/result.hpp"

namespace portcullis::util {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Blocks until at least one byte is there. 0 means the clean end. An error is final: bytes
  /// already delivered must then not be trusted (the transfer behind the source failed).
  virtual Result<std::size_t> read(std::span<std::byte> buffer) = 0;
};

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  /// Takes all of `bytes` or fails; after a failure the producer stops.
  virtual Result<void> write(std::span<const std::byte> bytes) = 0;
};

}  // namespace portcullis::util
