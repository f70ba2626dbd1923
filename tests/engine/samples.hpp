// SPDX-License-Identifier: Apache-2.0
//
// Text and bytes with the traits our rules look for, and near misses. Put together from pieces, so
// that no file here has the traits itself.
#pragma once

#include <string>
#include <vector>

namespace portcullis::test {

struct Sample {
  std::string name;
  std::string content;
  std::vector<std::string> rules;  ///< exactly those that match; empty: a near miss
  std::string path = "usr/bin/x";
};

std::vector<Sample> rule_samples();

}  // namespace portcullis::test
