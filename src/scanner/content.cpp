// SPDX-License-Identifier: Apache-2.0
#include "content.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace portcullis::scanner {
namespace {

constexpr std::size_t kChunk = 256 * 1024;
constexpr std::uint64_t kPage = 64 * 1024;  ///< a multiple of any page size

/// Part of a file, mapped; punched out of it at the end.
class Mapping final : public unpack::Content {
 public:
  Mapping(void* address, std::size_t size, int file, std::uint64_t offset)
      : address_(address), size_(size), file_(file), offset_(offset) {}
  ~Mapping() override {
    munmap(address_, size_);
    // Best effort: where holes cannot be punched the room comes back when the worker ends.
    (void)fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset_),
                    static_cast<off_t>(size_));
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  std::span<const std::byte> bytes() const override {
    return {static_cast<const std::byte*>(address_), size_};
  }

 private:
  void* address_;
  std::size_t size_;
  int file_;
  std::uint64_t offset_;
};

class Memory final : public unpack::Content {
 public:
  explicit Memory(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
  std::span<const std::byte> bytes() const override { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

util::Result<void> write_at(int file, std::span<const std::byte> bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t size = pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return tl::unexpected(util::errno_error("writing the spool file"));
    bytes = bytes.subspan(static_cast<std::size_t>(size));
    offset += static_cast<std::uint64_t>(size);
  }
  return {};
}

}  // namespace

util::Result<std::size_t> PipeSource::read(std::span<std::byte> buffer) {
  ssize_t size;
  while ((size = ::read(fd_, buffer.data(), buffer.size())) < 0) {
    if (errno != EINTR) return tl::unexpected(util::errno_error("reading the input of the worker"));
  }
  bytes_ += static_cast<std::uint64_t>(size);
  return static_cast<std::size_t>(size);
}

util::Result<std::shared_ptr<unpack::Content>> ContentReader::next(std::uint64_t size) {
  std::vector<std::byte> chunk(kChunk);
  std::vector<std::byte> memory;
  std::uint64_t total = 0;
  bool in_memory = true;
  while (total < size) {
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), size - total));
    const auto read = source_.read(std::span(chunk).first(room));
    if (!read) return tl::unexpected(read.error());
    if (*read == 0) break;
    const auto bytes = std::span<const std::byte>(chunk).first(*read);
    if (in_memory && total + bytes.size() <= memory_limit_) {
      memory.insert(memory.end(), bytes.begin(), bytes.end());
    } else {
      if (auto moved = write_at(file_, memory, file_end_); !moved) return tl::unexpected(moved.error());
      memory = {};
      in_memory = false;
      if (auto written = write_at(file_, bytes, file_end_ + total); !written) {
        return tl::unexpected(written.error());
      }
    }
    total += bytes.size();
  }
  if (in_memory) return std::make_shared<Memory>(std::move(memory));
  void* address = mmap(nullptr, total, PROT_READ, MAP_PRIVATE, file_, static_cast<off_t>(file_end_));
  if (address == MAP_FAILED) return tl::unexpected(util::errno_error("mapping the spool file"));
  auto content = std::make_shared<Mapping>(address, total, file_, file_end_);
  file_end_ += (total + kPage - 1) / kPage * kPage;
  return content;
}

}  // namespace portcullis::scanner
