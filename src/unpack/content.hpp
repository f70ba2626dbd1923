// SPDX-License-Identifier: Apache-2.0
//
// Collects the bytes of one file and makes them one contiguous range: in memory while small, in
// regions of the spool from the byte on that does not fit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "portcullis/unpack/layer.hpp"
#include "problem.hpp"
#include "spool.hpp"

namespace portcullis::unpack {

class ContentWriter {
 public:
  /// `expected` when the size is known: then memory or one region of that size is taken at once.
  ContentWriter(Spool spool, std::uint64_t memory_limit, std::optional<std::uint64_t> expected);

  Checked<void> append(std::span<const std::byte> bytes);
  std::uint64_t size() const noexcept { return size_; }
  /// Call once, last.
  Checked<std::shared_ptr<Content>> finish();

 private:
  Checked<void> append_to_spool(std::span<const std::byte> bytes);

  Spool spool_;
  std::uint64_t memory_limit_;
  std::optional<std::uint64_t> expected_;
  std::uint64_t size_ = 0;
  std::vector<std::byte> memory_;
  std::vector<SpoolRegion> regions_;
};

}  // namespace portcullis::unpack
