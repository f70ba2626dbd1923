// SPDX-License-Identifier: Apache-2.0
#include "portcullis/scan/thread_share.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <utility>

namespace portcullis::scan {
namespace {

constexpr std::size_t kPage = 4096;

std::atomic_ref<std::uint32_t> number_in(void* page) {
  return std::atomic_ref<std::uint32_t>(*static_cast<std::uint32_t*>(page));
}

}  // namespace

util::Result<SharedNumber> SharedNumber::make(std::uint32_t value) {
  util::UniqueFd fd(memfd_create("portcullis-threads", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd || ftruncate(fd.get(), kPage) != 0) return tl::unexpected(util::errno_error("memfd_create"));
  void* page = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (page == MAP_FAILED) return tl::unexpected(util::errno_error("mapping a page of shared memory"));
  SharedNumber number(std::move(fd), page);
  // Our mapping stays writable; a worker that shortened the file would have us killed by SIGBUS.
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
  if (fcntl(number.fd(), F_ADD_SEALS, kSeals) != 0)
    return tl::unexpected(util::errno_error("sealing a page of shared memory"));
  number.set(value);
  return number;
}

util::Result<SharedNumber> SharedNumber::map(int fd) {
  void* page = mmap(nullptr, kPage, PROT_READ, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED) return tl::unexpected(util::errno_error("mapping a page of shared memory"));
  return SharedNumber({}, page);
}

SharedNumber::SharedNumber(SharedNumber&& other) noexcept
    : fd_(std::move(other.fd_)), page_(std::exchange(other.page_, nullptr)) {}

SharedNumber::~SharedNumber() {
  if (page_ != nullptr) munmap(page_, kPage);
}

std::uint32_t SharedNumber::get() const noexcept { return number_in(page_).load(std::memory_order_relaxed); }

void SharedNumber::set(std::uint32_t value) noexcept {
  number_in(page_).store(value, std::memory_order_relaxed);
}

util::Result<std::unique_ptr<ThreadShares::Share>> ThreadShares::join() {
  auto number = SharedNumber::make(1);
  if (!number) return tl::unexpected(number.error());
  const std::lock_guard lock(mutex_);
  const auto place = running_.insert(running_.end(), std::move(*number));
  deal_locked();
  return std::make_unique<Share>(*this, place);
}

void ThreadShares::deal_locked() {
  if (running_.empty()) return;
  const auto jobs = static_cast<std::uint32_t>(running_.size());
  std::uint32_t left_over = total_ % jobs;
  for (auto& share : running_) {
    const std::uint32_t extra = left_over > 0 ? 1 : 0;
    left_over -= extra;
    share.set(std::max<std::uint32_t>(1, total_ / jobs + extra));
  }
}

ThreadShares::Share::~Share() {
  const std::lock_guard lock(owner_.mutex_);
  owner_.running_.erase(place_);
  owner_.deal_locked();
}

}  // namespace portcullis::scan
