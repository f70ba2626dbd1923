// SPDX-License-Identifier: Apache-2.0
#include "portcullis/scan/rule_costs.hpp"

#include <algorithm>

namespace portcullis::scan {
namespace {

double rate(std::uint64_t bytes, std::uint64_t nanoseconds) {
  constexpr double kThousand = 1000;
  return static_cast<double>(bytes) * kThousand /
         static_cast<double>(std::max<std::uint64_t>(nanoseconds, 1));
}

}  // namespace

double RuleCosts::share(const RuleCost& file) const {
  return static_cast<double>(file.nanoseconds) /
         static_cast<double>(std::max<std::uint64_t>(all.nanoseconds, 1));
}

bool RuleCosts::slow(const RuleCost& file) const {
  constexpr double kWorthALook = 0.05;
  constexpr double kTimesItsPart = 3;
  double together = 0;
  for (const auto& other : files) together += share(other);
  const double part = together / static_cast<double>(std::max<std::size_t>(files.size(), 1));
  return share(file) >= kWorthALook && share(file) >= kTimesItsPart * part;
}

double RuleCosts::speed() const { return rate(all.bytes, all.nanoseconds); }

double RuleCosts::speed_without_rules() const { return rate(all.bytes, none.nanoseconds); }

double RuleCosts::speed_alone(const RuleCost& file) const {
  return rate(file.bytes, none.nanoseconds + file.nanoseconds);
}

std::optional<RuleCosts> summarize(const std::vector<RuleCost>& costs) {
  RuleCosts all;
  for (const auto& cost : costs) {
    if (cost.of == RuleCost::Of::all) all.all = cost;
    if (cost.of == RuleCost::Of::none) all.none = cost;
    if (cost.of == RuleCost::Of::file) all.files.push_back(cost);
  }
  if (all.all.bytes == 0) return std::nullopt;
  std::ranges::stable_sort(all.files, std::ranges::greater(), &RuleCost::nanoseconds);
  return all;
}

}  // namespace portcullis::scan
