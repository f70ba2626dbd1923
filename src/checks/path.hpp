// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace portcullis::checks {

/// A path as a runtime takes it: `./etc//passwd`, `/etc/passwd` and `x/../etc/passwd` are all
/// `etc/passwd`; what climbs above the root stays at the root.
struct CleanPath {
  std::string text;
  bool has_dot_dot = false;
  bool climbs = false;  ///< above the root on its way
};

/// Follows `path` from the directory `base` (clean) and begins at the root when `path` is absolute.
CleanPath clean_path(std::string_view path, std::string_view base = {});

/// `a/b/c` -> `a/b`; `a` -> empty.
std::string_view parent_of(std::string_view clean);
std::string_view name_of(std::string_view clean);
/// `clean` is `directory` or lies below it.
bool is_within(std::string_view clean, std::string_view directory);
/// tmp, var/tmp, dev/shm and the like: writable by everybody, and where malware lives.
bool is_temporary(std::string_view clean);

}  // namespace portcullis::checks
