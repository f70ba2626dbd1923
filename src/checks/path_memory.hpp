// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace portcullis::checks {

/// What stands at the paths of a layer so far, by hashes of clean paths. A hash that collides can only
/// add a finding to a layer that was made for it. Bounded: a full memory forgets nothing and takes no
/// more.
class PathMemory {
 public:
  enum class Kind : std::uint8_t { other, link, climbing_link };

  explicit PathMemory(std::size_t most) : most_(most) {}

  enum class Place { fresh, taken };
  /// Directories are remembered by nobody, they stand in archives many times: see forget().
  Place put(std::string_view clean, Kind kind);
  /// A directory replaces what was there.
  void forget(std::string_view clean) { kinds_.erase(hash(clean)); }
  /// The worst link that a write to `clean` goes through.
  std::optional<Kind> link_above(std::string_view clean) const;

 private:
  static std::size_t hash(std::string_view clean) { return std::hash<std::string_view>()(clean); }

  const std::size_t most_;
  std::unordered_map<std::size_t, Kind> kinds_;
};

}  // namespace portcullis::checks
