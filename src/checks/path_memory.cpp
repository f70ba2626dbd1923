// SPDX-License-Identifier: Apache-2.0
#include "path_memory.hpp"

#include <algorithm>

#include "path.hpp"

namespace portcullis::checks {

PathMemory::Place PathMemory::put(std::string_view clean, Kind kind) {
  const auto found = kinds_.find(hash(clean));
  if (found != kinds_.end()) {
    found->second = kind;
    return Place::taken;
  }
  if (kinds_.size() < most_) kinds_.emplace(hash(clean), kind);
  return Place::fresh;
}

std::optional<PathMemory::Kind> PathMemory::link_above(std::string_view clean) const {
  std::optional<Kind> worst;
  for (auto above = parent_of(clean); !above.empty(); above = parent_of(above)) {
    const auto found = kinds_.find(hash(above));
    if (found != kinds_.end() && found->second != Kind::other)
      worst = std::max(worst.value_or(Kind::other), found->second);
  }
  return worst;
}

}  // namespace portcullis::checks
