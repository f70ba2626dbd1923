// SPDX-License-Identifier: Apache-2.0
//
// The body of a pax extended header: records of the form "LENGTH KEY=VALUE\n".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "problem.hpp"

namespace portcullis::unpack {

/// What of an `x` header changes an entry. Other harmless keys are checked and dropped.
struct PaxOverrides {
  std::optional<std::string> path;
  std::optional<std::string> link;
  std::optional<std::uint64_t> size;
  std::optional<std::uint64_t> uid;
  std::optional<std::uint64_t> gid;
};

enum class PaxScope { entry, global };

/// Refuses what readers interpret differently: malformed or repeated records, empty or unclean
/// values of the keys that count, keys that change a name, a size or a content behind the reader's
/// back. A global header may hold `comment` only (git archive writes that).
///
/// Names need not be UTF-8, although the standard says so: Go's writers put the bytes of the file
/// system there, and Go, Python, GNU tar and libarchive all read those very bytes back. `hdrcharset`,
/// which would change that for some, is among the keys that are refused.
Checked<PaxOverrides> parse_pax(std::string_view body, PaxScope scope, std::uint64_t offset);

}  // namespace portcullis::unpack
