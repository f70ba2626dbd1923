// SPDX-License-Identifier: Apache-2.0
//
// What `naming` says of a name, and the rule by which it becomes a block.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/findings/action.hpp"
#include "portcullis/findings/severity.hpp"

namespace portcullis::findings {

/// One step from the name that was asked for to the one that it resembles, left to right.
struct LetterEdit {
  enum class Kind : std::uint8_t { same, added, missing, changed, swapped };
  Kind kind = Kind::same;
  std::string seen = {};      ///< in the name that was asked for; empty for `missing`
  std::string expected = {};  ///< in the target; empty for `added`
  friend bool operator==(const LetterEdit&, const LetterEdit&) = default;
};

/// One suspicion about one component of a name. All text is safe text.
struct NameVerdict {
  /// What it asks for by itself, see action_of().
  enum class Effect : std::uint8_t {
    /// Warn; only a finding is a second signal, because many honest images have such names
    /// (`someone/nginx`, `bitnami/mongo-db`).
    hint,
    warn,   ///< warn, and block together with a second signal
    block,  ///< block at once, before the registry is asked and before a credential is sent
  };

  std::string component = {};  ///< registry, namespace, repository; `name` for known-bad and denied names
  std::string operation = {};  ///< omission, adjacent-swap, look-alike, ... ; known-bad, denied
  std::string target = {};     ///< what it resembles; of `component` (`nginx`, `bitnami`, `ghcr.io`)
  double score = 0;            ///< 0 to 1, how sure
  Severity severity = Severity::info;
  std::string text = {};        ///< one sentence part: `repository ngnix looks like nginx (adjacent-swap)`
  std::string subject = {};     ///< the component as it was asked for: `ngnix`
  std::string suggestion = {};  ///< the name that was probably meant, as one would type it; may be empty
  Effect effect = Effect::warn;
  std::vector<LetterEdit> letters = {};  ///< from `subject` to `target`; empty when there is no target
};

std::string_view to_string(LetterEdit::Kind kind) noexcept;
std::optional<LetterEdit::Kind> parse_edit_kind(std::string_view text) noexcept;
std::string_view to_string(NameVerdict::Effect effect) noexcept;
std::optional<NameVerdict::Effect> parse_name_effect(std::string_view text) noexcept;

/// What is known beside the name.
struct NameSignals {
  std::optional<Severity> worst_finding = {};  ///< of the scan, the manifest and the config; waived ones not
  std::optional<std::chrono::milliseconds> seen_for =
      {};                                 ///< since this fleet first saw the digest; unset: now
  bool repository_served_before = false;  ///< this fleet has served an image of this repository
};

/// Thresholds of the second signal.
struct NameRules {
  Severity finding_at = Severity::medium;                    ///< or worse
  std::chrono::milliseconds new_for = std::chrono::days(7);  ///< `names.new_days`
  Action alone = Action::warn;                ///< what `hint` and `warn` ask for without a second signal
  Action with_second_signal = Action::block;  ///< and with one
};

/// Why `verdict` has a second signal: a sentence part such as `the digest was first seen less than
/// 7 days ago`; empty when there is none. Pure.
std::string second_signal(const NameVerdict& verdict, const NameSignals& signals, const NameRules& rules);

/// What the verdict asks for. A block that names what it blocks on stays a block whatever the rules say.
/// Pure.
Action action_of(const NameVerdict& verdict, const NameSignals& signals, const NameRules& rules);

}  // namespace portcullis::findings
