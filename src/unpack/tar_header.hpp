// SPDX-License-Identifier: Apache-2.0
//
// One 512-byte tar header, read strictly. Strict where readers could come to different entries or
// contents: checksum, magic, type, size, names, and the GNU and star areas that some readers
// interpret. mode, uid and gid may be empty but not malformed, because the layer checks judge
// them. mtime and owner names are not looked at, and device numbers may be anything (the layer checks
// know the good ones): they change no entry, and a runtime that refuses a layer over them unpacks nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "problem.hpp"

namespace portcullis::unpack {

inline constexpr std::size_t kTarBlock = 512;
using TarBlock = std::span<const std::byte, kTarBlock>;

struct TarHeader {
  char type = '0';  ///< '0' to '6', 'x', 'g', 'L', 'K'; NUL is read as '0'
  std::string name;
  std::string link;
  std::uint32_t mode = 0;  ///< the low twelve bits
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::uint64_t size = 0;
  std::uint64_t device_major = 0;  ///< of a device; kNoDeviceNumber when it is no number
  std::uint64_t device_minor = 0;
};

/// `offset` of the block in the tar stream, for the problem.
Checked<TarHeader> parse_tar_header(TarBlock block, std::uint64_t offset);

bool is_zero(std::span<const std::byte> bytes);

/// Has `head` a right tar checksum and a magic that starts with "ustar"?
bool looks_like_tar_header(std::span<const std::byte> head);

/// Decimal digits only, at most what fits 63 bits.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

/// Largest size an octal size field can hold.
inline constexpr std::uint64_t kLargestOctalSize = 077777777777;

}  // namespace portcullis::unpack
