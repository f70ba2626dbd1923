// SPDX-License-Identifier: Apache-2.0
//
// Takes one layer apart. Used inside the scanner only: everything here meets hostile bytes.
//
// A layer is decompressed (gzip by ISA-L, zstd) into one stream of tar bytes, which is seen first
// by the canonical-layer check, our own strict tar walker, and then by libarchive. Both must list
// the same entries. Anything ambiguous is refused: there is no second guess about what a runtime
// would unpack.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/findings/scan_result.hpp"
#include "portcullis/util/stream.hpp"

namespace portcullis::unpack {

struct Limits {
  std::uint64_t unpacked_bytes = 64ull << 30;
  std::uint64_t entries = 2'000'000;
  std::uint64_t path_bytes = 4096;
  std::uint64_t pax_bytes = 1u << 20;     ///< extended headers in front of one entry
  std::uint64_t memory_file = 16u << 20;  ///< larger files go through the spool
  std::uint32_t nested_depth = 3;
  std::uint64_t nested_bytes = 4ull << 30;
  std::uint64_t nested_entries = 500'000;
  int zstd_window_log = 27;
};

enum class EntryType { file, hardlink, symlink, character_device, block_device, directory, fifo };

inline constexpr std::uint64_t kNoDeviceNumber = ~std::uint64_t{0};

struct Entry {
  EntryType type = EntryType::file;
  std::string path;  ///< as written in the layer, raw
  std::string link;  ///< target of a hardlink or symlink, raw
  std::uint32_t mode = 0;
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::uint64_t size = 0;
  std::uint64_t device_major = 0;  ///< of a device; kNoDeviceNumber when it is no number
  std::uint64_t device_minor = 0;
  std::uint64_t offset = 0;  ///< of the (first) header in the tar stream
  /// Of a file: where its content begins in the layer as it was given; nullopt when that is compressed, and
  /// for a member of an archive in it.
  std::optional<std::uint64_t> content = std::nullopt;
};

/// The whole content of one regular file as one contiguous range, in memory or mapped from the
/// spool. The range goes away with the last owner; thread-safe to read.
class Content {
 public:
  virtual ~Content() = default;
  virtual std::span<const std::byte> bytes() const = 0;
};

/// Space for files over Limits::memory_file: one unlinked file, used in page-aligned regions which
/// are given back by punching holes. The descriptor is inherited and stays the caller's; nothing is
/// opened. Copies share one allocation state, which is thread-safe: make one Spool per descriptor.
class Spool {
 public:
  class State;

  explicit Spool(int fd);
  int fd() const;
  const std::shared_ptr<State>& state() const { return state_; }

 private:
  std::shared_ptr<State> state_;
};

struct File {
  Entry entry;  ///< `entry.path` of a member of an archive: `opt/app.jar!/META-INF/x.sh`
  std::shared_ptr<Content> content;
  std::uint32_t depth = 0;  ///< 0: directly in the layer
};

/// Called on the unpacking thread, in stream order. file() may hand its argument to other threads;
/// blocking in it is how back pressure works. Returning false stops the unpacking.
class Visitor {
 public:
  virtual ~Visitor() = default;
  virtual bool entry(const Entry& entry) = 0;  ///< every entry, regular files too, before file()
  /// Is the content of this regular file of interest? If not, file() is not called for it.
  virtual bool wants(const Entry&) { return true; }
  virtual bool file(File file) = 0;
};

/// How it ended. `code` is complete, unscannable (ambiguous or broken), limit, or unavailable when
/// the source failed or the visitor stopped it. `rule` is a stable id such as `layer-truncated`,
/// `pax-duplicate-key`, `parser-disagreement`; `offset` is where in the tar stream.
struct Ending {
  findings::Outcome code = findings::Outcome::unscannable;
  std::string rule;
  std::string reason;
  std::uint64_t offset = 0;
  findings::ScanCounts counts;
};

/// `media_type` is what the descriptor declares; empty for a bare file (`layer:FILE`), then the
/// magic decides.
Ending unpack_layer(util::ByteSource& source, std::string_view media_type, const Limits& limits, Spool spool,
                    Visitor& visitor);

/// One budget for all nested archives of a layer; thread-safe.
class NestedBudget;
std::shared_ptr<NestedBudget> make_nested_budget(const Limits& limits);

/// Is this content an archive that nested() knows how to open? By magic: zip, gzip, xz, zstd, bzip2,
/// tar, ar, cpio, rpm, 7z.
bool is_archive(std::span<const std::byte> content);

/// Opens an archive found in a layer and calls `visitor.file` for each regular member, on the
/// calling thread; members are not opened further here (the caller recurses, see File::depth). `code`
/// complete means every member was delivered; anything else names what was not (encrypted member,
/// broken archive, budget, depth) and is to be reported as a finding, never dropped.
Ending open_nested(const File& archive, const Limits& limits, NestedBudget& budget, Spool spool,
                   Visitor& visitor);

}  // namespace portcullis::unpack
