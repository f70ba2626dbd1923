// SPDX-License-Identifier: Apache-2.0
#include "name_table.hpp"

#include <algorithm>
#include <bit>

#include "forms.hpp"

namespace portcullis::naming {
namespace {

/// Longer names than anybody protects are looked up by their forms only, so that a question costs little.
constexpr std::size_t kLongestNeighbourhood = 64;

enum class Form : std::uint64_t { letters = 1, skeleton, no_separators, words, no_version };

constexpr std::uint64_t kPrime = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio: spreads to the upper bits

std::uint64_t mix(std::uint64_t hash, char c) {
  return (hash ^ static_cast<unsigned char>(c)) * kPrime ^ (hash >> 29);
}

std::uint64_t finish(std::uint64_t hash) {
  hash ^= hash >> 32;
  hash *= kPrime;
  return hash ^ (hash >> 32);
}

std::uint64_t key_of(Form form, std::string_view text) {
  auto hash = static_cast<std::uint64_t>(form);
  for (const char c : text) hash = mix(hash, c);
  return finish(hash);
}

template <class Take>
void keys_of(std::string_view name, Take take) {
  take(key_of(Form::letters, name));
  if (name.size() <= kLongestNeighbourhood) {
    auto prefix = static_cast<std::uint64_t>(Form::letters);
    for (std::size_t left_out = 0; left_out < name.size(); ++left_out) {
      auto hash = prefix;
      for (std::size_t i = left_out + 1; i < name.size(); ++i) hash = mix(hash, name[i]);
      // Of a run of one letter each deletion is the same.
      if (left_out == 0 || name[left_out] != name[left_out - 1]) take(finish(hash));
      prefix = mix(prefix, name[left_out]);
    }
  }
  std::string form;
  append_ascii_skeleton(name, form);
  take(key_of(Form::skeleton, form));
  form.clear();
  append_without_separators(name, form);
  take(key_of(Form::no_separators, form));
  form.clear();
  if (append_sorted_words(name, form)) take(key_of(Form::words, form));
  if (const auto bare = without_version(name); !bare.empty()) take(key_of(Form::no_version, bare));
}

}  // namespace

NameTable::NameTable(std::vector<std::string> names) : names_(std::move(names)) {
  exact_.reserve(names_.size());
  for (std::uint32_t number = 0; number < names_.size(); ++number) {
    exact_.emplace(names_[number], number);
    keys_of(names_[number], [&](std::uint64_t key) { entries_.push_back({key, number}); });
  }
  const int bits = std::max(1, static_cast<int>(std::bit_width(entries_.size())));
  shift_ = 64 - bits;
  // A counting sort by the upper bits.
  starts_.assign((std::size_t{1} << bits) + 1, 0);
  for (const Entry& entry : entries_) ++starts_[(entry.key >> shift_) + 1];
  for (std::size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
  std::vector<Entry> sorted(entries_.size());
  auto next = starts_;
  for (const Entry& entry : entries_) sorted[next[entry.key >> shift_]++] = entry;
  entries_ = std::move(sorted);
}

std::uint32_t NameTable::find(std::string_view name) const {
  const auto found = exact_.find(name);
  return found == exact_.end() ? kNone : found->second;
}

void NameTable::look_up(std::uint64_t key, std::vector<std::uint32_t>& numbers) const {
  const std::size_t bucket = key >> shift_;
  for (auto i = starts_[bucket]; i < starts_[bucket + 1]; ++i) {
    if (entries_[i].key == key) numbers.push_back(entries_[i].number);
  }
}

std::vector<NameTable::Match> NameTable::similar(std::string_view name) const {
  std::vector<std::uint32_t> numbers;
  keys_of(name, [&](std::uint64_t key) { look_up(key, numbers); });
  for (const auto bare : without_affix(name)) look_up(key_of(Form::letters, bare), numbers);
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  std::vector<Match> matches;
  for (const auto number : numbers) {
    if (const auto how = likeness(name, names_[number])) matches.push_back({number, *how});
  }
  return matches;
}

std::uint32_t NameTable::by_eye(std::string_view utf8) const {
  const std::string seen = skeleton(utf8);
  std::vector<std::uint32_t> numbers;
  look_up(key_of(Form::skeleton, seen), numbers);
  for (const auto number : numbers) {
    std::string form;
    append_ascii_skeleton(names_[number], form);
    if (form == seen) return number;
  }
  return kNone;
}

}  // namespace portcullis::naming
