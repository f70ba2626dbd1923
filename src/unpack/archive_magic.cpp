// SPDX-License-Identifier: Apache-2.0
#include "archive_magic.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "tar_header.hpp"

namespace portcullis::unpack {
namespace {

constexpr std::size_t kZipEndBytes = 22;
constexpr std::size_t kZipLongestComment = 65535;
constexpr std::string_view kZipEnd("PK\5\6", 4);

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

/// Where a zip starts that has something in front of it (a program, a script): found from its end
/// record, which must fit the central directory it points to.
std::optional<std::size_t> find_prefixed_zip(std::string_view text) {
  if (text.size() < kZipEndBytes) return std::nullopt;
  const std::string_view tail =
      text.substr(text.size() - std::min(text.size(), kZipEndBytes + kZipLongestComment));
  for (std::size_t at = tail.rfind(kZipEnd); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : tail.rfind(kZipEnd, at - 1)) {
    if (tail.size() - at < kZipEndBytes) continue;
    if (tail.size() - at - kZipEndBytes != little_endian(tail.substr(at + 20, 2))) continue;
    const std::size_t end = text.size() - tail.size() + at;
    const std::size_t directory_size = little_endian(tail.substr(at + 12, 4));
    const std::size_t directory_offset = little_endian(tail.substr(at + 16, 4));
    if (directory_size < 46 || directory_size > end || directory_offset > end - directory_size) continue;
    const std::size_t directory = end - directory_size;
    if (text.substr(directory, 4) != std::string_view("PK\1\2", 4)) continue;
    return directory - directory_offset;
  }
  return std::nullopt;
}

bool is_binary_cpio(std::string_view text) {
  // Two bytes of magic are not much: the name's length, its first bytes and its end must fit too.
  if (text.size() < 28) return false;
  const bool little = text.starts_with("\xc7\x71");
  if (!little && !text.starts_with("\x71\xc7")) return false;
  const auto low = static_cast<unsigned char>(text[little ? 20 : 21]);
  const auto high = static_cast<unsigned char>(text[little ? 21 : 20]);
  const std::size_t name_bytes = static_cast<std::size_t>(high) << 8 | low;
  return name_bytes > 1 && name_bytes <= 4096 && text.size() >= 26 + name_bytes &&
         text.substr(26, name_bytes).find('\0') == name_bytes - 1;
}

bool is_cpio(std::string_view text) {
  return text.starts_with("070701") || text.starts_with("070702") || text.starts_with("070707") ||
         is_binary_cpio(text);
}

/// Offset of the first zstd frame behind skippable ones; nothing when there is none.
std::optional<std::size_t> find_zstd_frame(std::string_view text) {
  std::size_t at = 0;
  while (text.size() - at >= 8 && (static_cast<unsigned char>(text[at]) & 0xf0) == 0x50 &&
         text.substr(at + 1, 3) == "\x2a\x4d\x18") {
    const std::size_t length = 8 + std::size_t{little_endian(text.substr(at + 4, 4))};
    if (length > text.size() - at) return std::nullopt;
    at += length;
  }
  if (text.substr(at, 4) == "\x28\xb5\x2f\xfd") return at;
  return std::nullopt;
}

bool is_bzip2(std::string_view text) {
  return text.size() >= 10 && text.starts_with("BZh") && text[3] >= '1' && text[3] <= '9' &&
         (text.substr(4, 6) == "\x31\x41\x59\x26\x53\x59" || text.substr(4, 6) == "\x17\x72\x45\x38\x50\x90");
}

}  // namespace

std::optional<ArchiveKind> recognise(std::span<const std::byte> content) {
  const std::string_view text = as_text(content);
  if (text.starts_with(std::string_view("PK\3\4", 4)) || text.starts_with(kZipEnd))
    return ArchiveKind{Wrapping::none, ArchiveFormat::zip, 0};
  if (text.starts_with("7z\xbc\xaf\x27\x1c")) return ArchiveKind{Wrapping::none, ArchiveFormat::seven_zip, 0};
  if (text.starts_with("!<arch>\n")) return ArchiveKind{Wrapping::none, ArchiveFormat::ar, 0};
  if (is_cpio(text)) return ArchiveKind{Wrapping::none, ArchiveFormat::cpio, 0};
  if (looks_like_tar_header(content)) return ArchiveKind{Wrapping::none, ArchiveFormat::concatenated_tar, 0};
  if (text.starts_with("\xed\xab\xee\xdb")) return ArchiveKind{Wrapping::rpm, ArchiveFormat::cpio, 0};
  if (text.starts_with("\x1f\x8b\x08") ||
      text.starts_with(std::string_view("\xfd"
                                        "7zXZ\0",
                                        6)) ||
      is_bzip2(text))
    return ArchiveKind{Wrapping::compressed, ArchiveFormat::raw, 0};
  if (const auto start = find_zstd_frame(text))
    return ArchiveKind{Wrapping::compressed, ArchiveFormat::raw, *start};
  if (const auto start = find_prefixed_zip(text))
    return ArchiveKind{Wrapping::none, ArchiveFormat::zip, *start};
  return std::nullopt;
}

ArchiveFormat recognise_unwrapped(std::span<const std::byte> head) {
  if (looks_like_tar_header(head)) return ArchiveFormat::concatenated_tar;
  return is_cpio(as_text(head)) ? ArchiveFormat::cpio : ArchiveFormat::raw;
}

}  // namespace portcullis::unpack
