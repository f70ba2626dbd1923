// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace portcullis::scan {

inline constexpr std::size_t kMaxRules = 200'000;
inline constexpr std::size_t kMaxLintNotes = 50'000;

enum class LintLevel : std::uint8_t {
  warning = 1,  ///< it works, but slowly, or its findings tell less than they should
  error,        ///< the file is not in use
};

/// One thing that is wrong with a rule file.
struct LintNote {
  LintLevel level = LintLevel::warning;
  std::string file;
  std::uint32_t line = 0;  ///< 0: not known, or in the message
  std::string rule;        ///< empty: the whole file
  std::string message;
};

}  // namespace portcullis::scan
