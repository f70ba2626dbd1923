// SPDX-License-Identifier: Apache-2.0
//
// A layer that carries markers: texts with a number, each in one file. Whoever reads a file that
// holds one has seen it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace portcullis::corpus {

struct Sample {
  std::string group;  ///< figures are printed for each
  std::string name;
  std::string media_type;
  std::string bytes;
  std::string tar;  ///< what a runtime is meant to make of the bytes, whose digest is the diff id
};

/// What every marker starts with; a rule that looks for it finds them all.
inline constexpr const char* kMarkerStart = "PORTCULLIS-MARKER-";
std::string marker(unsigned id);

/// The known ways to write a layer that means two things, and some that mean one.
std::vector<Sample> recipes();
/// Reproducible from `seed`: good layers of all kinds, changed in one to four places.
std::vector<Sample> mutants(std::uint64_t seed, std::size_t count);

}  // namespace portcullis::corpus
