// SPDX-License-Identifier: Apache-2.0
#include "query.hpp"

#include <algorithm>
#include <charconv>

#include "portcullis/util/safe_text.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::api {
namespace {

constexpr std::size_t kMaxParameters = 32;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string list(std::span<const std::string_view> names) {
  std::string all;
  for (const auto name : names) all.append(all.empty() ? "" : ", ").append(name);
  return all.empty() ? "none" : all;
}

template <class Number>
bool parse_whole(std::string_view text, Number& number, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::string to_base36(std::int64_t number) {
  char buffer[16];
  const auto [end, error] = std::to_chars(std::begin(buffer), std::end(buffer), number, 36);
  return {buffer, end};
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

Outcome<Query> Query::parse(std::string_view text, std::span<const std::string_view> known) {
  Query query;
  if (text.empty()) return query;
  for (const auto item : util::split(text, '&')) {
    const auto equals = item.find('=');
    const auto name = percent_decode(item.substr(0, equals));
    const auto value = percent_decode(equals == item.npos ? std::string_view() : item.substr(equals + 1));
    if (!name || !value) {
      return bad_request("a percent escape of the query is broken, saw " + util::safe_text(item));
    }
    if (std::ranges::find(known, *name) == known.end()) {
      return bad_request("unknown parameter " + util::safe_text(*name) + "; known here: " + list(known));
    }
    if (value->size() > kMaxValue) {
      return bad_request(*name + " is longer than " + std::to_string(kMaxValue) + " bytes");
    }
    if (!query.values_.emplace(*name, *value).second || query.values_.size() > kMaxParameters) {
      return bad_request(*name + " is given twice");
    }
  }
  return query;
}

const std::string* Query::find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

void Query::note(std::string_view name, std::string_view expected) {
  if (problem_) return;
  const auto* value = find(name);
  problem_ = Problem{400, "The request is wrong",
                     std::string(name) + ": expected " + std::string(expected) + ", saw " +
                         (value == nullptr ? "nothing" : "\"" + util::safe_text(*value) + "\"")};
}

std::string Query::text(std::string_view name) {
  const auto* value = find(name);
  if (value != nullptr && value->empty()) note(name, "a value; leave the parameter out for all");
  return value == nullptr ? std::string() : *value;
}

std::optional<util::TimePoint> Query::time(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  auto time = util::parse_rfc3339(*value);
  if (!time) note(name, "a time such as 2026-11-26T08:00:00Z");
  return time;
}

std::optional<findings::Action> Query::action(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  const auto action = findings::parse_action(*value);
  if (!action) note(name, "allow, warn or block");
  return action;
}

std::optional<oci::Digest> Query::digest(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  auto digest = oci::Digest::parse(*value);
  if (!digest) {
    note(name, "a digest such as sha256:<64 hex digits>");
    return std::nullopt;
  }
  return *std::move(digest);
}

std::optional<findings::Severity> Query::severity(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  const auto severity = findings::parse_severity(*value);
  if (!severity) note(name, "info, low, medium, high or critical");
  return severity;
}

std::size_t Query::number(std::string_view name, std::size_t otherwise, std::size_t most) {
  const auto* value = find(name);
  if (value == nullptr) return otherwise;
  std::size_t number = 0;
  if (parse_whole(*value, number) && number >= 1 && number <= most) return number;
  note(name, "a number from 1 to " + std::to_string(most));
  return otherwise;
}

std::string_view Query::choice(std::string_view name, std::span<const std::string_view> allowed) {
  const auto* value = find(name);
  if (value == nullptr) return allowed.front();
  const auto found = std::ranges::find(allowed, *value);
  if (found != allowed.end()) return *found;
  note(name, "one of " + list(allowed));
  return allowed.front();
}

records::PageCursor Query::page() {
  records::PageCursor cursor;
  const auto* value = find("cursor");
  if (value == nullptr) return cursor;
  const std::string_view text = *value;
  const auto dot = text.find('.');
  if (dot == text.npos || !parse_whole(text.substr(0, dot), cursor.key, 36) ||
      !parse_whole(text.substr(dot + 1), cursor.id, 36) || cursor.empty()) {
    note("cursor", "what \"next\" of the page before said");
    return {};
  }
  return cursor;
}

std::string Query::bytes(std::string_view name) {
  const auto* value = find(name);
  std::string bytes;
  if (value == nullptr) return bytes;
  for (std::size_t i = 0; i + 1 < value->size(); i += 2) {
    const int high = hex_value((*value)[i]);
    const int low = hex_value((*value)[i + 1]);
    if (high >= 0 && low >= 0) bytes += static_cast<char>(high * 16 + low);
  }
  if (value->empty() || bytes.size() * 2 != value->size())
    note(name, "what \"next\" of the page before said");
  return bytes;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::optional<util::TimePoint> parse_until(std::string_view text, util::TimePoint now) {
  if (const auto duration = util::parse_duration(text)) return now + *duration;
  return util::parse_rfc3339(text);
}

std::string to_text(const records::PageCursor& cursor) {
  return cursor.empty() ? std::string() : to_base36(cursor.key) + "." + to_base36(cursor.id);
}

}  // namespace portcullis::api
