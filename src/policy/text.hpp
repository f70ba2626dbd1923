// SPDX-License-Identifier: Apache-2.0
//
// Wording. Everything here takes raw text and gives safe text, or keeps safe text safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "portcullis/findings/finding.hpp"
#include "portcullis/findings/scan_result.hpp"

namespace portcullis::policy {

/// Cuts safe text to `limit` bytes, never inside an escape; what was cut ends in "...".
std::string clip(std::string_view safe, std::size_t limit);

/// "3 days", "1 hour", "90 seconds": the largest unit that says it exactly.
std::string exact_duration(std::chrono::milliseconds duration);
/// "3 days", "1 hour", "0 seconds": the largest unit that has passed at least once.
std::string rough_duration(std::chrono::milliseconds duration);

/// "layer 3", "the image config".
std::string place_name(std::string_view place);

/// "rule miner_xmrig (critical) matched usr/bin/x in layer 3".
std::string finding_sentence(const findings::Finding& finding, std::string_view place);

/// "timed out", "unscannable".
std::string_view outcome_words(findings::Outcome outcome);

}  // namespace portcullis::policy
