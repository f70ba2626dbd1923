// SPDX-License-Identifier: Apache-2.0
//
// What `portcullis doctor` found, and how it says so.
#pragma once

#include <string>
#include <vector>

#include "exit_code.hpp"

namespace portcullis::cli {

/// The line of /readyz that tells what the workers of the scanner are locked into.
inline constexpr const char* kWorkerProtection = "worker protection";

enum class Finding {
  ok,
  note,     ///< worth knowing; changes nothing
  unknown,  ///< could not be told
  bad,
};

struct Check {
  std::string section;
  std::string name;
  Finding finding = Finding::unknown;
  std::string detail = {};
  std::string advice = {};  ///< what to do when it is not ok
};

/// A line of the table: what a kind of client does after a refusal, and while Portcullis is down.
struct Protection {
  std::string client;
  Finding refusal = Finding::unknown;
  std::string after_refusal;
  std::string when_down;
};

struct Diagnosis {
  std::vector<Check> checks;
  std::vector<Protection> protections;

  /// 0 all holds, 1 something does not, 2 nothing is known to be wrong but something could not be told.
  ExitCode exit_code() const;
};

/// Everything in it is raw; these make it safe.
std::string render_text(const Diagnosis& diagnosis);
std::string render_json(const Diagnosis& diagnosis);

}  // namespace portcullis::cli
