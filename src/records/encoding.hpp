// SPDX-License-Identifier: Apache-2.0
//
// How text gets into a text column. Paths and matches are raw bytes of an image: not always UTF-8,
// and a PostgreSQL TEXT cannot hold NUL at all. Every text that is stored goes through encode(),
// every text that is read through decode(); comparisons in SQL still hold, because one text has
// exactly one encoding.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace portcullis::records {

/// Printable ASCII stays, but for '%' and ','; every other byte becomes %XX (upper case).
std::string encode(std::string_view bytes);
/// nullopt when `text` is nothing encode() could have made.
std::optional<std::string> decode(std::string_view text);

/// Each item encoded and ended by ',', so that no item and one empty item differ.
std::string encode_list(const std::vector<std::string>& items);
std::optional<std::vector<std::string>> decode_list(std::string_view text);

/// decode() for a column just read; throws std::runtime_error when the row was tampered with.
std::string decode_column(std::string_view text);

/// In place, on the std::tie() of a record's text members.
template <class... Text>
void encode_all(std::tuple<Text&...> texts) {
  std::apply([](auto&... text) { ((text = encode(text)), ...); }, texts);
}
template <class... Text>
void decode_all(std::tuple<Text&...> texts) {
  std::apply([](auto&... text) { ((text = decode_column(text)), ...); }, texts);
}

}  // namespace portcullis::records
