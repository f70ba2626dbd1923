// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/text.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace portcullis::util {
namespace {

struct SizeUnit {
  std::string_view name;  // lower case
  std::uint64_t bytes;
};

constexpr SizeUnit kSizeUnits[] = {
    {"b", 1},
    {"kib", std::uint64_t{1} << 10},
    {"mib", std::uint64_t{1} << 20},
    {"gib", std::uint64_t{1} << 30},
    {"tib", std::uint64_t{1} << 40},
    {"pib", std::uint64_t{1} << 50},
    {"kb", 1'000},
    {"mb", 1'000'000},
    {"gb", 1'000'000'000},
    {"tb", 1'000'000'000'000},
    {"pb", 1'000'000'000'000'000},
};

std::optional<std::uint64_t> unit_bytes(std::string_view name) {
  if (name.empty()) return 1;
  const std::string lower = to_lower_ascii(name);
  for (const SizeUnit& unit : kSizeUnits) {
    if (unit.name == lower) return unit.bytes;
  }
  return std::nullopt;
}

/// Takes leading decimal digits off `text`.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::size_t kMaxFractionDigits = 3;  // 999 PiB thousandths still fit 64 bits
  const auto whole = take_number(text);
  if (!whole) return std::nullopt;
  std::uint64_t fraction = 0;
  std::uint64_t fraction_scale = 1;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::size_t before = text.size();
    const auto digits = take_number(text);
    const std::size_t length = before - text.size();
    if (!digits || length > kMaxFractionDigits) return std::nullopt;
    fraction = *digits;
    for (std::size_t i = 0; i < length; ++i) fraction_scale *= 10;
  }
  if (text.starts_with(' ')) {
    text.remove_prefix(1);
    if (text.empty()) return std::nullopt;
  }
  const auto unit = unit_bytes(text);
  if (!unit || (*unit == 1 && fraction_scale != 1)) return std::nullopt;
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(*whole, *unit, &bytes)) return std::nullopt;
  if (__builtin_add_overflow(bytes, *unit * fraction / fraction_scale, &bytes)) return std::nullopt;
  return bytes;
}

std::string format_size(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.1f %s", value, kUnits[unit]);
  return buffer.data();
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  using std::chrono::milliseconds;
  // A century: whoever adds a duration to the time of day need not think of overflow.
  constexpr std::uint64_t kMax = std::uint64_t{36'500} * 24 * 3600 * 1000;
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  std::uint64_t unit = 0;
  if (text == "ms") unit = 1;
  if (text == "s") unit = 1000;
  if (text == "m") unit = 60 * 1000;
  if (text == "h") unit = 3600 * 1000;
  if (text == "d") unit = 24 * 3600 * 1000;
  if (unit == 0 || *number > kMax / unit) return std::nullopt;
  return milliseconds(static_cast<milliseconds::rep>(*number * unit));
}

std::string random_id(std::size_t length) {
  static constexpr char kAlphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";
  static_assert(sizeof kAlphabet == 32 + 1);
  std::string id(length, '\0');
  std::size_t filled = 0;
  while (filled < length) {
    const ssize_t got = ::getrandom(id.data() + filled, length - filled, 0);
    if (got > 0) {
      filled += static_cast<std::size_t>(got);
    } else if (errno != EINTR) {
      std::abort();  // ids guard reports: a guessable one is worse than none
    }
  }
  for (char& c : id) c = kAlphabet[static_cast<unsigned char>(c) % 32];
  return id;
}

bool glob_match(std::string_view pattern, std::string_view text) {
  // Greedy with one point to fall back to (the last '*'): at most |pattern| * |text| steps.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  for (std::size_t end = text.find(separator); end != std::string_view::npos;
       end = text.find(separator, start)) {
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  parts.push_back(text.substr(start));
  return parts;
}

std::string to_lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace portcullis::util
