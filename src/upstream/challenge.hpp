// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::upstream {

/// One challenge of a WWW-Authenticate header (RFC 9110, 11.6.1).
struct Challenge {
  std::string scheme;                         ///< lower case
  std::map<std::string, std::string> params;  ///< names in lower case, values unquoted

  std::string param(const std::string& name) const {
    const auto it = params.find(name);
    return it == params.end() ? std::string() : it->second;
  }
};

/// Reads as many challenges as make sense from the start; several headers may be joined with commas.
std::vector<Challenge> parse_challenges(std::string_view header);

}  // namespace portcullis::upstream
