// SPDX-License-Identifier: Apache-2.0
//
// How many scan threads a running job may use at the moment: one number in a page that the server writes
// and the worker maps read-only. It changes as other jobs come and go, so that the last layer of an image
// gets all processors and not the part it began with.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

#include "portcullis/util/fd.hpp"

namespace portcullis::scan {

/// One page of memory with a number in it, shared between processes. Move-only.
class SharedNumber {
 public:
  /// Ours to write. Whoever gets the descriptor can neither write to it nor change its size.
  static util::Result<SharedNumber> make(std::uint32_t value);
  /// Somebody else's, to be read. The descriptor stays the caller's.
  static util::Result<SharedNumber> map(int fd);
  SharedNumber(SharedNumber&& other) noexcept;
  SharedNumber& operator=(SharedNumber&&) = delete;
  ~SharedNumber();

  /// None for a mapped one.
  int fd() const { return fd_.get(); }
  std::uint32_t get() const noexcept;
  void set(std::uint32_t value) noexcept;  ///< after make() only

 private:
  SharedNumber(util::UniqueFd fd, void* page) : fd_(std::move(fd)), page_(page) {}

  util::UniqueFd fd_;
  void* page_;
};

/// Deals `total` threads out to the jobs that run, evenly, the older ones first; each has one at least.
/// Thread-safe; must outlive its shares.
class ThreadShares {
 public:
  class Share;

  explicit ThreadShares(std::uint32_t total) : total_(total) {}

  std::uint32_t total() const { return total_; }
  util::Result<std::unique_ptr<Share>> join();

 private:
  void deal_locked();

  const std::uint32_t total_;
  std::mutex mutex_;
  std::list<SharedNumber> running_;  ///< oldest first
};

/// Part in the threads; given back on destruction.
class ThreadShares::Share {
 public:
  Share(ThreadShares& owner, std::list<SharedNumber>::iterator place) : owner_(owner), place_(place) {}
  ~Share();
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

  int fd() const { return place_->fd(); }
  std::uint32_t threads() const { return place_->get(); }

 private:
  ThreadShares& owner_;
  std::list<SharedNumber>::iterator place_;
};

}  // namespace portcullis::scan
