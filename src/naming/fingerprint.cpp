// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "portcullis/naming/name_index.hpp"
#include "portcullis/util/hash.hpp"

namespace portcullis::naming {
namespace {

/// Raise it when judge() changes its mind about the same name.
constexpr int kEngineVersion = 1;
constexpr std::size_t kLength = 16;

void add(std::string& text, std::string_view value) {
  text.append(std::to_string(value.size())).append(":").append(value).append("\n");
}

/// As a set: its order means nothing.
void add(std::string& text, std::string_view key, std::vector<std::string> values) {
  std::ranges::sort(values);
  add(text, key);
  for (const auto& value : values) add(text, value);
}

}  // namespace

std::string fingerprint(const ReferenceData& data, const Options& options) {
  std::string text;
  add(text, std::to_string(kEngineVersion));
  for (const auto& row : data.registries) {
    add(text, row.pattern);
    add(text, row.publishers == Registry::Publishers::owner ? "owner" : "anybody");
    add(text, row.canonical);
  }
  for (const auto& row : data.repositories) {
    add(text, row.name);
    add(text, std::to_string(row.rank));
  }
  for (const auto& row : data.known_bad) {
    add(text, row.pattern);
    add(text, row.what);
    add(text, row.source);
  }
  add(text, "protect", options.protect);
  add(text, "allow", options.allow);
  add(text, "deny", options.deny);
  add(text, "trusted", options.trusted_hosts);
  add(text, std::to_string(options.warn_score));
  return util::sha256_hex(text).substr(0, kLength);
}

}  // namespace portcullis::naming
