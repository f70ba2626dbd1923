// SPDX-License-Identifier: Apache-2.0
//
// What `portcullis scan` found out about one image, layer or directory, and how that reads in each format.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "exit_code.hpp"
#include "portcullis/findings/decision.hpp"
#include "portcullis/findings/layer_file.hpp"
#include "portcullis/findings/name_verdict.hpp"
#include "portcullis/findings/scan_result.hpp"
#include "portcullis/oci/manifest.hpp"
#include "portcullis/util/clock.hpp"

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
  /// What could be executed in it; nullopt: not asked for, or not known.
  std::optional<findings::LayerFiles> files = {};
};

enum class Enforcement {
  enforce,
  audit,  ///< reported only: Verdict::block then says what would be blocked
};

/// Text in it is raw; the renderers below make it safe.
struct Report {
  std::string image;     ///< as the person named it
  std::string platform;  ///< "linux/amd64"; may be empty
  std::string digest;    ///< of the manifest or the layer; may be empty
  Verdict verdict = Verdict::error;
  Enforcement enforcement = Enforcement::enforce;
  std::string message;    ///< one line: why, for everything but a clean allow
  std::string report_id;  ///< of the recorded decision; may be empty
  std::vector<findings::Reason> reasons;
  std::vector<findings::NameVerdict> names = {};  ///< what its name resembles
  std::vector<ReportedBlob> blobs;
  /// Its settings, and the history that says where a layer comes from; nullopt: there is none, or it was
  /// not read.
  std::optional<oci::ImageConfig> config = {};
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

/// Of several, the one that their exit code stands for.
Verdict worst(std::span<const Report> reports);

enum class Format { text, json, sarif, junit, markdown, github };

enum class Colour { off, on };
/// How a text is laid out.
struct Style {
  Colour colour = Colour::off;
  std::size_t width = 0;  ///< of a line; 0: lines are not broken
};

/// Whether the command line asked for one image or for several, whatever became of it.
enum class Asked { one, several };

std::string render_text(const std::vector<Report>& reports, const Style& style);
/// Schema `portcullis.scan/1`; for several `portcullis.scans/1`, a list of those. See report_schema.hpp.
std::string render_json(const std::vector<Report>& reports, Asked asked);
/// SARIF 2.1.0, one run: for code scanning.
std::string render_sarif(const std::vector<Report>& reports);
/// JUnit's XML: a suite for each image, a case for each part of it. A case fails or has an error exactly
/// where the exit code is not 0. `at` is when the scan ended.
std::string render_junit(const std::vector<Report>& reports, util::TimePoint at);
/// For the summary of a job, or a comment on a change.
std::string render_markdown(const std::vector<Report>& reports);
/// Workflow commands of GitHub Actions, which become annotations.
std::string render_github(const std::vector<Report>& reports);

}  // namespace portcullis::cli
