// SPDX-License-Identifier: Apache-2.0
//
// Compression formats written by hand and without compressing: every field can be wrong on purpose.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace portcullis::corpus {

struct GzipMember {
  unsigned char flags = 0;
  std::uint32_t crc_change = 0;     ///< xor
  std::uint32_t length_change = 0;  ///< xor
};
std::string gzip_member(std::string_view content, const GzipMember& how = {});

std::string zstd_frame(std::string_view content);
/// `nibble` 0 to 15 chooses one of the sixteen magics.
std::string zstd_skippable(std::string_view content, unsigned nibble = 0);
/// Its header alone, for `size` bytes that the caller adds.
std::string zstd_skippable_header(std::uint32_t size, unsigned nibble = 0);

}  // namespace portcullis::corpus
