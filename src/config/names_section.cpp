// SPDX-License-Identifier: Apache-2.0
#include "sections.hpp"

namespace portcullis::config {
namespace {

using findings::Action;

std::optional<Action> parse_mode(std::string_view text) {
  if (text == "off") return Action::allow;
  if (text == "warn") return Action::warn;
  if (text == "block") return Action::block;
  return std::nullopt;
}

struct Suspicion {
  Action alone;
  Action with_second_signal;
};

std::optional<Suspicion> parse_suspicion(std::string_view text) {
  if (text == "second-signal") return Suspicion{Action::warn, Action::block};
  const auto mode = parse_mode(text);
  return mode ? std::optional(Suspicion{*mode, *mode}) : std::nullopt;
}

void read_globs(Reader& r, std::string_view key, std::vector<std::string>& globs) {
  r.texts(key, globs);
  for (const auto& glob : globs) {
    if (auto checked = policy::check_pattern(glob); !checked) {
      r.problem(key, "this pattern matches no repository: " + checked.error().message);
    }
  }
}

}  // namespace

void trust_upstreams(Config& config) {
  for (const auto& upstream : config.upstreams) {
    config.names.trusted_hosts.push_back(upstream.name);
    for (const auto& alias : upstream.aliases) config.names.trusted_hosts.push_back(alias);
  }
}

void read_names(Reader& r, Config& config) {
  auto& names = config.policy.names;
  auto& rules = names.suspicions;
  r.parsed("registry", names.registry, "one of off, warn, block", parse_mode);
  r.parsed("known_bad", names.known_bad, "one of off, warn, block", parse_mode);
  Suspicion squat{rules.alone, rules.with_second_signal};
  r.parsed("squat", squat, "one of off, warn, second-signal, block", parse_suspicion);
  rules.alone = squat.alone;
  rules.with_second_signal = squat.with_second_signal;
  r.parsed("second_signal_at", rules.finding_at, "one of " + severity_names(), findings::parse_severity);
  std::int64_t days = std::chrono::duration_cast<std::chrono::days>(rules.new_for).count();
  r.number("new_days", days, {0, 365});
  rules.new_for = std::chrono::days(days);
  r.texts("protect", config.names.protect);
  read_globs(r, "allow", config.names.allow);
  read_globs(r, "deny", config.names.deny);
  r.path("files", config.name_files);
  // An entry that is no name is found here, where the line is known.
  if (auto built = naming::NameIndex::build({}, {.protect = config.names.protect}); !built) {
    constexpr std::string_view kKey = "names.protect: ";  // the reader says it already
    std::string_view text = built.error().message;
    if (text.starts_with(kKey)) text.remove_prefix(kKey.size());
    r.problem("protect", text);
  }
}

}  // namespace portcullis::config
