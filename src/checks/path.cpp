// SPDX-License-Identifier: Apache-2.0
#include "path.hpp"

#include <algorithm>
#include <array>

namespace portcullis::checks {

CleanPath clean_path(std::string_view path, std::string_view base) {
  CleanPath result;
  if (!path.starts_with('/')) result.text = base;
  while (!path.empty()) {
    const std::size_t length = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, length);
    path.remove_prefix(std::min(length + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      result.has_dot_dot = true;
      if (result.text.empty()) result.climbs = true;
      result.text.resize(parent_of(result.text).size());
      continue;
    }
    if (!result.text.empty()) result.text += '/';
    result.text += part;
  }
  return result;
}

std::string_view parent_of(std::string_view clean) {
  const std::size_t slash = clean.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : clean.substr(0, slash);
}

std::string_view name_of(std::string_view clean) { return clean.substr(clean.rfind('/') + 1); }

bool is_within(std::string_view clean, std::string_view directory) {
  return clean.starts_with(directory) && (clean.size() == directory.size() || clean[directory.size()] == '/');
}

bool is_temporary(std::string_view clean) {
  static constexpr std::array<std::string_view, 5> kDirectories = {"tmp", "var/tmp", "dev/shm", "run/shm",
                                                                   "usr/tmp"};
  return std::ranges::any_of(kDirectories,
                             [&](std::string_view directory) { return is_within(clean, directory); });
}

}  // namespace portcullis::checks
