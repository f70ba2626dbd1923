// SPDX-License-Identifier: Apache-2.0
//
// Where the reports of `portcullis scan` go, and in which format: the flags, and the delivery.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "exit_code.hpp"
#include "portcullis/util/result.hpp"
#include "report.hpp"
#include "scan_files.hpp"

namespace portcullis::cli {

/// The grammar:
///   --format FORMAT          of the standard output, or of --output FILE
///   --output FILE            the report goes there instead of to the standard output; once
///   --output FORMAT=FILE     a further report; repeatable
///   --diff                   of two sources: what the second has that the first has not; text and json
class ScanOutput {
 public:
  /// `*this` outlives `command`.
  void add_flags(CLI::App& command);

  /// To be called before the work begins: an error is one of usage, such as a directory that is not there.
  util::Result<void> check(std::size_t sources) const;
  /// What the reports must hold to be delivered.
  Contents contents() const { return diff_ ? Contents::listed : Contents::none; }
  /// Everywhere, or gives kCannotWrite, with a line on stderr, once one of them failed: without its report
  /// there is no verdict to rely on.
  ExitCode deliver(const std::vector<Report>& reports, Asked asked) const;
  /// Of a scan whose reports were delivered. Of a comparison it is that of the new image; kCouldNotJudge
  /// instead of kClean when there was nothing to compare.
  ExitCode exit_code_of(const std::vector<Report>& reports) const;

 private:
  struct Target {
    Format format;
    std::string file;  ///< empty: the standard output
  };
  util::Result<std::vector<Target>> targets() const;

  bool diff_ = false;
  std::string format_ = "text";
  std::vector<std::string> outputs_;
};

}  // namespace portcullis::cli
