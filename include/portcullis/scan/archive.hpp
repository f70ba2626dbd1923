// SPDX-License-Identifier: Apache-2.0
//
// What a worker says about an image archive, the tar that `docker save` or `skopeo copy` writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

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
};

}  // namespace portcullis::scan
