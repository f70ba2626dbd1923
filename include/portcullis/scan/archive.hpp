// SPDX-License-Identifier: Apache-2.0
//
// What a worker says about an image archive, the tar that `docker save` or `skopeo copy` writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace portcullis::scan {

inline constexpr std::size_t kMaxArchiveEntries = 20'000;

enum class ArchiveEntryType : std::uint8_t { file = 1, hardlink, symlink, directory, other };

/// Names are relative, without `.` and `..` and a slash at either end; no two entries have the same
/// one. Apart from that they are raw: any byte but NUL. A link is not followed: `link` is as written.
struct ArchiveEntry {
  ArchiveEntryType type = ArchiveEntryType::file;
  std::string name;
  std::string link;
  std::uint64_t size = 0;
  /// Of a file: where its content begins, in what ArchiveListing::content says.
  std::uint64_t content = 0;
};

/// What is in an archive, in its order.
struct ArchiveListing {
  enum class Content {
    in_place,  ///< in the archive itself: the ranges of two files do not overlap
    unpacked,  ///< in what was written of it, one file after the other: the archive is compressed
  };
  Content content = Content::in_place;
  std::vector<ArchiveEntry> entries;
};

}  // namespace portcullis::scan
