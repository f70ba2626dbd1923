// SPDX-License-Identifier: Apache-2.0
#include "range.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "portcullis/util/text.hpp"

namespace portcullis::http {
namespace {

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

/// As written: `first-last`, `first-`, `-suffix`.
struct Spec {
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> last;
};

std::optional<Spec> parse_spec(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto before = text.substr(0, dash);
  const auto after = text.substr(dash + 1);
  const Spec spec{number(before), number(after)};
  if ((!before.empty() && !spec.first) || (!after.empty() && !spec.last)) return std::nullopt;
  if (!spec.first && !spec.last) return std::nullopt;
  if (spec.first && spec.last && *spec.first > *spec.last) return std::nullopt;
  return spec;
}

/// Nullopt when it lies past the end.
std::optional<ByteRange> resolve(const Spec& spec, std::uint64_t size) {
  if (!spec.first) {
    const auto length = std::min(*spec.last, size);
    if (length == 0) return std::nullopt;
    return ByteRange{size - length, length};
  }
  if (*spec.first >= size) return std::nullopt;
  const auto last = std::min(spec.last.value_or(size - 1), size - 1);
  return ByteRange{*spec.first, last - *spec.first + 1};
}

bool overlap(std::vector<ByteRange> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return std::adjacent_find(ranges.begin(), ranges.end(),
                            [](const auto& a, const auto& b) { return b.first <= a.last(); }) != ranges.end();
}

}  // namespace

RangeRequest parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (header.size() <= kUnit.size() || util::to_lower_ascii(header.substr(0, kUnit.size())) != kUnit) {
    return WholeContent{};
  }
  const auto parts = util::split(header.substr(kUnit.size()), ',');
  if (parts.size() > kMaxRanges) return WholeContent{};
  std::vector<ByteRange> ranges;
  for (const auto part : parts) {
    const auto spec = parse_spec(trim(part));
    if (!spec) return WholeContent{};
    if (const auto range = resolve(*spec, size)) ranges.push_back(*range);
  }
  if (ranges.empty()) return Unsatisfiable{};
  if (overlap(ranges)) return WholeContent{};
  return ranges;
}

}  // namespace portcullis::http
