// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace portcullis::findings {

/// Ordered: a threshold takes everything at or above it.
enum class Severity { info, low, medium, high, critical };

std::string_view to_string(Severity severity) noexcept;
std::optional<Severity> parse_severity(std::string_view text) noexcept;

}  // namespace portcullis::findings
