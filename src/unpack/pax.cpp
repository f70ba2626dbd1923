// SPDX-License-Identifier: Apache-2.0
#include "pax.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "tar_header.hpp"

namespace portcullis::unpack {
namespace {

struct Record {
  std::string_view key;
  std::string_view value;
};

/// Takes the first record off `body`; nothing when it is malformed.
std::optional<Record> take_record(std::string_view& body) {
  const std::size_t space = body.find(' ');
  if (space == std::string_view::npos || space == 0 || space > 9 || body[0] == '0') return std::nullopt;
  const auto length = parse_decimal(body.substr(0, space));
  if (!length || *length > body.size() || *length < space + 3) return std::nullopt;
  std::string_view record = body.substr(space + 1, *length - space - 1);
  body.remove_prefix(*length);
  if (record.back() != '\n') return std::nullopt;
  record.remove_suffix(1);
  const std::size_t equals = record.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  return Record{record.substr(0, equals), record.substr(equals + 1)};
}

bool is_harmless_standard_key(std::string_view key) {
  static constexpr std::array<std::string_view, 7> kKeys{"atime", "charset", "comment", "ctime",
                                                         "gname", "mtime",   "uname"};
  return std::ranges::find(kKeys, key) != kKeys.end();
}

/// `VENDOR.something`, where something is not one of the ways to say name, size, type or holes.
bool is_harmless_vendor_key(std::string_view key) {
  static constexpr std::array<std::string_view, 9> kDangerous{
      "realsize", "size", "path", "linkpath", "name", "filetype", "offset", "holesdata", "volume"};
  const std::size_t dot = key.find('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const auto is_vendor_letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (!std::ranges::all_of(key.substr(0, dot), is_vendor_letter)) return false;
  if (key.find('\0') != std::string_view::npos) return false;
  if (key.starts_with("GNU.sparse.") || key.starts_with("GNU.volume.") || key.starts_with("SUN."))
    return false;
  return std::ranges::find(kDangerous, key.substr(dot + 1)) == kDangerous.end();
}

Checked<void> set_name(std::optional<std::string>& target, const Record& record, std::uint64_t offset) {
  const std::string key(record.key);
  if (record.value.empty())
    return refuse("pax-empty-value", "pax key " + key + " is empty: some readers then keep the old name",
                  offset);
  if (record.value.find('\0') != std::string_view::npos)
    return refuse("pax-path-nul", "pax key " + key + " holds a NUL byte", offset);
  target = std::string(record.value);
  return {};
}

Checked<void> set_number(std::optional<std::uint64_t>& target, const Record& record, std::uint64_t offset) {
  const auto number = parse_decimal(record.value);
  if (!number)
    return refuse("pax-number",
                  "pax key " + std::string(record.key) +
                      " is not a plain decimal number: " + std::string(record.value.substr(0, 40)),
                  offset);
  target = *number;
  return {};
}

}  // namespace

Checked<PaxOverrides> parse_pax(std::string_view body, PaxScope scope, std::uint64_t offset) {
  PaxOverrides overrides;
  std::set<std::string_view> seen;
  while (!body.empty()) {
    const auto record = take_record(body);
    if (!record)
      return refuse("pax-malformed", "a pax record is malformed (expected \"LENGTH KEY=VALUE\\n\")", offset);
    const std::string key(record->key);
    if (!seen.insert(record->key).second)
      return refuse("pax-duplicate-key", "pax key " + key + " appears twice in one header", offset);
    if (scope == PaxScope::global && key != "comment")
      return refuse("pax-global-key",
                    "a global pax header sets " + key + "; only `comment` reads alike everywhere", offset);

    Checked<void> done;
    if (key == "path") {
      done = set_name(overrides.path, *record, offset);
    } else if (key == "linkpath") {
      done = set_name(overrides.link, *record, offset);
    } else if (key == "size") {
      done = set_number(overrides.size, *record, offset);
    } else if (key == "uid") {
      done = set_number(overrides.uid, *record, offset);
    } else if (key == "gid") {
      done = set_number(overrides.gid, *record, offset);
    } else if (!is_harmless_standard_key(key) && !is_harmless_vendor_key(key)) {
      done = refuse("pax-key", "pax key " + key + " may change what a reader sees, or is unknown", offset);
    }
    if (!done) return tl::unexpected(std::move(done.error()));
  }
  return overrides;
}

}  // namespace portcullis::unpack
