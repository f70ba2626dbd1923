// SPDX-License-Identifier: Apache-2.0
//
// The canary, pulled the way each kind of client pulls: its User-Agent, its parameters, its order of
// requests. What stops each of them was measured and is an accident of its code: so it is looked at on
// the spot.
#pragma once

#include <chrono>

#include "doctor_report.hpp"

namespace portcullis::cli {

struct CanaryOptions {
  std::string url;
  std::string ca_file;
  std::chrono::seconds timeout{40};  ///< for an answer: longer than one hold of a pull in progress
};

/// A check and a line of the table for each kind of client. Asks Portcullis only.
void pull_canary(const CanaryOptions& options, Diagnosis& out);

}  // namespace portcullis::cli
