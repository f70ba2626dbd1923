// SPDX-License-Identifier: Apache-2.0
//
// Reads one table of a TOML file through typed getters. A getter leaves its target alone when the
// key is absent and notes a problem when the value is not what it must be; what no getter asked
// for is an unknown key. Reading goes on after a problem, so that the first in the file is reported.
#pragma once

#include <toml++/toml.h>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "portcullis/util/clock.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::config {

class Problems {
 public:
  /// Of `counts` keys only; of all without it.
  explicit Problems(std::string file, bool (*counts)(std::string_view key) = nullptr)
      : file_(std::move(file)), counts_(counts) {}
  /// `text` follows "FILE:LINE: KEY: ".
  void add(std::size_t line, std::string_view key, std::string_view text);
  /// The one nearest to the top of the file.
  const std::optional<util::Error>& first() const { return first_; }
  /// Of that one.
  std::size_t line() const { return line_; }
  const std::string& key() const { return key_; }

 private:
  std::string file_;
  bool (*counts_)(std::string_view key);
  std::string key_;
  std::size_t line_ = 0;
  std::optional<util::Error> first_;
};

/// Inclusive.
template <class T>
struct Range {
  T low;
  T high;
};

class Reader {
 public:
  /// `name` is the dotted path of the table, empty for the whole file.
  Reader(const toml::table& table, std::string name, Problems& problems)
      : table_(table), name_(std::move(name)), problems_(problems) {}

  bool has(std::string_view key) const { return table_.contains(key); }
  bool is_text(std::string_view key) const { return table_.get_as<std::string>(key) != nullptr; }
  std::size_t size() const { return table_.size(); }
  /// Where the table begins.
  std::size_t line() const { return table_.source().begin.line; }
  void text(std::string_view key, std::string& out);
  void path(std::string_view key, std::filesystem::path& out);
  void flag(std::string_view key, bool& out);
  void texts(std::string_view key, std::vector<std::string>& out);
  void paths(std::string_view key, std::vector<std::filesystem::path>& out);
  /// An integer of bytes or a text such as "20 GiB".
  template <std::unsigned_integral T>
  void size(std::string_view key, T& out, std::uint64_t low = 1) {
    if (auto parsed = read_size(key, {low, std::numeric_limits<T>::max()})) out = static_cast<T>(*parsed);
  }
  template <std::integral T>
  void number(std::string_view key, T& out, Range<std::int64_t> range) {
    if (auto parsed = read_number(key, range)) out = static_cast<T>(*parsed);
  }
  /// A text such as "30s", in whole units of the target.
  template <class Rep, class Period>
  void duration(std::string_view key, std::chrono::duration<Rep, Period>& out,
                Range<std::string_view> range) {
    if (auto parsed = read_duration(key, range)) {
      out = std::chrono::duration_cast<std::chrono::duration<Rep, Period>>(*parsed);
    }
  }
  template <class Duration>
  void duration(std::string_view key, std::optional<Duration>& out, Range<std::string_view> range) {
    if (auto parsed = read_duration(key, range)) out = std::chrono::duration_cast<Duration>(*parsed);
  }
  /// A date and time with its offset, as TOML writes them or as text; a date alone is its first moment in
  /// UTC.
  void time(std::string_view key, util::TimePoint& out);
  /// A text that `parse` turns into an optional of what `out` takes; `expected` names the grammar.
  template <class T, class Parse>
  void parsed(std::string_view key, T& out, std::string_view expected, Parse parse) {
    const toml::node* node = take(key);
    if (node == nullptr) return;
    decltype(parse(std::string_view())) value;
    if (const auto* string = node->as_string()) value = parse(std::string_view(string->get()));
    if (value) {
      out = *std::move(value);
    } else {
      unexpected(key, *node, expected);
    }
  }
  /// A list of such texts.
  template <class T, class Parse>
  void parsed_list(std::string_view key, std::vector<T>& out, std::string_view expected, Parse parse) {
    const toml::array* array = take_array(key, expected);
    if (array == nullptr) return;
    std::vector<T> values;
    for (const toml::node& node : *array) {
      std::optional<T> value;
      if (const auto* string = node.as_string()) value = parse(std::string_view(string->get()));
      if (!value) return unexpected(key, node, "a list of " + std::string(expected));
      values.push_back(*std::move(value));
    }
    out = std::move(values);
  }
  /// A table of such texts under keys of the user's own, each of which `good_key` takes.
  template <class T, class Parse, class GoodKey>
  void parsed_map(std::string_view key, std::map<std::string, T>& out, std::string_view expected, Parse parse,
                  std::string_view expected_key, GoodKey good_key) {
    table(key, [&](Reader& inner) {
      for (const auto& [name, node] : inner.table_) {
        const std::string_view text = name.str();
        if (!good_key(text)) {
          inner.problem(text, "expected as a key " + std::string(expected_key));
          inner.known_.emplace_back(text);
          continue;
        }
        T value{};
        inner.parsed(text, value, expected, parse);
        out[std::string(text)] = std::move(value);
      }
    });
  }
  /// A key that is known only to be refused.
  void refuse(std::string_view key, std::string_view text);
  /// Notes a problem at `key`, or at the table when the key is absent or empty.
  void problem(std::string_view key, std::string_view text);

  template <class Read>
  void table(std::string_view key, Read read) {
    const toml::node* node = take(key);
    if (node == nullptr) return;
    if (const toml::table* inner = node->as_table()) {
      Reader reader(*inner, dotted(key), problems_);
      read(reader);
      reader.finish();
    } else {
      unexpected(key, *node, "a table, [" + dotted(key) + "]");
    }
  }
  /// An array of tables, [[key]].
  template <class Read>
  void tables(std::string_view key, Read read) {
    const std::string expected = "tables, [[" + dotted(key) + "]]";
    const toml::array* array = take_array(key, expected);
    if (array == nullptr) return;
    for (std::size_t i = 0; i < array->size(); ++i) {
      const toml::table* inner = (*array)[i].as_table();
      if (inner == nullptr) return unexpected(key, (*array)[i], expected);
      Reader reader(*inner, dotted(key) + "[" + std::to_string(i + 1) + "]", problems_);
      read(reader);
      reader.finish();
    }
  }
  /// Reports keys that nobody asked for. Call after all getters.
  void finish();

 private:
  const toml::node* take(std::string_view key);
  const toml::array* take_array(std::string_view key, std::string_view expected);
  std::optional<std::uint64_t> read_size(std::string_view key, Range<std::uint64_t> range);
  std::optional<std::int64_t> read_number(std::string_view key, Range<std::int64_t> range);
  std::optional<std::chrono::milliseconds> read_duration(std::string_view key, Range<std::string_view> range);
  void unexpected(std::string_view key, const toml::node& node, std::string_view expected);
  std::string dotted(std::string_view key) const;

  const toml::table& table_;
  std::string name_;
  Problems& problems_;
  std::vector<std::string> known_;    ///< keys that were asked for
  std::vector<std::string> refused_;  ///< and those that have their own message
};

}  // namespace portcullis::config
