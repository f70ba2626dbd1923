// SPDX-License-Identifier: Apache-2.0
//
// One scan from its beginning to its end: the sources one after the other, progress beside them, and an end
// in time whatever hangs.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "scan_progress.hpp"
#include "scan_session.hpp"

namespace portcullis::cli {

struct RunTerms {
  std::optional<std::chrono::milliseconds> timeout;  ///< for all sources together
  ProgressStyle progress = ProgressStyle::none;
};

struct RunResult {
  std::vector<Report> reports;  ///< at least one for each source, in their order
  /// Something does not come to its end, on a thread that still runs: the process must leave without
  /// destructors.
  bool stuck = false;
};

/// From the thread of main, before there are others. SIGINT, SIGTERM, SIGHUP and the end of the time end the
/// scan: what was not judged by then could not be judged, and its report says what was being done.
RunResult run_scan(ScanSettings settings, const std::vector<Source>& sources, const RunTerms& terms);

}  // namespace portcullis::cli
