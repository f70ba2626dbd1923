// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "portcullis/findings/severity.hpp"
#include "portcullis/util/clock.hpp"

namespace portcullis::findings {

/// One rule or check that stands behind an event.
struct EventRule {
  std::string rule;
  Severity severity = Severity::medium;
  std::vector<std::string> techniques;  ///< ATT&CK ids
  std::string path;                     ///< in the layer
  std::string file_hash;                ///< sha256, lower-case hex
  std::string layer;                    ///< digest text
};

/// Something that happened: stored by `records`, sent out by `notify`, shown by `events` and the
/// dashboard. All text may come from an image or a client and is raw here; whoever renders it uses
/// util::safe_text().
///
/// `action` is the ECS event.action: pull-blocked, pull-allowed, pull-warned, image-blocked,
/// image-warned, image-allowed, name-squat, tag-moved, retro-alert, waiver-added, waiver-revoked,
/// waiver-expired, rule-disabled, rule-overridden, rule-restored, scan-failed, bypass-suspected,
/// rules-reloaded, policy-changed, token-created, ...
struct Event {
  std::int64_t sequence = 0;  ///< given by the database, rising
  util::TimePoint at{};
  std::string action = {};
  Severity severity = Severity::info;
  std::string host = {};
  std::string repository = {};
  std::string reference = {};  ///< tag or digest as it was asked for
  std::string manifest = {};   ///< digest text, or empty
  std::string decision_id = {};
  std::string client_address = {};
  std::string client_user = {};
  std::string client_agent = {};
  std::string message = {};           ///< one line
  std::vector<EventRule> rules = {};  ///< worst first; at most kMaxEventRules
  /// Further `portcullis.*` fields by their name without that prefix: `policy`, `waiver`,
  /// `squat.target`, `tag.from`, ...
  std::map<std::string, std::string> extra = {};
};

inline constexpr std::size_t kMaxEventRules = 16;

}  // namespace portcullis::findings
