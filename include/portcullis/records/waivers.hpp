// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/findings/decision.hpp"
#include "portcullis/records/events.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::records {

enum class WaiverState { active, expired, revoked };

struct WaiverRecord {
  findings::Waiver waiver = {};
  std::string revoked_by = {};
  std::string revoked_why = {};
  std::optional<util::TimePoint> revoked_at = {};

  WaiverState state(util::TimePoint now) const {
    if (revoked_at) return WaiverState::revoked;
    return waiver.expires > now ? WaiverState::active : WaiverState::expired;
  }
};

struct WaiverQuery {
  std::optional<WaiverState> state = {};
  /// Active ones that expire before this: "expiring soon".
  std::optional<util::TimePoint> expires_before = {};
  std::string after_id = {};  ///< cursor: those listed after this one
  std::size_t limit = 100;
};

struct WaiverCounts {
  std::uint64_t active = 0;
  std::uint64_t expired = 0;
  std::uint64_t revoked = 0;
};

struct NewWaiver {
  findings::Waiver waiver;
  Event event;
};

struct Revocation {
  std::string by;
  std::string why;
  util::TimePoint at{};
};

enum class Revoked { done, unknown, not_active };

/// Exceptions that somebody signed for. What may be created is policy::check_waiver's to say; here it
/// is stored. Each change and its event are one transaction. Threads and errors as in Records.
class Waivers {
 public:
  virtual ~Waivers() = default;

  /// All of them and their events, or none.
  virtual util::Result<void> create(const std::vector<NewWaiver>& waivers) = 0;
  util::Result<void> create(const findings::Waiver& waiver, const Event& event) {
    return create({NewWaiver{waiver, event}});
  }
  virtual util::Result<std::optional<WaiverRecord>> find(const std::string& id) = 0;
  /// Newest first.
  virtual util::Result<std::vector<WaiverRecord>> list(const WaiverQuery& query, util::TimePoint now) = 0;
  virtual util::Result<WaiverCounts> count(util::TimePoint now) = 0;
  /// The event is written only when it was active.
  virtual util::Result<Revoked> revoke(const std::string& id, const Revocation& revocation,
                                       const Event& event) = 0;
  /// Those that expired and were not announced yet, by any Portcullis on this database: each gets the
  /// event that `announce` makes of it, and is not given out again. At most `limit`, oldest expiry first.
  virtual util::Result<std::vector<findings::Waiver>> announce_expired(
      util::TimePoint now, std::size_t limit,
      const std::function<Event(const findings::Waiver&)>& announce) = 0;
};

}  // namespace portcullis::records
