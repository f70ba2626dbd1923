// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace portcullis::cli {

/// src/cli/scan-report.schema.json, which CMake puts into the program: what `scan --format json` prints.
extern const std::string_view kScanReportSchema;

}  // namespace portcullis::cli
