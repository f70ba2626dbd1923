// SPDX-License-Identifier: Apache-2.0
//
// Why a decision is what it is, noted while it is made. decide() is the same walk with this left out. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/findings/decision.hpp"
#include "portcullis/policy/policy.hpp"

namespace portcullis::policy {

/// Where a setting comes from: kOwn, or the number of an override, the first being 1.
using Origin = std::size_t;
inline constexpr Origin kOwn = 0;  ///< the policy itself

/// The settings of one repository.
struct Effective : Settings {
  struct Origins {
    Origin mode = kOwn;
    Origin block_at = kOwn;
    Origin warn_at = kOwn;
    ByOutcome<Origin> on_outcome = {};
    Origin cooldown = kOwn;
  };
  Origins from = {};
  std::vector<Origin> matching = {};  ///< rising; also those that set nothing which still holds
};

/// `name` is `host/repository`.
Effective effective(const Policy& policy, std::string_view name);

/// One setting in words: `block_at`, `high`; `on.timed_out`, `warn`; `cooldown`, `3 days` or `off`.
struct SettingText {
  std::string key;
  std::string value;
  Origin origin = kOwn;
  friend bool operator==(const SettingText&, const SettingText&) = default;
};

/// All of them, in the order of the documentation.
std::vector<SettingText> in_words(const Effective& settings);
/// What one override sets, and no more.
std::vector<SettingText> in_words(const Override& override, Origin number);
/// `names.registry`, `block`; `names.squat`, `second-signal`; ... No override sets them.
std::vector<SettingText> in_words(const NameSettings& names);
/// `override 2 (docker.io/library/*)`, safe text; the number must be that of an override.
std::string override_name(const Policy& policy, Origin number);

/// One reason of the decision, and how it came to ask for what it asks.
struct WeighedReason {
  findings::Reason reason;  ///< as the decision lists it
  findings::Action asked =
      findings::Action::allow;  ///< before `reason.waiver` and `allowed_by`; never less than `reason.action`
  std::string setting = {};     ///< the key that asked: `block_at`, `deny_digests`; empty for mere notes
  Origin origin = kOwn;         ///< where that key was set
  std::string allowed_by = {};  ///< the pattern of `allow` that made a block a warning; raw
};

enum class WaiverFate {
  used,
  spare,            ///< it would apply, but another one came first
  matches_nothing,  ///< it is for this image, but for no reason that asks for anything
  expired,
  other_image,   ///< repository or digest are not those of this image
  too_wide,      ///< it has no id, or fewer than two terms of scope: never honoured
  needs_digest,  ///< what it matches is high or critical, and it names neither digest nor file hash
};
std::string_view to_string(WaiverFate fate) noexcept;

struct WaiverUse {
  std::string id;
  WaiverFate fate = WaiverFate::matches_nothing;
};

struct Explanation {
  std::string name = {};  ///< `host/repository`, raw
  Effective settings = {};
  std::vector<WeighedReason> reasons = {};  ///< those of the decision, in its order
  std::vector<WaiverUse> waivers = {};      ///< all that were given, by id
  findings::Decision decision = {};         ///< what decide() answers
};

Explanation explain(const Policy& policy, const Inputs& inputs, util::TimePoint now);

}  // namespace portcullis::policy
