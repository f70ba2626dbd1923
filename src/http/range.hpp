// SPDX-License-Identifier: Apache-2.0
//
// The Range header (RFC 9110, section 14), read by us: open-ended, suffix and multi-range requests
// are what lazy pullers live on, and what careless servers fall over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

namespace portcullis::http {

inline constexpr std::size_t kMaxRanges = 8;

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;  ///< at least 1
  std::uint64_t last() const { return first + length - 1; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

struct WholeContent {};   ///< no range asked for, or none that binds us: answer 200
struct Unsatisfiable {};  ///< 416
using RangeRequest = std::variant<WholeContent, std::vector<ByteRange>, Unsatisfiable>;

/// `header` is the value of Range, `size` that of the content. Ignored, as the RFC allows: other units,
/// anything malformed, more than kMaxRanges ranges, ranges that overlap. The whole content is then the answer
/// every client understands. Ranges past the end are left out; when all are, it is unsatisfiable.
RangeRequest parse_range(std::string_view header, std::uint64_t size);

}  // namespace portcullis::http
