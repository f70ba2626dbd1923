// SPDX-License-Identifier: Apache-2.0
//
// What `portcullis scan` says about one image, layer or directory, in each output format.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "exit_code.hpp"
#include "portcullis/findings/decision.hpp"
#include "portcullis/findings/scan_result.hpp"

namespace portcullis::cli {

enum class Verdict {
  allow,
  warn,
  block,
  error,  ///< could not judge
};

struct ReportedBlob {
  std::string digest;  ///< empty for a directory
  std::string place;   ///< "config", "layer 1", ...
  findings::ScanResult result;
};

enum class Enforcement {
  enforce,
  audit,  ///< reported only: Verdict::block then says what would be blocked
};

/// Text in it is raw; the renderers below make it safe.
struct Report {
  std::string image;   ///< as the person named it
  std::string digest;  ///< of the manifest or the layer; may be empty
  Verdict verdict = Verdict::error;
  Enforcement enforcement = Enforcement::enforce;
  std::string message;    ///< one line: why, for everything but a clean allow
  std::string report_id;  ///< of the recorded decision; may be empty
  std::vector<findings::Reason> reasons;
  std::vector<ReportedBlob> blobs;
};

/// The verdict of a decision; audit mode hides no block. A block for nothing but what could not be looked at
/// (a scan without an end, a foreign or encrypted layer) is an error: nothing bad was found, and nothing is
/// known.
Verdict verdict_of(const findings::Decision& decision);
ExitCode exit_code(Verdict verdict);
/// In audit mode a block is no reason to fail; that nothing is known is.
ExitCode exit_code(const Report& report);
/// Of several: a block is the stronger news, an error may pass. Of none: nothing is known.
ExitCode exit_code(std::span<const Report> reports);

enum class Colour { off, on };
std::string render_text(const Report& report, Colour colour);
/// Schema `portcullis.scan/1`.
std::string render_json(const Report& report);

}  // namespace portcullis::cli
