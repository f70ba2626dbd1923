// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/findings/finding.hpp"

namespace portcullis::checks {

/// Where a finding about the config, or about its rendered text, says it is.
inline constexpr std::string_view kConfigPath = "config";
inline constexpr std::string_view kRenderedConfigPath = "config!/rendered";

struct ConfigReport {
  /// Environment, entry point, command and build history as a shell script would have them, for the
  /// rules: JSON escapes hide `"`, `&`, `<` and line ends from them. Starts with `#!` because rules tell
  /// scripts by that. Empty when the config has none of these.
  std::string rendered;
  std::vector<findings::Finding> findings;
};

/// Nullopt when the JSON is not an image config: the gate refuses such an image, so nothing is lost.
std::optional<ConfigReport> check_config(std::string_view json);

}  // namespace portcullis::checks
