// SPDX-License-Identifier: Apache-2.0
//
// Which archive is this? Told by magic alone, so that libarchive is only ever given the one format
// that the bytes show and cannot be talked into another (an all-zero block is an empty tar to it).
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "archive_reader.hpp"

namespace portcullis::unpack {

enum class Wrapping {
  none,        ///< the format stands in the open
  compressed,  ///< gzip, xz, zstd or bzip2 around a tar, a cpio or a single file
  rpm,         ///< rpm headers in front of a compressed cpio
};

struct ArchiveKind {
  Wrapping wrapping = Wrapping::none;
  ArchiveFormat format = ArchiveFormat::raw;  ///< of a plain archive; raw where wrapped
  std::size_t start = 0;  ///< bytes in front of it (self-extracting zip, skippable frames)
};

std::optional<ArchiveKind> recognise(std::span<const std::byte> content);

/// tar or cpio by magic at the start of what a compression held; raw for anything else.
ArchiveFormat recognise_unwrapped(std::span<const std::byte> head);

}  // namespace portcullis::unpack
