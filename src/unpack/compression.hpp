// SPDX-License-Identifier: Apache-2.0
//
// Tells by magic how bytes are compressed, and compares that with what a descriptor declares.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "portcullis/oci/media_type.hpp"
#include "problem.hpp"

namespace portcullis::unpack {

enum class Magic { none, gzip, zstd, zstd_skippable, bzip2, xz };

/// Bytes that sniff_compression() wants to see: a tar block, to tell a skippable frame from a name.
inline constexpr std::size_t kSniffBytes = 512;

Magic sniff_compression(std::span<const std::byte> head);
std::string_view to_string(Magic magic) noexcept;

/// How to read the layer whose first bytes are `head`. `media_type` may be empty.
Checked<oci::Compression> agree_on_compression(std::span<const std::byte> head, std::string_view media_type);

}  // namespace portcullis::unpack
