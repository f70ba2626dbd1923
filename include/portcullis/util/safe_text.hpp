// SPDX-License-Identifier: Apache-2.0
//
// The one renderer of hostile text: paths in layers, names, rule metas, upstream messages, user
// agents. What it returns is safe in a status line, a header, JSON, a terminal, CSV and a log.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace portcullis::util {

inline constexpr std::size_t kSafeTextLimit = 200;

/// Printable ASCII stays, every other byte becomes `\xNN`, a backslash becomes `\\`. The result has
/// at most `limit` bytes; a longer one is cut before a whole escape and ends in "...".
std::string safe_text(std::string_view hostile, std::size_t limit = kSafeTextLimit);

}  // namespace portcullis::util
