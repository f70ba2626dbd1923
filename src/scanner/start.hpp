// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "portcullis/scan/service.hpp"

namespace portcullis::scanner {

/// portcullis-scanner: compiles the rules, tells the server on scan::kControlFd what came
/// of that, and serves until the server is gone. Returns the exit code.
int run(const scan::RuleOptions& options, std::string_view version);

}  // namespace portcullis::scanner
