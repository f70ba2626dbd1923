// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace portcullis::oci {

/// The offending input as error messages carry it: bounded, otherwise as it came (whoever shows the
/// message makes it safe text).
inline std::string quote(std::string_view input) {
  constexpr std::size_t kMaxQuoted = 120;
  if (input.size() <= kMaxQuoted) return std::string(input);
  return std::string(input.substr(0, kMaxQuoted)) + "...";
}

}  // namespace portcullis::oci
