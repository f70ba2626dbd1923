// SPDX-License-Identifier: Apache-2.0
//
// Making and ending exceptions, for the command line and the admin API alike: what somebody asks for
// is checked (policy::check_waiver), shown in its effect, and written together with its audit event.
//
// Works on the records alone, so it may run in another process than the gate: a running server finds
// new waivers there. All text in requests and effects is raw unless stated; whoever shows it uses
// util::safe_text().
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/findings/decision.hpp"
#include "portcullis/policy/waiver_rules.hpp"
#include "portcullis/records/records.hpp"
#include "portcullis/records/waivers.hpp"
#include "portcullis/util/clock.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::gate {

/// Until when: exactly one of the two is given.
struct WaiverTerm {
  std::optional<std::chrono::milliseconds> lifetime = {};
  std::optional<util::TimePoint> expires = {};
};

struct WaiverScope {
  std::string rule = {};  ///< as in findings::Waiver; `rule:miner_xmrig`, as reports write it, is taken too
  std::string repository = {};  ///< glob over `host/repository`
  std::string digest = {};      ///< of a manifest
  std::string file_hash = {};
};

/// Why and for how long; one for all the waivers of a report.
struct WaiverGrounds {
  std::string reason = {};
  std::string author = {};  ///< name of a person or a token
  WaiverTerm term = {};
};

/// What waivers that do not exist yet would change, by the decisions on record that are in force now.
/// Each decision is made again when its image is next asked for, so this is a forecast.
struct WaiverEffect {
  struct Image {
    std::string host = {};
    std::string repository = {};
    std::string manifest = {};  ///< digest text; empty: the name is blocked by itself
    std::vector<std::string> tags = {};
    std::string decision_id = {};
    bool blocked = false;  ///< now, or would be if it were not for audit mode
    bool passes = false;   ///< blocked now, and not with the waivers
    /// Reasons, as sentences of safe text: those that the waivers cover, and those that go on blocking.
    /// At most kMaxReasons of each.
    std::vector<std::string> covered = {};
    std::vector<std::string> left = {};
  };
  static constexpr std::size_t kMaxImages = 50;
  static constexpr std::size_t kMaxReasons = 20;

  std::vector<Image> images = {};  ///< those that would pass first; at most kMaxImages
  std::size_t passing = 0;         ///< images that would no longer be blocked
  std::size_t still_blocked = 0;   ///< images of which some reason is covered, but not every one
  std::size_t not_blocked = 0;     ///< images that are served in any case, with a covered finding
  std::size_t findings = 0;        ///< covered ones, in all these images
  std::optional<findings::Severity> worst = {};  ///< of the covered ones
  bool complete = true;  ///< false: there are more images than were looked at, and more may be changed

  bool changes_nothing() const { return findings == 0; }
};

/// Thread-safe as far as the records are; keeps no state. Errors: invalid (what to change, quoting the
/// input), absent (no such report or waiver), io (the records; then nothing was written).
class Waiving {
 public:
  /// All three outlive this.
  Waiving(records::Records& records, const util::Clock& clock, policy::WaiverLimits limits)
      : records_(records), clock_(clock), limits_(limits) {}

  /// A waiver that may exist, with its id, not yet stored. Asks the records for the worst severity that
  /// its rule is known with.
  util::Result<findings::Waiver> prepare(const WaiverScope& scope, const WaiverGrounds& grounds);

  /// The narrowest waivers for every reason that blocks the image of a report: rule and manifest digest,
  /// and the file hash where the rule matched one file only. By the image's current decision, which may
  /// be newer than the report; of a name that was blocked by itself, rule and repository. An error when one
  /// of its reasons cannot be waived, or nothing blocks it.
  util::Result<std::vector<findings::Waiver>> prepare_for_report(const std::string& report,
                                                                 const WaiverGrounds& grounds);

  util::Result<WaiverEffect> preview(const std::vector<findings::Waiver>& waivers);

  /// Checks them once more and stores them, each with its event `waiver-added`: all of them or none.
  /// `address` is of the client that asked; empty on the command line.
  util::Result<void> create(const std::vector<findings::Waiver>& waivers, const std::string& address = {});

  /// Ends it now, with the event `waiver-revoked`, and gives it back as it is then.
  util::Result<records::WaiverRecord> revoke(const std::string& id, const std::string& by,
                                             const std::string& why, const std::string& address = {});

 private:
  util::Result<void> check(const findings::Waiver& waiver);
  util::Result<findings::Waiver> complete(findings::Waiver scope, const WaiverGrounds& grounds) const;
  util::Result<std::vector<findings::Waiver>> complete_all(util::Result<std::vector<findings::Waiver>> scopes,
                                                           const WaiverGrounds& grounds,
                                                           const std::string& report);

  records::Records& records_;
  const util::Clock& clock_;
  policy::WaiverLimits limits_;
};

/// "rule miner_xmrig in docker.io/team/* with manifest sha256:... and file ...": safe text.
std::string describe_scope(const findings::Waiver& waiver);

/// What the log tells of a waiver (`waiver-added`, `waiver-expired`, ...): who, what and until when are in
/// `extra` as waiver, author, reason, expires and scope.*. The caller completes it.
records::Event waiver_event(const std::string& action, const findings::Waiver& waiver, util::TimePoint at);

}  // namespace portcullis::gate
