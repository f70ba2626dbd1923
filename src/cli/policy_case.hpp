// SPDX-License-Identifier: Apache-2.0
//
// The image that `portcullis policy test` asks about: made up from flags, read from a report of `scan`, or
// taken from the records of a server.
#pragma once

#include <string>
#include <vector>

#include "portcullis/naming/name_index.hpp"
#include "portcullis/oci/reference.hpp"
#include "portcullis/policy/policy.hpp"
#include "portcullis/records/records.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::cli {

/// What was said on the command line, as written.
struct CaseFlags {
  std::vector<std::string> findings;    ///< SEVERITY:[KIND:]RULE[:SHA256]
  std::vector<std::string> severities;  ///< a finding of each
  std::vector<std::string> outcomes;
  std::vector<std::string> layers;  ///< digests
  std::string digest;               ///< of the manifest
  std::string first_seen;           ///< ages
  std::string created;
  std::string report;  ///< file of `scan --format json`
};

struct Case {
  policy::Inputs inputs;
  /// Not everything in the image was looked at, so only a block is an answer.
  enum class Known { all, in_part } known = Known::all;
  std::vector<std::string> notes = {};  ///< where it comes from and what is missing; raw
};

/// Errors: invalid names the flag; absent: the report is of a scan that failed.
util::Result<Case> made_up_case(const oci::Reference& image, const CaseFlags& flags, util::TimePoint now);

/// Adds what the flags say to an existing case.
util::Result<void> add_flags(Case& image, const CaseFlags& flags, util::TimePoint now);

/// What `index` says of the image's name. What flags and reports made up stays where it says nothing.
void judge_name(Case& image, const naming::NameIndex& index);

/// What the current decision of the image rests on, and the waivers that hold; its name is left to
/// judge_name(). absent: there is none, or it is an index, which says nothing of the images in it.
util::Result<Case> recorded_case(const oci::Reference& image, records::Records& records, util::TimePoint now);

}  // namespace portcullis::cli
