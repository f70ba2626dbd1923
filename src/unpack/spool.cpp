// SPDX-License-Identifier: Apache-2.0
#include "spool.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "portcullis/util/fd.hpp"

namespace portcullis::unpack {

Spool::Spool(int fd) : state_(std::make_shared<State>(fd)) {}
int Spool::fd() const { return state_->fd(); }

std::uint64_t Spool::State::allocate(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  ++live_;
  return std::exchange(next_, next_ + bytes);
}

void Spool::State::release(std::uint64_t offset, std::uint64_t bytes) noexcept {
  // Where the file system cannot punch holes the space comes back when the file is closed, and a full
  // disk is a limit like any other.
  if (bytes > 0)
    (void)::fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                      static_cast<off_t>(bytes));
  const std::lock_guard lock(mutex_);
  if (--live_ == 0) next_ = 0;
}

SpoolRegion::SpoolRegion(std::shared_ptr<Spool::State> spool, std::uint64_t capacity)
    : spool_(std::move(spool)), offset_(spool_->allocate(capacity)), capacity_(capacity) {}

SpoolRegion::SpoolRegion(SpoolRegion&& other) noexcept
    : spool_(std::move(other.spool_)),
      offset_(other.offset_),
      capacity_(other.capacity_),
      used_(other.used_) {}

SpoolRegion::~SpoolRegion() {
  if (spool_) spool_->release(offset_, whole_pages(used_));
}

Checked<void> SpoolRegion::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(spool_->fd(), bytes.data(), bytes.size(), static_cast<off_t>(offset_ + used_));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0)
      return over_limit(
          "spool", "no room for a large file: " + util::errno_error("writing the spool file").message, 0);
    used_ += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

bool SpoolRegion::map_at(std::byte* address) const noexcept {
  return ::mmap(address, static_cast<std::size_t>(used_), PROT_READ, MAP_SHARED | MAP_FIXED, spool_->fd(),
                static_cast<off_t>(offset_)) != MAP_FAILED;
}

std::uint64_t whole_pages(std::uint64_t bytes) noexcept {
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

}  // namespace portcullis::unpack
