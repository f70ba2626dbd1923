// SPDX-License-Identifier: Apache-2.0
#include "portcullis/findings/decision.hpp"
#include "portcullis/findings/severity.hpp"
#include "sections.hpp"

namespace portcullis::config {
namespace {

std::optional<oci::Digest> parse_digest(std::string_view text) {
  auto digest = oci::Digest::parse(text);
  return digest ? std::optional(*std::move(digest)) : std::nullopt;
}

/// The keys that [policy] and [[policy.override]] share; in an override the targets are optional.
template <class Target>
void read_settings(Reader& r, Target& target) {
  const std::string severities = "one of " + severity_names();
  r.parsed("mode", target.mode, "enforce or audit", policy::parse_mode);
  r.parsed("block_at", target.block_at, severities, findings::parse_severity);
  r.parsed("warn_at", target.warn_at, severities, findings::parse_severity);
  r.duration("cooldown", target.cooldown, {"0s", "365d"});
  r.table("on", [&](Reader& on) {
    for (const findings::Outcome outcome : findings::kAllOutcomes) {
      if (outcome == findings::Outcome::complete) continue;
      on.parsed(findings::to_string(outcome), target.on_outcome[static_cast<std::size_t>(outcome)],
                "one of allow, warn, block", findings::parse_action);
    }
  });
}

void check_pattern(Reader& r, std::string_view key, std::string_view pattern) {
  if (auto checked = policy::check_pattern(pattern); !checked) {
    r.problem(key, "this pattern matches no repository: " + checked.error().message);
  }
}

void read_override(Reader& r, std::vector<policy::Override>& overrides) {
  policy::Override override;
  override.line = r.line();
  r.text("match", override.match);
  read_settings(r, override);
  if (!r.has("match")) {
    r.problem("match", "expected a pattern over host/repository such as \"docker.io/library/*\", saw none");
  } else if (r.is_text("match")) {
    check_pattern(r, "match", override.match);
  }
  const bool only_match = r.size() == (r.has("match") ? 1 : 0);  // else a key may be misspelt, which is said
  if (only_match) {
    r.problem("", "this override sets nothing; expected one of mode, block_at, warn_at, cooldown, on");
  }
  overrides.push_back(std::move(override));
}

void read_patterns(Reader& r, std::string_view key, std::vector<std::string>& patterns) {
  r.texts(key, patterns);
  for (const auto& pattern : patterns) check_pattern(r, key, pattern);
}

}  // namespace

void read_policy(Reader& r, policy::Policy& policy) {
  read_settings(r, static_cast<policy::Settings&>(policy));
  read_patterns(r, "allow", policy.allow_repositories);
  read_patterns(r, "deny", policy.deny_repositories);
  r.parsed_list("deny_digests", policy.deny_digests, "digests such as sha256:<64 hex digits>", parse_digest);
  r.tables("override", [&](Reader& t) { read_override(t, policy.overrides); });
}

}  // namespace portcullis::config
