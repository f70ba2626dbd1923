// SPDX-License-Identifier: Apache-2.0
//
// Forms of a name in which a squat and its target are equal.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace portcullis::naming {

/// What the eye takes the text for, by ICU's spoof checker and a few pairs of our own (`vv` and `w`,
/// `cl` and `d`): equal for texts that look alike. `utf8` may be anything.
std::string skeleton(std::string_view utf8);
/// The same for ASCII in lower case, from a table: no call into ICU.
void append_ascii_skeleton(std::string_view ascii, std::string& out);

bool is_separator(char c);
bool is_digit(char c);

void append_without_separators(std::string_view name, std::string& out);
/// The words in order, parted by '-'. False when there are fewer than two, or too many.
bool append_sorted_words(std::string_view name, std::string& out);
/// Without a version at its end: `python3.11`, `node-18`, `redis-v7`, `python3`. Empty when all of it is one.
std::string_view without_version(std::string_view name);

/// `xn--...` labels as the letters they stand for; nothing when no label is one, or one is broken.
std::optional<std::string> decode_punycode(std::string_view host);

}  // namespace portcullis::naming
