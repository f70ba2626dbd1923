// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "library.hpp"
#include "portcullis/engine/rule_set.hpp"

namespace portcullis::engine {

/// `scanner` runs over `sets`. Rules that are disabled now stay so and count for nothing.
std::unique_ptr<CostMeter> make_cost_meter(std::unique_ptr<Scanner> scanner,
                                           const std::vector<YR_RULES*>& sets);

}  // namespace portcullis::engine
