// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::notify {

/// A client that pulled an image, as events carry it in `extra["pullers"]`. Raw text.
struct Puller {
  std::string address;
  std::string user;
  std::string agent;
  std::string first;
  std::string last;
  std::uint64_t requests = 0;  ///< 0: not told
};

inline constexpr std::size_t kMaxPullers = 200;

/// A JSON array of objects with members of these names and no others; nullopt for anything else.
std::optional<std::vector<Puller>> parse_pullers(std::string_view json);

}  // namespace portcullis::notify
