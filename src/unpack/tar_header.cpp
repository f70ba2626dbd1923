// SPDX-License-Identifier: Apache-2.0
#include "tar_header.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include "portcullis/unpack/layer.hpp"

namespace portcullis::unpack {
namespace {

constexpr std::uint64_t kLargestNumber = std::numeric_limits<std::int64_t>::max();

struct FieldPlace {
  std::string_view name;
  std::size_t start;
  std::size_t length;
};

constexpr FieldPlace kName{"name", 0, 100};
constexpr FieldPlace kMode{"mode", 100, 8};
constexpr FieldPlace kUid{"uid", 108, 8};
constexpr FieldPlace kGid{"gid", 116, 8};
constexpr FieldPlace kSize{"size", 124, 12};
constexpr FieldPlace kChecksum{"checksum", 148, 8};
constexpr std::size_t kTypeAt = 156;
constexpr FieldPlace kLink{"linkname", 157, 100};
constexpr FieldPlace kMagic{"magic", 257, 8};
constexpr FieldPlace kDeviceMajor{"major", 329, 8};
constexpr FieldPlace kDeviceMinor{"minor", 337, 8};
constexpr FieldPlace kPrefix{"prefix", 345, 155};
constexpr FieldPlace kStarTrailer{"star trailer", 508, 4};
constexpr FieldPlace kGnuAtime{"atime", 345, 12};
constexpr FieldPlace kGnuCtime{"ctime", 357, 12};
/// Sparse map, its continuation flag and the real size: read by some for any type of entry.
constexpr FieldPlace kGnuSparse{"sparse area", 386, 109};

constexpr std::string_view kMagicPosix(
    "ustar\0"
    "00",
    8);
constexpr std::string_view kMagicGnu("ustar  \0", 8);
constexpr std::string_view kTrailerStar("tar\0", 4);

std::string_view field(TarBlock block, const FieldPlace& place) {
  const auto bytes = block.subspan(place.start, place.length);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string c_string(std::string_view text) { return std::string(text.substr(0, text.find('\0'))); }

std::optional<std::uint64_t> parse_base256(std::string_view text) {
  std::uint64_t value = static_cast<unsigned char>(text[0]) & 0x7f;
  if ((value & 0x40) != 0) return std::nullopt;  // negative
  for (const char c : text.substr(1)) {
    if (value > (kLargestNumber >> 8)) return std::nullopt;
    value = value << 8 | static_cast<unsigned char>(c);
  }
  return value;
}

enum class Empty { is_zero, refused };

/// ` *[0-7]+[ \0]*`, or base-256 that fits 63 bits.
std::optional<std::uint64_t> parse_number(std::string_view text, Empty empty) {
  if ((static_cast<unsigned char>(text[0]) & 0x80) != 0) return parse_base256(text);
  const auto is_blank = [](char c) { return c == ' ' || c == '\0'; };
  if (empty == Empty::is_zero && std::ranges::all_of(text, is_blank)) return 0;
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::uint64_t value = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '7'; ++digits)
    value = value << 3 | static_cast<std::uint64_t>(text[digits] - '0');
  if (digits == 0 || !std::ranges::all_of(text.substr(digits), is_blank)) return std::nullopt;
  return value;
}

/// Both sums that readers accept: of unsigned bytes, and of signed ones as old tools wrote it.
bool checksum_is_right(TarBlock block) {
  const auto stored = parse_number(field(block, kChecksum), Empty::refused);
  if (!stored) return false;
  std::int64_t plain = 0;
  std::int64_t with_sign = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool inside = i >= kChecksum.start && i < kChecksum.start + kChecksum.length;
    const auto byte = inside ? std::uint8_t{' '} : std::to_integer<std::uint8_t>(block[i]);
    plain += byte;
    with_sign += static_cast<std::int8_t>(byte);
  }
  const auto sum = static_cast<std::int64_t>(*stored);
  return sum == plain || sum == with_sign;
}

/// Does Go read this as a time? Base-256 may be negative here, as long as it fits 64 bits.
bool is_gnu_time(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) == 0) return true;
  if ((byte(0) & 0x80) == 0) return parse_number(text, Empty::is_zero).has_value();
  const unsigned sign = (byte(0) & 0x40) != 0 ? 0xff : 0;
  const std::size_t spare = text.size() - sizeof(std::int64_t);
  if ((byte(0) & 0x7f) != (sign & 0x7f)) return false;
  for (std::size_t i = 1; i < spare; ++i)
    if (byte(i) != sign) return false;
  return (byte(spare) & 0x80) == (sign & 0x80);
}

