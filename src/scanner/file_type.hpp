// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "portcullis/findings/layer_file.hpp"

namespace portcullis::scanner {

/// Nullopt for what nothing executes: such files are in no inventory. Looks at a few headers only, and
/// believes them; `path` is raw.
std::optional<findings::FileType> file_type(std::string_view path, std::span<const std::byte> content);

}  // namespace portcullis::scanner
