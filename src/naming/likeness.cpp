// SPDX-License-Identifier: Apache-2.0
#include "likeness.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "forms.hpp"

namespace portcullis::naming {
namespace {

using findings::LetterEdit;

constexpr Likeness kLookAlike{"look-alike", 0.97, true};
constexpr Likeness kSwap{"adjacent-swap", 0.95, true};
constexpr Likeness kDoubled{"doubled-letter", 0.95, true};
constexpr Likeness kSeparator{"separator-change", 0.9, true};
constexpr Likeness kKeyboard{"keyboard-neighbour", 0.85, false};
constexpr Likeness kOmission{"omission", 0.85, false};
constexpr Likeness kWordSwap{"word-swap", 0.85, true};
constexpr Likeness kInsertion{"insertion", 0.8, false};
constexpr Likeness kPlural{"plural", 0.8, false};
constexpr Likeness kAffix{"affix", 0.75, true};
constexpr Likeness kSubstitution{"substitution", 0.7, false};
constexpr Likeness kVersion{"version-digits", 0.7, false};

// What squatters put before and behind a name, with and without a separator.
constexpr std::array<std::string_view, 9> kPrefixes{"docker",   "my",     "the",  "official", "real",
                                                    "verified", "latest", "free", "original"};
constexpr std::array<std::string_view, 14> kSuffixes{"official", "latest", "docker",  "image", "original",
                                                     "stable",   "free",   "secure",  "hub",   "verified",
                                                     "pro",      "real",   "release", "io"};

bool are_keyboard_neighbours(char a, char b) {
  static constexpr std::array<std::string_view, 4> kRows{"1234567890-", "qwertyuiop", "asdfghjkl", "zxcvbnm"};
  const auto place = [](char c) {
    for (int row = 0; row < static_cast<int>(kRows.size()); ++row) {
      const auto column = kRows[static_cast<std::size_t>(row)].find(c);
      if (column != std::string_view::npos) return std::pair(row, static_cast<int>(column));
    }
    return std::pair(-1, -1);
  };
  const auto [row_a, column_a] = place(a);
  const auto [row_b, column_b] = place(b);
  if (row_a < 0 || row_b < 0 || a == b) return false;
  // Each row stands half a key to the right of the one above it.
  if (row_a == row_b) return std::abs(column_a - column_b) == 1;
  if (std::abs(row_a - row_b) != 1) return false;
  const int shift = row_a < row_b ? column_a - column_b : column_b - column_a;
  return shift == 0 || shift == 1;
}

Likeness changed_letter(char seen, char expected) {
  if (is_separator(seen) && is_separator(expected)) return kSeparator;
  if (is_digit(seen) && is_digit(expected)) return kVersion;
  return are_keyboard_neighbours(seen, expected) ? kKeyboard : kSubstitution;
}

/// `longer` has one letter more than `shorter`, at `at`.
Likeness extra_letter(std::string_view longer, std::size_t at, Likeness otherwise, bool doubled_counts) {
  const char c = longer[at];
  const bool last = at + 1 == longer.size();
  if (is_separator(c)) return kSeparator;
  if (doubled_counts && ((at > 0 && longer[at - 1] == c) || (!last && longer[at + 1] == c))) return kDoubled;
  if (last && c == 's') return kPlural;
  if (last && is_digit(c)) return kVersion;
  return otherwise;
}

std::optional<Likeness> one_edit(std::string_view name, std::string_view target) {
  const std::size_t shorter = std::min(name.size(), target.size());
  std::size_t at = 0;
  while (at < shorter && name[at] == target[at]) ++at;
  if (name.size() == target.size()) {
    if (name.substr(at + 1) == target.substr(at + 1)) return changed_letter(name[at], target[at]);
    const bool swapped = at + 1 < name.size() && name[at] == target[at + 1] && name[at + 1] == target[at] &&
                         name.substr(at + 2) == target.substr(at + 2);
    return swapped ? std::optional(kSwap) : std::nullopt;
  }
  if (name.size() == target.size() + 1 && name.substr(at + 1) == target.substr(at)) {
    return extra_letter(name, at, kInsertion, true);
  }
  if (name.size() + 1 == target.size() && name.substr(at) == target.substr(at + 1)) {
    return extra_letter(target, at, kOmission, false);
  }
  return std::nullopt;
}

template <class Append>
bool same_form(std::string_view name, std::string_view target, Append append) {
  std::string a;
  std::string b;
  append(name, a);
  append(target, b);
  return !a.empty() && a == b;
}

bool same_words(std::string_view name, std::string_view target) {
  std::string a;
  std::string b;
  return append_sorted_words(name, a) && append_sorted_words(target, b) && a == b;
}

}  // namespace

std::vector<std::string_view> without_affix(std::string_view name) {
  std::vector<std::string_view> bare;
  const auto keep = [&](std::string_view rest) {
    constexpr std::size_t kShortest = 3;
    if (rest.size() >= kShortest && bare.size() < kMaxBare) bare.push_back(rest);
  };
  for (const auto prefix : kPrefixes) {
    if (!name.starts_with(prefix) || name.size() == prefix.size()) continue;
    const auto rest = name.substr(prefix.size());
    keep(rest.substr(is_separator(rest.front()) ? 1 : 0));
  }
  for (const auto suffix : kSuffixes) {
    if (!name.ends_with(suffix) || name.size() == suffix.size()) continue;
    const auto rest = name.substr(0, name.size() - suffix.size());
    keep(rest.substr(0, rest.size() - (is_separator(rest.back()) ? 1 : 0)));
  }
  return bare;
}

std::optional<Likeness> likeness(std::string_view name, std::string_view target) {
  if (name == target || name.empty() || target.empty()) return std::nullopt;
  if (same_form(name, target, append_ascii_skeleton)) return kLookAlike;
  if (same_form(name, target, append_without_separators)) return kSeparator;
  if (auto edit = one_edit(name, target)) return edit;
  if (same_words(name, target)) return kWordSwap;
  const auto bare = without_version(name);
  if (!bare.empty() && bare == without_version(target)) return kVersion;
  const auto without = without_affix(name);
  if (std::find(without.begin(), without.end(), target) != without.end()) return kAffix;
  return std::nullopt;
}

std::vector<LetterEdit> letters(std::string_view name, std::string_view target) {
  constexpr std::size_t kLongest = 128;
  if (name.size() > kLongest || target.size() > kLongest) {
    return {{LetterEdit::Kind::changed, std::string(name), std::string(target)}};
  }
  // Cost from name[i..] to target[j..]: optimal string alignment, from the back.
  const std::size_t width = target.size() + 1;
  std::vector<std::uint16_t> costs((name.size() + 1) * width);
  const auto cost = [&](std::size_t i, std::size_t j) -> std::uint16_t& { return costs[i * width + j]; };
  const auto swaps = [&](std::size_t i, std::size_t j) {
    return i + 1 < name.size() && j + 1 < target.size() && name[i] != name[i + 1] &&
           name[i] == target[j + 1] && name[i + 1] == target[j];
  };
  for (std::size_t i = name.size() + 1; i-- > 0;) {
    for (std::size_t j = target.size() + 1; j-- > 0;) {
      if (i == name.size() || j == target.size()) {
        cost(i, j) = static_cast<std::uint16_t>(name.size() - i + target.size() - j);
        continue;
      }
      int best = cost(i + 1, j + 1) + (name[i] == target[j] ? 0 : 1);
      best = std::min({best, cost(i + 1, j) + 1, cost(i, j + 1) + 1});
      if (swaps(i, j)) best = std::min(best, cost(i + 2, j + 2) + 1);
      cost(i, j) = static_cast<std::uint16_t>(best);
    }
  }
  std::vector<LetterEdit> edits;
  const auto add = [&](LetterEdit::Kind kind, std::string_view seen, std::string_view expected) {
    if (kind == LetterEdit::Kind::same && !edits.empty() && edits.back().kind == kind) {
      edits.back().seen += seen;
      edits.back().expected += expected;
    } else {
      edits.push_back({kind, std::string(seen), std::string(expected)});
    }
  };
  for (std::size_t i = 0, j = 0; i < name.size() || j < target.size();) {
    const bool both = i < name.size() && j < target.size();
    if (both && name[i] == target[j] && cost(i, j) == cost(i + 1, j + 1)) {
      add(LetterEdit::Kind::same, name.substr(i++, 1), target.substr(j++, 1));
    } else if (both && swaps(i, j) && cost(i, j) == cost(i + 2, j + 2) + 1) {
      add(LetterEdit::Kind::swapped, name.substr(i, 2), target.substr(j, 2));
      i += 2;
      j += 2;
    } else if (both && cost(i, j) == cost(i + 1, j + 1) + 1) {
      add(LetterEdit::Kind::changed, name.substr(i++, 1), target.substr(j++, 1));
    } else if (i < name.size() && cost(i, j) == cost(i + 1, j) + 1) {
      add(LetterEdit::Kind::added, name.substr(i++, 1), {});
    } else {
      add(LetterEdit::Kind::missing, {}, target.substr(j++, 1));
    }
  }
  return edits;
}

}  // namespace portcullis::naming
