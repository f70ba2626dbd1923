// SPDX-License-Identifier: Apache-2.0
//
// Samples out of a recipe: the traits a rule wants together hit it; with any one left out, and in a
// manual that quotes them all, they do not.
#pragma once

#include <string>
#include <vector>

#include "samples_traits.hpp"

namespace portcullis::test {

struct Recipe {
  std::string rule;
  std::string head;                    ///< what the file begins with; a manual has other words there
  std::vector<std::string> parts;      ///< each of them needed
  std::vector<std::string> near = {};  ///< more that look alike and are not, without the head
  std::string path = "usr/bin/x";      ///< without a head, a manual is a file of another name
  std::vector<std::string> also = {};  ///< rules that all but the manual match besides
};

std::vector<Sample> cook(const std::vector<Recipe>& recipes);

std::vector<Sample> account_samples();
std::vector<Sample> backdoor_samples();
std::vector<Sample> credential_samples();
std::vector<Sample> destroy_samples();
std::vector<Sample> escape_samples();
std::vector<Sample> exploit_samples();
std::vector<Sample> proxy_samples();
std::vector<Sample> reconnaissance_samples();
std::vector<Sample> supply_chain_samples();
std::vector<Sample> webshell_samples();

}  // namespace portcullis::test
