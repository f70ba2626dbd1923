// SPDX-License-Identifier: Apache-2.0
//
// Names, found by what resembles them. Every name is entered under its deletion neighbourhood (itself,
// and itself without each letter) and under the forms of forms.hpp; a question looks up the same keys of
// the name it asks about, and likeness() has the last word on what comes back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "likeness.hpp"

namespace portcullis::naming {

class NameTable {
 public:
  /// `names` ASCII in lower case. A name's number is its place.
  explicit NameTable(std::vector<std::string> names);

  const std::string& name(std::uint32_t number) const { return names_[number]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(names_.size()); }
  /// The number of exactly this name, or kNone.
  std::uint32_t find(std::string_view name) const;
  static constexpr std::uint32_t kNone = UINT32_MAX;

  struct Match {
    std::uint32_t number = 0;
    Likeness likeness = {};
  };
  /// What resembles `name`, itself left out; in the order of the numbers.
  std::vector<Match> similar(std::string_view name) const;
  /// The first name that `utf8` is taken for by eye, or kNone.
  std::uint32_t by_eye(std::string_view utf8) const;

 private:
  struct Entry {
    std::uint64_t key = 0;
    std::uint32_t number = 0;
  };
  void look_up(std::uint64_t key, std::vector<std::uint32_t>& numbers) const;

  std::vector<std::string> names_;
  std::unordered_map<std::string_view, std::uint32_t>
      exact_;                          ///< views into names_, of which the first counts
  std::vector<Entry> entries_;         ///< by the upper bits of the key
  std::vector<std::uint32_t> starts_;  ///< where in entries_ the keys with these upper bits begin
  int shift_ = 64;                     ///< a key shifted by it is its place in starts_
};

}  // namespace portcullis::naming
