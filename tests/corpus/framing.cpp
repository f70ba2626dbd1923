// SPDX-License-Identifier: Apache-2.0
#include "corpus/framing.hpp"

#include <algorithm>

namespace portcullis::corpus {
namespace {

std::string little_endian(std::uint64_t value, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
  }
  return ~crc;
}

}  // namespace

std::string gzip_member(std::string_view content, const GzipMember& how) {
  std::string bytes("\x1f\x8b\x08", 3);
  bytes += static_cast<char>(how.flags);
  bytes += little_endian(0, 4) + std::string("\0\xff", 2);
  const std::string_view all = content;
  do {
    const std::string_view piece = content.substr(0, 0xffff);
    content.remove_prefix(piece.size());
    bytes += content.empty() ? '\1' : '\0';
    bytes += little_endian(piece.size(), 2) + little_endian(~piece.size(), 2);
    bytes += piece;
  } while (!content.empty());
  return bytes + little_endian(crc32(all) ^ how.crc_change, 4) +
         little_endian(all.size() ^ how.length_change, 4);
}

std::string zstd_frame(std::string_view content) {
  constexpr std::size_t kBlock = 64 * 1024;
  // One segment, with its size in eight bytes; then raw blocks.
  std::string bytes = "\x28\xb5\x2f\xfd\xe0" + little_endian(content.size(), 8);
  do {
    const std::string_view piece = content.substr(0, std::min(content.size(), kBlock));
    content.remove_prefix(piece.size());
    bytes += little_endian(piece.size() << 3 | (content.empty() ? 1 : 0), 3);
    bytes += piece;
  } while (!content.empty());
  return bytes;
}

std::string zstd_skippable_header(std::uint32_t size, unsigned nibble) {
  return little_endian(0x184d2a50 + nibble, 4) + little_endian(size, 4);
}

std::string zstd_skippable(std::string_view content, unsigned nibble) {
  return zstd_skippable_header(static_cast<std::uint32_t>(content.size()), nibble).append(content);
}

}  // namespace portcullis::corpus
