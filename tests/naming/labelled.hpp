// SPDX-License-Identifier: Apache-2.0
//
// The labelled set: squats made by every operation, from the names that are pulled most, and those of
// squats.tsv that were written by hand. Made without a look into src/naming.
#pragma once

#include <string>
#include <vector>

#include "portcullis/naming/reference_data.hpp"

namespace portcullis::naming::labelled {

struct Squat {
  std::string form;  ///< where the change was made: `official`, `namespace`, ...; `stranger` is two changes
  std::string operation;
  std::string host;
  std::string repository;
  std::string target;  ///< `library/nginx`, or a host
};

ReferenceData reference_data();  ///< rules/names

/// Of the `count` most pulled repositories.
std::vector<Squat> generated(const ReferenceData& data, std::size_t count);
/// Of the registry hosts that are no pattern and known under one name.
std::vector<Squat> generated_hosts(const ReferenceData& data);
/// tests/naming/squats.tsv
std::vector<Squat> written_by_hand();

}  // namespace portcullis::naming::labelled
