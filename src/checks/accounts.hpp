// SPDX-License-Identifier: Apache-2.0
//
// Reads passwd, shadow and ld.so.preload as the C library does, as far as the checks need it.
#pragma once

#include <string>
#include <string_view>

namespace portcullis::checks {

/// Names of the accounts beside root with user id 0, comma-separated; empty when there are none. The
/// only account with id 0 is root, whatever its name.
std::string extra_uid_0(std::string_view passwd);

/// In passwd or shadow: a line `root::...`.
bool root_has_empty_password(std::string_view accounts);

struct Preload {
  std::string libraries;  ///< as written, comma-separated; empty: none
  std::string hidden;     ///< those in temporary directories and those whose name starts with a dot
};
/// Comments are for the file; in LD_PRELOAD a '#' is part of a name.
enum class Comments { skipped, none };
Preload read_preload(std::string_view text, Comments comments);

}  // namespace portcullis::checks
