// SPDX-License-Identifier: Apache-2.0
#include "content.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <string>
#include <utility>

#include "portcullis/util/fd.hpp"

namespace portcullis::unpack {
namespace {

class MemoryContent final : public Content {
 public:
  explicit MemoryContent(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
  std::span<const std::byte> bytes() const override { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

/// Regions of the spool mapped one behind the other. All but the last are full, and region sizes
/// are whole pages, so the range has no gaps.
class MappedContent final : public Content {
 public:
  MappedContent(std::vector<SpoolRegion> regions, std::byte* start, std::size_t size)
      : regions_(std::move(regions)), start_(start), size_(size) {}
  MappedContent(const MappedContent&) = delete;
  MappedContent& operator=(const MappedContent&) = delete;
  ~MappedContent() override { ::munmap(start_, size_); }
  std::span<const std::byte> bytes() const override { return {start_, size_}; }

 private:
  std::vector<SpoolRegion> regions_;
  std::byte* start_;
  std::size_t size_;
};

Checked<std::shared_ptr<Content>> map_regions(std::vector<SpoolRegion> regions, std::uint64_t size) {
  const auto failed = [] {
    return over_limit("spool-map", "no address space for a large file: " + util::errno_error("mmap").message,
                      0);
  };
  const auto length = static_cast<std::size_t>(size);
  void* range = ::mmap(nullptr, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) return failed();
  auto* start = static_cast<std::byte*>(range);
  std::byte* at = start;
  for (const SpoolRegion& region : regions) {
    if (!region.map_at(at)) {
      ::munmap(start, length);
      return failed();
    }
    at += region.used();
  }
  return std::make_shared<MappedContent>(std::move(regions), start, length);
}

}  // namespace

ContentWriter::ContentWriter(Spool spool, std::uint64_t memory_limit, std::optional<std::uint64_t> expected)
    : spool_(std::move(spool)), memory_limit_(memory_limit), expected_(expected) {
  if (expected_ && *expected_ <= memory_limit_) memory_.reserve(static_cast<std::size_t>(*expected_));
}

Checked<void> ContentWriter::append(std::span<const std::byte> bytes) {
  const std::uint64_t total = std::max(size_ + bytes.size(), expected_.value_or(0));
  size_ += bytes.size();
  if (regions_.empty() && total <= memory_limit_) {
    memory_.insert(memory_.end(), bytes.begin(), bytes.end());
    return {};
  }
  if (!memory_.empty()) {
    const std::vector<std::byte> so_far = std::exchange(memory_, {});
    if (auto done = append_to_spool(so_far); !done) return done;
  }
  return append_to_spool(bytes);
}

Checked<void> ContentWriter::append_to_spool(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (regions_.empty() || regions_.back().room() == 0) {
      // Of unknown size: each region as large as all before it, so that there are few of them.
      const std::uint64_t capacity = regions_.empty() && expected_
                                         ? *expected_
                                         : std::max({size_, memory_limit_, std::uint64_t{1} << 20});
      regions_.emplace_back(spool_.state(), whole_pages(capacity));
    }
    const auto piece =
        bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), regions_.back().room())));
    if (auto done = regions_.back().append(piece); !done) return done;
    bytes = bytes.subspan(piece.size());
  }
  return {};
}

Checked<std::shared_ptr<Content>> ContentWriter::finish() {
  if (regions_.empty()) return std::make_shared<MemoryContent>(std::move(memory_));
  return map_regions(std::move(regions_), size_);
}

}  // namespace portcullis::unpack
