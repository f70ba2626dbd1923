// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "reader.hpp"

namespace portcullis::config {

/// Says for which keys the line that is wrong may be quoted: never where a secret could stand.
using MayQuote = std::function<bool(std::string_view key)>;

/// Parses `file` (of at most 1 MiB) and gives its root to `read`, which notes what is wrong in `problems`.
/// The error is the first of them, or why there is nothing to read, with `what` in front.
util::Result<void> read_toml_file(const std::filesystem::path& file, std::string_view what,
                                  Problems& problems, const std::function<void(const toml::table&)>& read,
                                  const MayQuote& may_quote = {});

}  // namespace portcullis::config
