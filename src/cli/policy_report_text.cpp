// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "policy_report.hpp"
#include "portcullis/util/safe_text.hpp"

namespace portcullis::cli {
namespace {

using findings::Action;
using policy::Origin;
using util::safe_text;

constexpr std::size_t kLong = 400;
constexpr std::string_view kNames = "names.";  // in front of the keys of [names]

std::string_view headline(Answer answer) {
  switch (answer) {
    case Answer::allowed:
      return "ALLOWED";
    case Answer::warned:
      return "ALLOWED, with a warning";
    case Answer::would_block:
      return "ALLOWED in audit mode, and recorded as one that would be blocked";
    case Answer::blocked:
      return "BLOCKED";
    case Answer::unknown:
      break;
  }
  return "COULD NOT BE TOLD: not everything in the image is known";
}

std::string padded(std::string_view text, std::size_t width) {
  std::string result(text);
  if (result.size() < width) result.resize(width, ' ');
  return result + "  ";
}

/// The settings of one repository, and those of names.
std::vector<policy::SettingText> with_names(std::vector<policy::SettingText> settings,
                                            const policy::NameSettings& names) {
  for (auto& setting : policy::in_words(names)) settings.push_back(std::move(setting));
  return settings;
}

/// What a file that does not say it gets.
bool is_default(const policy::SettingText& setting) {
  const auto defaults = with_names(policy::in_words(policy::Effective{}), policy::NameSettings{});
  return std::ranges::find(defaults, setting) != defaults.end();
}

std::string place(const policy::Policy& policy, Origin number) {
  const auto line = policy.overrides.at(number - 1).line;
  return policy::override_name(policy, number) + (line == 0 ? "" : ", line " + std::to_string(line));
}

std::string origin(const policy::Policy& policy, const policy::SettingText& setting) {
  if (setting.origin != policy::kOwn) return place(policy, setting.origin);
  if (is_default(setting)) return "default";
  return setting.key.starts_with(kNames) ? "[names]" : "[policy]";
}

enum class Show { origins, values };

std::string settings_table(const policy::Policy& policy, const std::vector<policy::SettingText>& settings,
                           Show show) {
  std::size_t keys = 0;
  std::size_t values = 0;
  for (const auto& setting : settings) {
    keys = std::max(keys, setting.key.size());
    values = std::max(values, setting.value.size());
  }
  std::string text;
  for (const auto& setting : settings) {
    text += "  " + padded(setting.key, keys);
    text += show == Show::values ? setting.value : padded(setting.value, values) + origin(policy, setting);
    text += "\n";
  }
  return text;
}

std::string list(std::string_view title, const std::vector<std::string>& entries) {
  if (entries.empty()) return {};
  std::string text = "\n" + std::string(title) + "\n";
  for (const auto& entry : entries) text += "  " + safe_text(entry, kLong) + "\n";
  return text;
}

/// Of a list, which is no setting with a value.
std::string list_section(std::string_view key) { return key.starts_with(kNames) ? "[names]" : "[policy]"; }

/// "block_at = high asks for block (override 1 ...); waiver w1 makes it warn".
std::string how(const PolicyTest& test, const std::vector<policy::SettingText>& settings,
                const policy::WeighedReason& weighed) {
  if (weighed.setting.empty()) return {};
  const auto setting = std::ranges::find(settings, weighed.setting, &policy::SettingText::key);
  const bool is_list = setting == settings.end();  // allow, deny, deny_digests
  std::string text = weighed.setting + (is_list ? "" : " = " + setting->value);
  if (weighed.setting != "mode") text += " asks for " + std::string(findings::to_string(weighed.asked));
  text += " (" + (is_list ? list_section(weighed.setting) : origin(test.policy, *setting)) + ")";
  if (!weighed.reason.waiver.empty()) text += "; waiver " + safe_text(weighed.reason.waiver) + " covers it";
  if (!weighed.allowed_by.empty()) text += "; allow \"" + safe_text(weighed.allowed_by) + "\" covers it";
  if (weighed.reason.action != weighed.asked) {
    text += ", so it is " + std::string(findings::to_string(weighed.reason.action));
  }
  return text;
}

std::string_view words(policy::WaiverFate fate) {
  using enum policy::WaiverFate;
  switch (fate) {
    case used:
      return "used";
    case spare:
      return "not needed: another one came first";
    case matches_nothing:
      return "matches no reason that asks for anything";
    case expired:
      return "has expired";
    case other_image:
      return "is for another repository or digest";
    case too_wide:
      return "is not honoured: it needs an id and two of rule, repository, digest and file_hash";
    case needs_digest:
      return "is not honoured here: what it matches is waived for a digest or a file hash only";
  }
  return "unknown";
}

}  // namespace

std::string render_text(const PolicyTest& test) {
  const auto& explanation = test.explanation;
  const auto settings = with_names(policy::in_words(explanation.settings), test.policy.names);
  std::string text = safe_text(test.image, kLong) + ": " + std::string(headline(test.answer)) + "\n";
  if (!explanation.decision.summary.empty()) text += "  " + explanation.decision.summary + "\n";
  for (const auto& note : test.notes) text += "  note: " + safe_text(note, kLong) + "\n";

  text += "\nSettings for " + safe_text(explanation.name, kLong) + " in " + safe_text(test.file, kLong) +
          "\n" + settings_table(test.policy, settings, Show::origins);
  if (!test.policy.overrides.empty()) {
    text += "\nOverrides that match (the last that sets a key wins)\n";
    for (const Origin number : explanation.settings.matching)
      text += "  " + place(test.policy, number) + "\n";
    if (explanation.settings.matching.empty()) {
      text += "  none of " + std::to_string(test.policy.overrides.size()) + "\n";
    }
  }
  text += "\nReasons, worst first\n";
  if (explanation.reasons.empty()) text += "  none: there is nothing to hold against it\n";
  for (const auto& weighed : explanation.reasons) {
    const bool note = weighed.setting.empty() || weighed.setting == "mode";
    text += "  " + padded(note ? "note" : findings::to_string(weighed.reason.action), 5) +
            safe_text(weighed.reason.text, kLong) + "\n";
    const auto because = how(test, settings, weighed);
    if (!because.empty()) text += "         " + because + "\n";
  }
  if (!explanation.waivers.empty()) {
    text += "\nWaivers, at " + util::to_rfc3339(test.at) + "\n";
    for (const auto& waiver : explanation.waivers) {
      text += "  " + safe_text(waiver.id) + "  " + std::string(words(waiver.fate)) + "\n";
    }
  }
  return text;
}

std::string render_text(const std::string& file, const config::PolicyFile& policy) {
  const auto& p = policy.policy;
  policy::Effective own{static_cast<const policy::Settings&>(p)};
  std::string text = "Policy of " + safe_text(file, kLong) + ", fingerprint " + p.fingerprint() +
                     "\n\nSettings\n" +
                     settings_table(p, with_names(policy::in_words(own), p.names), Show::origins);
  for (std::size_t i = 0; i < p.overrides.size(); ++i) {
    text += "\n" + place(p, i + 1) + "\n";
    text += settings_table(p, policy::in_words(p.overrides[i], i + 1), Show::values);
  }
  std::vector<std::string> digests;
  for (const auto& digest : p.deny_digests) digests.push_back(digest.text());
  text += list("Allowed repositories (a block becomes a warning)", p.allow_repositories);
  text += list("Denied repositories (whatever overrides and waivers say)", p.deny_repositories);
  text += list("Denied digests (whatever overrides and waivers say)", digests);
  text += list("Protected names, beside those that ship with Portcullis", policy.names.protect);
  text += list("Names that are never suspected", policy.names.allow);
  text += list("Names that are always blocked", policy.names.deny);
  if (!policy.name_files.empty()) {
    text += "\nNames are compared with the files in " + safe_text(policy.name_files.string(), kLong) + "\n";
  }
  const auto days = std::chrono::duration_cast<std::chrono::hours>(policy.waivers.longest).count() / 24;
  return text + "\nWaivers last at most " + std::to_string(days) + " days\n";
}

}  // namespace portcullis::cli
