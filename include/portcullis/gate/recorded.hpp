// SPDX-License-Identifier: Apache-2.0
//
// What a decision on record rests on, so that it can be made again: under another policy, with another
// waiver.
#pragma once

#include <cstddef>

#include "portcullis/policy/policy.hpp"
#include "portcullis/records/records.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::gate {

struct RecordedInputs {
  /// Without waivers, and without what is known of the image's age.
  policy::Inputs inputs;
  std::size_t missing = 0;  ///< parts that have no scan on record
};

/// What parts without a scan on record say of the rules that are reasons of the decision.
enum class Missing {
  nothing,
  matched_too,  ///< a rule may have matched there as well
};

/// Findings and names from the records; what stands in none of them (findings about the manifest, scans that
/// are gone) is made up from the decision's reasons.
util::Result<RecordedInputs> recorded_inputs(records::Records& records,
                                             const records::DecisionRecord& decision, Missing missing);

}  // namespace portcullis::gate
