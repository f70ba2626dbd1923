// SPDX-License-Identifier: Apache-2.0
//
// Reports as scans give them, for the tests of what becomes of them.
#pragma once

#include <string>
#include <vector>

#include "report.hpp"

namespace portcullis::cli {

/// Three layers, clean.
Report clean_report();
/// The same image with two findings in its second layer: one that blocks, one that a waiver covers.
Report blocked_report();
/// A warning, for one finding and for the name.
Report warned_report();
/// A layer whose scan timed out.
Report unjudged_report();
/// For its name alone; nothing was fetched.
Report name_report();

/// Whatever stands where an image can put text: control characters, bidirectional overrides, 4 KB of text,
/// and the markup of every format.
std::vector<std::string> hostile_texts();
/// Blocked, with that text in every place.
Report hostile_report(const std::string& text);

}  // namespace portcullis::cli
