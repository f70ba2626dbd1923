// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::util {

/// "512", "64 KiB", "20GiB", "1.5 MB"; binary units and decimal ones mean what they say.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// "1.4 GiB"; exact below 1 KiB.
std::string format_size(std::uint64_t bytes);
/// "250ms", "30s", "5m", "24h", "7d".
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Random, unguessable, lower-case base32 without look-alikes (no 0, 1, l, o); `length` characters.
std::string random_id(std::size_t length = 10);

/// Shell-style glob over a whole string: `*` any run (also across '/'), `?` one character.
bool glob_match(std::string_view pattern, std::string_view text);

std::vector<std::string_view> split(std::string_view text, char separator);
std::string to_lower_ascii(std::string_view text);

}  // namespace portcullis::util
