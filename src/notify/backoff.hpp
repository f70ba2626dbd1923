// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

namespace portcullis::notify {

/// How long to wait after so many failures in a row (from 1): doubles from `first` up to `longest`, and
/// between half of it and all of it by `chance` (0 to 1), so that a fleet does not come back at once. What
/// the target asked for is the least.
inline std::chrono::milliseconds backoff(int failures, std::chrono::milliseconds first,
                                         std::chrono::milliseconds longest, double chance,
                                         std::chrono::milliseconds asked) {
  constexpr int kMaxDoublings = 20;
  const auto doubled = first * (1 << std::clamp(failures - 1, 0, kMaxDoublings));
  const auto whole = std::min<std::chrono::milliseconds>(doubled, longest);
  const auto half = whole.count() / 2;
  const std::chrono::milliseconds part(half +
                                       static_cast<long>(static_cast<double>(whole.count() - half) * chance));
  return std::max(part, asked);
}

}  // namespace portcullis::notify
