// SPDX-License-Identifier: Apache-2.0
//
// Malice the rules were not written from: compiled programs with the traits, and other spellings of what
// scripts do. Harmless: the programs only carry or print texts, and no script is ever run.
#pragma once

#include <string>
#include <vector>

namespace portcullis::test {

struct Variation {
  std::string name;
  std::string rule;     ///< must be among the findings
  std::string content;  ///< of the file; C source when `flags` is not empty
  std::string path = "opt/x/run";
  std::vector<std::string> flags = {};  ///< of the compiler
};

std::vector<Variation> program_variations();
std::vector<Variation> script_variations();

}  // namespace portcullis::test
