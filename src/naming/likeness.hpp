// SPDX-License-Identifier: Apache-2.0
//
// By which operation one name is made from another, and how sure that is.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "portcullis/findings/name_verdict.hpp"

namespace portcullis::naming {

struct Likeness {
  std::string_view operation;  ///< one of the names in operations()
  double score = 0;            ///< of the operation alone
  bool surest = false;         ///< good enough for names of three or four letters
};

/// How `name` was made from `target`; nothing when they are equal, or further apart than one operation.
/// Both ASCII in lower case. Symmetric in nothing: the name is the squat.
std::optional<Likeness> likeness(std::string_view name, std::string_view target);

/// `name` without a prefix or suffix that squatters like (`my-`, `-official`); empty when it has none.
/// At most `kMaxBare` of them.
inline constexpr std::size_t kMaxBare = 4;
std::vector<std::string_view> without_affix(std::string_view name);

/// Shortest way from `target` to `name` in letters, neighbours swapped being one. Names over 128 bytes
/// come back as one `changed`.
std::vector<findings::LetterEdit> letters(std::string_view name, std::string_view target);

}  // namespace portcullis::naming
