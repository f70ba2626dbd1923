// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/findings/severity.hpp"
#include "portcullis/records/events.hpp"
#include "portcullis/util/clock.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::records {

/// So many of them there may be; they travel to the scanner as arguments.
inline constexpr std::size_t kMaxRuleSettings = 2000;

/// What somebody changed about one rule, beside what the configuration says.
struct RuleSetting {
  std::string file = {};  ///< as findings::RuleInfo::file
  std::string rule = {};
  std::optional<findings::Severity> severity = {};  ///< instead of the rule's own; nullopt: it is disabled
  std::string reason = {};
  std::string author = {};  ///< name of a person or a token
  util::TimePoint since{};

  bool operator==(const RuleSetting&) const = default;
};

/// The setting of a rule as it is to be, and the audit event that says who wants it.
struct RuleChange {
  std::string file = {};
  std::string rule = {};
  std::optional<RuleSetting> setting = {};  ///< of this rule; nullopt: none any more
  Event event = {};
};

/// Threads and errors as in Records.
class RuleSettings {
 public:
  virtual ~RuleSettings() = default;

  /// All of them, by file and rule.
  virtual util::Result<std::vector<RuleSetting>> list() = 0;
  /// The setting, instead of one that there may be, and the event: both or none.
  virtual util::Result<void> change(const RuleChange& change) = 0;
};

}  // namespace portcullis::records
