// SPDX-License-Identifier: Apache-2.0
#include "reader.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "portcullis/config/address.hpp"
#include "portcullis/util/safe_text.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::config {
namespace {

std::string describe(const toml::node& node) {
  if (const auto* text = node.as_string()) return quoted_for_message(text->get());
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (node.is_table()) return "a table";
  if (node.is_array()) return "a list";
  if (node.is_floating_point()) return "a number with a fraction";
  return "a date or time";
}

util::TimePoint midnight(const toml::date& date) {
  using namespace std::chrono;
  return sys_days(year(date.year) / month(date.month) / day(date.day));
}

/// A time without an offset would mean another moment on every machine.
std::optional<util::TimePoint> time_of(const toml::node& node) {
  using namespace std::chrono;
  if (const auto* text = node.as_string()) return util::parse_rfc3339(text->get());
  if (const auto* date = node.as_date()) return midnight(date->get());
  const auto* whole = node.as_date_time();
  if (whole == nullptr || !whole->get().offset) return std::nullopt;
  const auto& [date, time, offset] = whole->get();
  return midnight(date) + hours(time.hour) + minutes(time.minute) + seconds(time.second) +
         duration_cast<milliseconds>(nanoseconds(time.nanosecond)) - minutes(offset->minutes);
}

constexpr std::size_t kLongestKey = 64;  // bounds the work; no key of ours is near it

/// Both at most kLongestKey long.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::array<std::size_t, kLongestKey + 1> row{};
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({replaced, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row[b.size()];
}

/// What to say about `key`, which is none of `known`.
std::string unknown_key(std::string_view key, const std::vector<std::string>& known) {
  const std::string* nearest = nullptr;
  std::size_t distance = 3;  // two wrong letters are a slip, three are another word
  for (const std::string& candidate : known) {
    if (key.size() > kLongestKey) break;
    if (const std::size_t d = edit_distance(key, candidate); d < distance && d < candidate.size()) {
      nearest = &candidate;
      distance = d;
    }
  }
  if (nearest != nullptr) return "unknown key; did you mean \"" + *nearest + "\"?";
  std::string text = "unknown key; expected one of ";
  for (const std::string& candidate : known) {
    text += candidate + (&candidate == &known.back() ? "" : ", ");
  }
  return text;
}

}  // namespace

void Problems::add(std::size_t line, std::string_view key, std::string_view text) {
  if (counts_ != nullptr && !counts_(key)) return;
  if (first_ && line_ <= line) return;
  line_ = line;
  key_ = key;
  std::string message = file_ + ":" + std::to_string(line) + ": ";
  if (!key.empty()) message.append(key).append(": ");
  first_ = util::Error{util::ErrorKind::invalid, message.append(text)};
}

std::string Reader::dotted(std::string_view key) const {
  if (key.empty()) return name_;
  return name_.empty() ? std::string(key) : name_ + "." + std::string(key);
}

const toml::node* Reader::take(std::string_view key) {
  known_.emplace_back(key);
  return table_.get(key);
}

const toml::array* Reader::take_array(std::string_view key, std::string_view expected) {
  const toml::node* node = take(key);
  if (node == nullptr) return nullptr;
  if (node->is_array()) return node->as_array();
  unexpected(key, *node, "a list of " + std::string(expected));
  return nullptr;
}

void Reader::unexpected(std::string_view key, const toml::node& node, std::string_view expected) {
  problems_.add(node.source().begin.line, dotted(key),
                "expected " + std::string(expected) + ", saw " + describe(node));
}

void Reader::problem(std::string_view key, std::string_view text) {
  const toml::node* node = table_.get(key);
  problems_.add((node != nullptr ? node->source() : table_.source()).begin.line, dotted(key), text);
}

void Reader::refuse(std::string_view key, std::string_view text) {
  if (take(key) != nullptr) problem(key, text);
  known_.pop_back();  // never suggested
  refused_.emplace_back(key);
}

void Reader::text(std::string_view key, std::string& out) {
  parsed(key, out, "a text", [](std::string_view t) { return std::optional<std::string>(t); });
}

void Reader::path(std::string_view key, std::filesystem::path& out) {
  parsed(key, out, "a path", [](std::string_view t) {
    return t.empty() ? std::nullopt : std::optional<std::filesystem::path>(t);
  });
}

void Reader::texts(std::string_view key, std::vector<std::string>& out) {
  parsed_list(key, out, "texts", [](std::string_view t) { return std::optional<std::string>(t); });
}

void Reader::paths(std::string_view key, std::vector<std::filesystem::path>& out) {
  parsed_list(key, out, "paths", [](std::string_view t) {
    return t.empty() ? std::nullopt : std::optional<std::filesystem::path>(t);
  });
}

void Reader::flag(std::string_view key, bool& out) {
  const toml::node* node = take(key);
  if (node == nullptr) return;
  if (const auto* value = node->as_boolean()) {
    out = value->get();
  } else {
    unexpected(key, *node, "true or false");
  }
}

std::optional<std::uint64_t> Reader::read_size(std::string_view key, Range<std::uint64_t> range) {
  const toml::node* node = take(key);
  if (node == nullptr) return std::nullopt;
  std::optional<std::uint64_t> value;
  if (const auto* text = node->as_string()) {
    value = util::parse_size(text->get());
  } else if (const auto* number = node->as_integer(); number != nullptr && number->get() >= 0) {
    value = static_cast<std::uint64_t>(number->get());
  }
  if (value && *value >= range.low && *value <= range.high) return value;
  unexpected(key, *node, "a size of at least " + util::format_size(range.low) + " such as \"20 GiB\"");
  return std::nullopt;
}

std::optional<std::int64_t> Reader::read_number(std::string_view key, Range<std::int64_t> range) {
  const toml::node* node = take(key);
  if (node == nullptr) return std::nullopt;
  const auto* number = node->as_integer();
  if (number != nullptr && number->get() >= range.low && number->get() <= range.high) return number->get();
  unexpected(key, *node, "a number from " + std::to_string(range.low) + " to " + std::to_string(range.high));
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> Reader::read_duration(std::string_view key,
                                                               Range<std::string_view> range) {
  const toml::node* node = take(key);
  if (node == nullptr) return std::nullopt;
  std::optional<std::chrono::milliseconds> value;
  if (const auto* text = node->as_string()) value = util::parse_duration(text->get());
  if (value && *value >= *util::parse_duration(range.low) && *value <= *util::parse_duration(range.high)) {
    return value;
  }
  unexpected(key, *node,
             "a duration from \"" + std::string(range.low) + "\" to \"" + std::string(range.high) + "\"");
  return std::nullopt;
}

void Reader::time(std::string_view key, util::TimePoint& out) {
  const toml::node* node = take(key);
  if (node == nullptr) return;
  if (const auto time = time_of(*node)) {
    out = *time;
  } else {
    unexpected(key, *node, "a date, or a time with its offset such as 2026-12-31T18:00:00Z");
  }
}

void Reader::finish() {
  for (const auto& [key, node] : table_) {
    const auto names_it = [&name = key](const std::string& known) { return known == name.str(); };
    if (std::any_of(known_.begin(), known_.end(), names_it)) continue;
    if (std::any_of(refused_.begin(), refused_.end(), names_it)) continue;
    problems_.add(key.source().begin.line, dotted(util::safe_text(key.str())),
                  unknown_key(key.str(), known_));
  }
}

}  // namespace portcullis::config
