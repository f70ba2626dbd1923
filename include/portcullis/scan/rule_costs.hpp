// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "portcullis/scan/rules.hpp"

namespace portcullis::scan {

/// What Service::bench_rules() measured, and what follows from it.
struct RuleCosts {
  RuleCost all;
  RuleCost none;
  std::vector<RuleCost> files;  ///< the dearest first

  /// Of the time of all rules together, beyond the pass over the bytes. Shares need not add up to one.
  double share(const RuleCost& file) const;
  /// Worth a look: a good part of all the time, and much more than the average file.
  bool slow(const RuleCost& file) const;
  /// 10^6 bytes a second, on one processor.
  double speed() const;
  double speed_without_rules() const;
  /// As if the file had the pass over the bytes to itself.
  double speed_alone(const RuleCost& file) const;
};

/// Nullopt when nothing could be measured.
std::optional<RuleCosts> summarize(const std::vector<RuleCost>& costs);

}  // namespace portcullis::scan
