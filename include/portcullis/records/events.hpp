// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/findings/event.hpp"
#include "portcullis/findings/severity.hpp"
#include "portcullis/util/clock.hpp"

namespace portcullis::records {

using findings::Event;

/// Bounds of what an event stores; what is longer is cut, so that an event is never lost for its size.
inline constexpr std::size_t kMaxEventText = 4096;
inline constexpr std::size_t kMaxEventExtraText = 32'768;  ///< of a value in `extra`: it may be a list
inline constexpr std::size_t kMaxEventExtra = 32;

/// Which events. Every term that is set must hold; empty terms match everything.
struct EventQuery {
  std::int64_t after_sequence = 0;
  std::int64_t before_sequence = 0;  ///< 0: no bound. With `newest`, the cursor to the next page
  std::size_t limit = 100;
  bool newest = true;  ///< the last `limit` ones; false: the first ones. Both within the bounds
  std::vector<std::string> actions = {};  ///< any of them
  std::optional<util::TimePoint> from = {};
  std::optional<util::TimePoint> until = {};  ///< not included
  std::string host = {};
  std::string repository = {};
  std::string manifest = {};  ///< digest text
  std::string decision_id = {};
  std::string client = {};  ///< address or user
  std::string rule = {};    ///< of one of its rules
  findings::Severity min_severity = findings::Severity::info;
  std::string text = {};  ///< somewhere in message, host/repository or reference; ASCII case does not matter
};

/// How far a target of notifications has been served.
struct Cursor {
  std::string name;
  std::int64_t sequence = 0;
  util::TimePoint updated{};
};

}  // namespace portcullis::records
