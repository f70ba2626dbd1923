// SPDX-License-Identifier: Apache-2.0
#include "compression.hpp"

#include <algorithm>
#include <string>

#include "portcullis/util/fd.hpp"
#include "tar_header.hpp"

namespace portcullis::unpack {
namespace {

bool starts_with(std::span<const std::byte> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::ranges::equal(bytes.first(magic.size()), util::as_bytes(magic));
}

bool is_skippable_frame(std::span<const std::byte> bytes) {
  return bytes.size() >= 4 && (bytes[0] & std::byte{0xf0}) == std::byte{0x50} &&
         starts_with(bytes.subspan(1), "\x2a\x4d\x18");
}

std::string_view name_of(oci::Compression compression) {
  switch (compression) {
    case oci::Compression::none:
      return "plain tar";
    case oci::Compression::gzip:
      return "gzip";
    case oci::Compression::zstd:
      return "zstd";
  }
  return "unknown";
}

}  // namespace

Magic sniff_compression(std::span<const std::byte> head) {
  if (starts_with(head, "\x1f\x8b")) return Magic::gzip;
  if (starts_with(head, "\x28\xb5\x2f\xfd")) return Magic::zstd;
  if (is_skippable_frame(head)) return Magic::zstd_skippable;
  if (starts_with(head, "BZh")) return Magic::bzip2;
  if (starts_with(head, {"\xfd"
                         "7zXZ\0",
                         6}))
    return Magic::xz;
  return Magic::none;
}

std::string_view to_string(Magic magic) noexcept {
  switch (magic) {
    case Magic::none:
      return "plain tar";
    case Magic::gzip:
      return "gzip";
    case Magic::zstd:
      return "zstd";
    case Magic::zstd_skippable:
      return "a zstd skippable frame";
    case Magic::bzip2:
      return "bzip2";
    case Magic::xz:
      return "xz";
  }
  return "unknown";
}

Checked<oci::Compression> agree_on_compression(std::span<const std::byte> head, std::string_view media_type) {
  const Magic magic = sniff_compression(head);
  const bool declared = oci::classify(media_type) == oci::MediaClass::layer;
  const oci::Compression declaration =
      declared ? oci::declared_compression(media_type) : oci::Compression::none;

  if (magic == Magic::bzip2 || magic == Magic::xz)
    return refuse("layer-compression-unsupported",
                  "the layer starts like " + std::string(to_string(magic)) +
                      ", which some runtimes unpack and others refuse; use gzip, zstd or plain tar",
                  0);
  // Some tools skip the frame and unpack what follows; to others it is the name of a tar entry.
  if (magic == Magic::zstd_skippable &&
      (looks_like_tar_header(head) || (declared && declaration == oci::Compression::none)))
    return refuse("leading-skippable-frame",
                  "the layer starts with a zstd skippable frame that is also the start of a plain tar", 0);

  oci::Compression found = oci::Compression::none;
  if (magic == Magic::gzip) found = oci::Compression::gzip;
  if (magic == Magic::zstd || magic == Magic::zstd_skippable) found = oci::Compression::zstd;
  if (declared && found != declaration)
    return refuse("compression-mismatch",
                  "the media type " + std::string(media_type) + " declares " +
                      std::string(name_of(declaration)) + ", the bytes are " + std::string(name_of(found)),
                  0);
  return found;
}

}  // namespace portcullis::unpack
