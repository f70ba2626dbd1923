// SPDX-License-Identifier: Apache-2.0
//
// Pure: findings + names + waivers + policy + clock -> decision with reasons. No I/O, no state.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/findings/decision.hpp"
#include "portcullis/oci/digest.hpp"
#include "portcullis/util/clock.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::policy {

enum class Mode { enforce, audit };

std::string_view to_string(Mode mode) noexcept;
std::optional<Mode> parse_mode(std::string_view text) noexcept;

/// By Outcome; `complete` is ignored.
template <class T>
using ByOutcome = std::array<T, std::size(findings::kAllOutcomes)>;

/// What may differ from one repository to another.
struct Settings {
  Mode mode = Mode::enforce;
  findings::Severity block_at = findings::Severity::high;
  findings::Severity warn_at = findings::Severity::low;
  /// What a scan that did not complete asks for.
  ByOutcome<findings::Action> on_outcome = block_everything();
  std::chrono::milliseconds cooldown{0};  ///< minimum age since first seen, and since `created`

  static constexpr ByOutcome<findings::Action> block_everything() {
    ByOutcome<findings::Action> all{};
    all.fill(findings::Action::block);
    return all;
  }
};

/// Other settings for the repositories that match. What is not set stays as it was.
struct Override {
  std::string match = {};  ///< glob over `host/repository`
  std::size_t line = 0;    ///< where the file has it, for people; 0 when there is no file
  std::optional<Mode> mode = {};
  std::optional<findings::Severity> block_at = {};
  std::optional<findings::Severity> warn_at = {};
  ByOutcome<std::optional<findings::Action>> on_outcome = {};
  std::optional<std::chrono::milliseconds> cooldown = {};
};

/// `operation` of the verdicts on names that are listed: in names.deny, and as published.
inline constexpr std::string_view kNameDenied = "denied";
inline constexpr std::string_view kNameKnownBad = "known-bad";

/// What names ask for, see findings::NameVerdict. `allow`: nothing is said of them.
struct NameSettings {
  findings::Action registry = findings::Action::block;   ///< hosts that are surely an imitation
  findings::Action known_bad = findings::Action::block;  ///< names that were published as malicious
  findings::NameRules suspicions = {};  ///< all others; names.deny blocks whatever stands here
  /// Which names are compared with: changes whenever the same name may be judged otherwise. By who built the
  /// index.
  std::string reference = {};
};

/// `off`, `warn`, `block`, and of suspicions also `second-signal`: as [names] of the configuration has it.
std::string_view name_effect(findings::Action action) noexcept;
std::string_view name_effect(const findings::NameRules& suspicions) noexcept;
/// What a suspicion asks for when nothing but the name is known.
findings::Action asked_by_name(const NameSettings& names, const findings::NameVerdict& verdict) noexcept;

/// The settings, and what holds whatever they say: no override lifts an entry of the deny lists.
struct Policy : Settings {
  std::vector<std::string>
      allow_repositories;  ///< globs over `host/repository`; never lift a digest mismatch
  std::vector<std::string> deny_repositories;
  std::vector<oci::Digest> deny_digests;  ///< manifests, configs or layers
  NameSettings names = {};
  /// Applied in this order, each key by itself: the last one that matches and sets a key wins.
  std::vector<Override> overrides;

  /// For flags, which win over the file: overrides keep no word of their own on it.
  void set_mode_everywhere(Mode mode);
  void set_block_at_everywhere(findings::Severity severity);

  /// Changes whenever a setting above changes the meaning of a decision. Short hex.
  std::string fingerprint() const;
};

/// May this stand in `match`, `allow` and `deny`? The error says why it could never match a name.
util::Result<void> check_pattern(std::string_view pattern);

/// One scanned blob of the image.
struct ScannedBlob {
  oci::Digest digest;
  std::string place = {};  ///< "config", "layer 1" ...: how reasons name it
  findings::ScanResult result = {};
};

struct Inputs {
  std::string host = {};        ///< `docker.io`
  std::string repository = {};  ///< `library/nginx`
  oci::Digest manifest;
  std::vector<ScannedBlob> blobs = {};
  std::vector<findings::Finding> structure = {};  ///< findings about the manifest itself
  std::vector<findings::NameVerdict> names = {};
  std::vector<findings::Waiver> waivers = {};
  std::optional<util::TimePoint> first_seen = {};  ///< by this fleet
  std::optional<util::TimePoint> created = {};     ///< as the config claims
  bool repository_served_before = false;           ///< by this fleet: some image of it, see NameSignals
};

/// Those of `waivers` that could apply to something in this image, by id. Expired ones stay in.
std::vector<findings::Waiver> waivers_for_image(const std::vector<findings::Waiver>& waivers,
                                                const std::string& host, const std::string& repository,
                                                const oci::Digest& manifest);

findings::Decision decide(const Policy& policy, const Inputs& inputs, util::TimePoint now);

/// What the name says by itself, before anything is known of the image: the rest of `inputs` counts for
/// nothing but `waivers` and, for waivers that name one, `manifest`. Blocks only where a name blocks at once.
findings::Decision decide_name(const Policy& policy, const Inputs& inputs, util::TimePoint now);

/// The next point in time at which decide() may answer the same inputs otherwise: a waiver ends, a
/// cooldown does, or a digest under a suspicious name is no longer new. nullopt: time alone changes nothing.
std::optional<util::TimePoint> next_change(const Policy& policy, const Inputs& inputs, util::TimePoint now);

/// The line a client is shown: "BLOCKED by Portcullis: <summary>; report <id>".
std::string client_line(const findings::Decision& decision, const std::string& report_id);

}  // namespace portcullis::policy
