// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "portcullis/scan/service.hpp"

namespace portcullis::scanner {

/// portcullis-scanner: compiles the rules at `paths`, tells the server on scan::kControlFd what came
/// of that, and serves until the server is gone. Returns the exit code.
int run(const std::vector<std::filesystem::path>& paths, scan::NoRules when_none, std::string_view version);

}  // namespace portcullis::scanner
