// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "portcullis/gate/gate.hpp"

namespace portcullis::gate {

/// The exceptions that hold now: those on record, and those that came with the gate.
inline util::Result<std::vector<findings::Waiver>> active_waivers(const Parts& parts, util::TimePoint now) {
  auto active = parts.records->active_waivers(now);
  if (!active) return active;
  for (const auto& waiver : parts.waivers) {
    if (waiver.expires > now) active->push_back(waiver);
  }
  return active;
}

}  // namespace portcullis::gate
