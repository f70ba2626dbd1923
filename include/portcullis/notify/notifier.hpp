// SPDX-License-Identifier: Apache-2.0
//
// Sends recorded events to targets. The queue is the table of events and one cursor for each target, so
// nothing is lost over a restart and nothing piles up in memory. At least once, in order: a target sees an
// event again when it, Portcullis or the records failed between its arrival and the cursor.
//
// One thread for each target: one that fails or hangs holds up no other. In a fleet on one database a target,
// told by its name, is served by one Portcullis at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/notify/target.hpp"
#include "portcullis/util/clock.hpp"
#include "portcullis/util/metrics.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::notify {

/// Where events come from and what is remembered of targets. Called by the threads of all targets.
class EventLog {
 public:
  virtual ~EventLog() = default;

  /// The first `limit` ones after `sequence`, rising.
  virtual util::Result<std::vector<findings::Event>> after(std::int64_t sequence, std::size_t limit) = 0;
  /// The highest sequence there is, 0 when there is none.
  virtual util::Result<std::int64_t> newest() = 0;
  virtual util::Result<std::optional<std::int64_t>> cursor(const std::string& target) = 0;
  virtual util::Result<void> save(const std::string& target, std::int64_t sequence) = 0;
  /// Takes or renews the right to serve a target for kHoldTime; false: another Portcullis has it.
  virtual util::Result<bool> hold(const std::string& target) = 0;
  virtual void let_go(const std::string& target) = 0;
};

/// Renewed every kRenewTime at the latest, between two events; a delivery takes 30 s at most.
inline constexpr std::chrono::milliseconds kHoldTime{60'000};
inline constexpr std::chrono::milliseconds kRenewTime{10'000};
inline constexpr std::chrono::milliseconds kLongestDelivery{30'000};

struct NotifierParts {
  EventLog* log = nullptr;
  const util::Clock* clock = nullptr;
  util::Metrics* metrics = nullptr;
  std::string public_url = {};  ///< of the admin side
};

class Notifier {
 public:
  virtual ~Notifier() = default;  ///< stops
  /// Files are opened anew; for SIGHUP.
  virtual void reopen() = 0;
  /// Ends the threads. A delivery under way is broken off and will be made again after the next start.
  virtual void stop() = 0;
};

/// The parts outlive it. Fails when a target cannot work (a CA file that is not there) or the records do
/// not answer; a target that is down is no failure.
util::Result<std::unique_ptr<Notifier>> start_notifier(std::vector<TargetOptions> targets,
                                                       NotifierParts parts);

}  // namespace portcullis::notify
