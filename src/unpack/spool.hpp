// SPDX-License-Identifier: Apache-2.0
//
// The allocation state behind unpack::Spool. Thread-safe. Regions lie one after the other; when the
// last one is given back, allocation starts again at the front, so that the file does not grow with
// the layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include "portcullis/unpack/layer.hpp"
#include "problem.hpp"

namespace portcullis::unpack {

class Spool::State {
 public:
  explicit State(int fd) : fd_(fd) {}

  int fd() const noexcept { return fd_; }
  /// Offset of a page-aligned region of `bytes`, a multiple of the page size.
  std::uint64_t allocate(std::uint64_t bytes);
  /// Punches the hole; every region is released exactly once.
  void release(std::uint64_t offset, std::uint64_t bytes) noexcept;

 private:
  const int fd_;
  std::mutex mutex_;
  std::uint64_t next_ = 0;
  std::uint64_t live_ = 0;
};

/// One region of the spool; given back on destruction.
class SpoolRegion {
 public:
  SpoolRegion(std::shared_ptr<Spool::State> spool, std::uint64_t capacity);
  SpoolRegion(SpoolRegion&& other) noexcept;
  SpoolRegion& operator=(SpoolRegion&&) = delete;
  ~SpoolRegion();

  std::uint64_t room() const noexcept { return capacity_ - used_; }
  std::uint64_t used() const noexcept { return used_; }
  /// `bytes` fit room(). A full disk is a limit.
  Checked<void> append(std::span<const std::byte> bytes);
  /// Maps what was written read-only over the address range that starts at `address`.
  bool map_at(std::byte* address) const noexcept;

 private:
  std::shared_ptr<Spool::State> spool_;
  std::uint64_t offset_;
  std::uint64_t capacity_;
  std::uint64_t used_ = 0;
};

/// Rounded up to whole pages.
std::uint64_t whole_pages(std::uint64_t bytes) noexcept;

}  // namespace portcullis::unpack