Checked<std::string> ustar_name(TarBlock block, std::uint64_t offset) {
  if (field(block, kStarTrailer) == kTrailerStar)
    return refuse("star-trailer", "a star header: readers disagree on where its name starts", offset);
  const std::string prefix = c_string(field(block, kPrefix));
  const std::string name = c_string(field(block, kName));
  return prefix.empty() ? name : prefix + "/" + name;
}

Checked<std::string> gnu_name(TarBlock block, std::uint64_t offset) {
  if (!is_zero(block.subspan(kGnuSparse.start, kGnuSparse.length)))
    return refuse("gnu-sparse", "a GNU header with a sparse map or a real size", offset);
  // Go takes this area for a name prefix when the times in it do not parse.
  if (!is_gnu_time(field(block, kGnuAtime)) || !is_gnu_time(field(block, kGnuCtime)))
    return refuse("gnu-times", "a GNU header whose access or change time is not a number", offset);
  return c_string(field(block, kName));
}

}  // namespace

Checked<TarHeader> parse_tar_header(TarBlock block, std::uint64_t offset) {
  if (!checksum_is_right(block))
    return refuse("tar-checksum", "a block that should be a tar header has no right checksum", offset);
  TarHeader header;
  header.type = std::to_integer<char>(block[kTypeAt]);
  if (header.type == '\0') header.type = '0';
  if (header.type == 'S') return refuse("gnu-sparse", "a GNU sparse file (type S)", offset);
  if (std::string_view("0123456xgLK").find(header.type) == std::string_view::npos)
    return refuse("tar-type",
                  std::string("entry type '") + header.type + "' means different things to readers", offset);

  const std::string_view magic = field(block, kMagic);
  if (magic != kMagicPosix && magic != kMagicGnu)
    return refuse("tar-magic", "the header's magic is neither POSIX (ustar, 00) nor GNU (ustar, two spaces)",
                  offset);
  auto name = magic == kMagicGnu ? gnu_name(block, offset) : ustar_name(block, offset);
  if (!name) return tl::unexpected(std::move(name.error()));
  header.name = std::move(*name);
  header.link = c_string(field(block, kLink));

  const auto malformed = [&](const FieldPlace& place) {
    return refuse("tar-number",
                  "the " + std::string(place.name) +
                      " field is not a number that all readers read alike (spaces, octal digits, then spaces "
                      "or NULs; or base-256 that is not negative and fits 63 bits)",
                  offset);
  };
  const auto size = parse_number(field(block, kSize), Empty::refused);
  if (!size) return malformed(kSize);
  header.size = *size;
  const auto mode = parse_number(field(block, kMode), Empty::is_zero);
  if (!mode) return malformed(kMode);
  header.mode = static_cast<std::uint32_t>(*mode & 07777);
  const auto uid = parse_number(field(block, kUid), Empty::is_zero);
  if (!uid) return malformed(kUid);
  header.uid = *uid;
  const auto gid = parse_number(field(block, kGid), Empty::is_zero);
  if (!gid) return malformed(kGid);
  header.gid = *gid;
  if (header.type == '3' || header.type == '4') {
    header.device_major = parse_number(field(block, kDeviceMajor), Empty::is_zero).value_or(kNoDeviceNumber);
    header.device_minor = parse_number(field(block, kDeviceMinor), Empty::is_zero).value_or(kNoDeviceNumber);
  }
  return header;
}

bool is_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

bool looks_like_tar_header(std::span<const std::byte> head) {
  if (head.size() < kTarBlock) return false;
  const TarBlock block = head.first<kTarBlock>();
  return field(block, kMagic).starts_with("ustar") && checksum_is_right(block);
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (kLargestNumber - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

}  // namespace portcullis::unpack
