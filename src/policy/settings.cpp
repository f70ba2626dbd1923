// SPDX-License-Identifier: Apache-2.0
//
// Which settings hold for which repository, and what they are called.

#include "portcullis/oci/reference.hpp"
#include "portcullis/policy/explanation.hpp"
#include "portcullis/util/safe_text.hpp"
#include "portcullis/util/text.hpp"
#include "text.hpp"

namespace portcullis::policy {
namespace {

constexpr std::size_t kMaxPattern = 60;  // a reason has to keep its own words beside it

template <class T>
void take(const std::optional<T>& wanted, Origin number, T& value, Origin& origin) {
  if (!wanted) return;
  value = *wanted;
  origin = number;
}

void apply(const Override& override, Origin number, Effective& result) {
  auto& from = result.from;
  take(override.mode, number, result.mode, from.mode);
  take(override.block_at, number, result.block_at, from.block_at);
  take(override.warn_at, number, result.warn_at, from.warn_at);
  take(override.cooldown, number, result.cooldown, from.cooldown);
  for (std::size_t i = 0; i < result.on_outcome.size(); ++i) {
    take(override.on_outcome[i], number, result.on_outcome[i], from.on_outcome[i]);
  }
}

std::string in_words(std::chrono::milliseconds cooldown) {
  return cooldown <= std::chrono::milliseconds(0) ? "off" : exact_duration(cooldown);
}

std::string outcome_key(findings::Outcome outcome) {
  return "on." + std::string(findings::to_string(outcome));
}

util::Result<void> never_matches(std::string_view why, std::string_view pattern) {
  return util::fail(util::ErrorKind::invalid,
                    std::string(why).append(", saw \"").append(util::safe_text(pattern)).append("\""));
}

}  // namespace

std::string_view to_string(Mode mode) noexcept { return mode == Mode::audit ? "audit" : "enforce"; }

std::optional<Mode> parse_mode(std::string_view text) noexcept {
  for (const Mode mode : {Mode::enforce, Mode::audit}) {
    if (text == to_string(mode)) return mode;
  }
  return std::nullopt;
}

std::string_view name_effect(findings::Action action) noexcept {
  return action == findings::Action::allow ? "off" : findings::to_string(action);
}

std::string_view name_effect(const findings::NameRules& suspicions) noexcept {
  if (suspicions.alone == suspicions.with_second_signal) return name_effect(suspicions.alone);
  return "second-signal";
}

findings::Action asked_by_name(const NameSettings& names, const findings::NameVerdict& verdict) noexcept {
  if (verdict.operation == kNameDenied) return findings::Action::block;
  if (verdict.effect != findings::NameVerdict::Effect::block) return names.suspicions.alone;
  return verdict.operation == kNameKnownBad ? names.known_bad : names.registry;
}

void Policy::set_mode_everywhere(Mode wanted) {
  mode = wanted;
  for (auto& override : overrides) override.mode.reset();
}

void Policy::set_block_at_everywhere(findings::Severity severity) {
  block_at = severity;
  for (auto& override : overrides) override.block_at.reset();
}

util::Result<void> check_pattern(std::string_view pattern) {
  if (pattern.empty()) return never_matches("an empty pattern matches nothing", pattern);
  if (util::to_lower_ascii(pattern) != pattern) {
    return never_matches("names of hosts and repositories are lower-case", pattern);
  }
  const auto slash = pattern.find('/');
  const auto first = pattern.substr(0, slash);
  if (first.find_first_of("*?") == first.npos && (slash == pattern.npos || !oci::looks_like_host(first))) {
    return never_matches("the host is missing (e.g. docker.io/library/*)", pattern);
  }
  if (slash != pattern.npos && pattern.find_first_of(":@", slash) != pattern.npos) {
    return never_matches("tags and digests are no part of the name", pattern);
  }
  return {};
}

Effective effective(const Policy& policy, std::string_view name) {
  Effective result{static_cast<const Settings&>(policy)};
  for (std::size_t i = 0; i < policy.overrides.size(); ++i) {
    if (!util::glob_match(policy.overrides[i].match, name)) continue;
    result.matching.push_back(i + 1);
    apply(policy.overrides[i], i + 1, result);
  }
  return result;
}

std::vector<SettingText> in_words(const Effective& settings) {
  const auto& from = settings.from;
  std::vector<SettingText> all = {
      {"mode", std::string(to_string(settings.mode)), from.mode},
      {"block_at", std::string(to_string(settings.block_at)), from.block_at},
      {"warn_at", std::string(to_string(settings.warn_at)), from.warn_at},
      {"cooldown", in_words(settings.cooldown), from.cooldown},
  };
  for (const auto outcome : findings::kAllOutcomes) {
    if (outcome == findings::Outcome::complete) continue;
    const auto i = static_cast<std::size_t>(outcome);
    all.push_back({outcome_key(outcome), std::string(to_string(settings.on_outcome[i])), from.on_outcome[i]});
  }
  return all;
}

std::vector<SettingText> in_words(const Override& override, Origin number) {
  Effective alone;
  apply(override, number, alone);
  auto all = in_words(alone);
  std::erase_if(all, [](const SettingText& setting) { return setting.origin == kOwn; });
  return all;
}

std::vector<SettingText> in_words(const NameSettings& names) {
  const auto& rules = names.suspicions;
  const auto days = std::chrono::duration_cast<std::chrono::days>(rules.new_for).count();
  return {{"names.registry", std::string(name_effect(names.registry))},
          {"names.known_bad", std::string(name_effect(names.known_bad))},
          {"names.squat", std::string(name_effect(rules))},
          {"names.second_signal_at", std::string(findings::to_string(rules.finding_at))},
          {"names.new_days", std::to_string(days)}};
}

std::string override_name(const Policy& policy, Origin number) {
  return "override " + std::to_string(number) + " (" +
         util::safe_text(policy.overrides.at(number - 1).match, kMaxPattern) + ')';
}

}  // namespace portcullis::policy
