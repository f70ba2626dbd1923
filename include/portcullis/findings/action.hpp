// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace portcullis::findings {

enum class Action : std::uint8_t { allow, warn, block };

std::string_view to_string(Action action) noexcept;
std::optional<Action> parse_action(std::string_view text) noexcept;

}  // namespace portcullis::findings
