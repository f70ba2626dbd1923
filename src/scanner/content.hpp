// SPDX-License-Identifier: Apache-2.0
//
// Input that is not a layer: whole files, straight from the pipe.
#pragma once

#include <cstdint>
#include <memory>

#include "portcullis/unpack/layer.hpp"
#include "portcullis/util/fd.hpp"

namespace portcullis::scanner {

/// The input pipe, counting what came out of it.
class PipeSource final : public util::ByteSource {
 public:
  explicit PipeSource(int fd) : fd_(fd) {}
  util::Result<std::size_t> read(std::span<std::byte> buffer) override;
  std::uint64_t bytes() const { return bytes_; }

 private:
  int fd_;
  std::uint64_t bytes_ = 0;
};

/// Turns stretches of the pipe into contents: in memory up to `memory_limit`, else in `file`, which is
/// filled from front to back and gives the room of a content back when it goes. One thread.
class ContentReader {
 public:
  ContentReader(util::ByteSource& source, int file, std::size_t memory_limit)
      : source_(source), file_(file), memory_limit_(memory_limit) {}

  /// The next `size` bytes, or as many as there are.
  util::Result<std::shared_ptr<unpack::Content>> next(std::uint64_t size);

 private:
  util::ByteSource& source_;
  int file_;
  std::size_t memory_limit_;
  std::uint64_t file_end_ = 0;  ///< page-aligned
};

}  // namespace portcullis::scanner
