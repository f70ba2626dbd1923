// SPDX-License-Identifier: Apache-2.0
#include "portcullis/gate/rule_settings.hpp"

#include <algorithm>

#include "portcullis/util/safe_text.hpp"

namespace portcullis::gate {
namespace {

using findings::Severity;
using records::RuleChange;
using records::RuleSetting;

std::string full_name(const std::string& file, const std::string& rule) {
  return util::safe_text(file) + ':' + util::safe_text(rule);
}

util::Result<void> check(const RuleGrounds& grounds, const policy::WaiverLimits& limits) {
  for (const auto& [name, text] :
       {std::pair("reason", &grounds.reason), std::pair("author", &grounds.author)}) {
    if (auto said = policy::check_waiver_text(name, *text, limits); !said) return said;
  }
  return {};
}

/// `severity` is what the rule says itself, where that is known.
records::Event event_of(std::string action, const RuleSetting& about, Severity severity,
                        const RuleGrounds& grounds, util::TimePoint now) {
  records::Event event{.at = now, .action = std::move(action)};
  event.severity = severity;
  event.client_user = grounds.author;
  event.client_address = grounds.address;
  auto& rule = event.rules.emplace_back();
  rule.rule = about.rule;
  rule.severity = severity;
  event.extra = {{"rule.file", about.file}, {"author", grounds.author}, {"reason", grounds.reason}};
  return event;
}

}  // namespace

util::Result<RuleChange> set_rule(const findings::RuleInfo& rule, std::optional<Severity> severity,
                                  const RuleGrounds& grounds, const policy::WaiverLimits& limits,
                                  util::TimePoint now) {
  if (auto said = check(grounds, limits); !said) return tl::unexpected(said.error());
  if (severity && rule.helper) {
    return util::fail(util::ErrorKind::invalid, "rule " + full_name(rule.file, rule.identifier) +
                                                    " is private: it is never reported by itself and has no "
                                                    "severity");
  }
  RuleSetting setting{rule.file, rule.identifier, severity, grounds.reason, grounds.author, now};
  auto event =
      event_of(severity ? "rule-overridden" : "rule-disabled", setting, rule.own_severity, grounds, now);
  const auto own = std::string(findings::to_string(rule.own_severity));
  event.message =
      grounds.author + (severity ? " gave rule " : " disabled rule ") + full_name(rule.file, rule.identifier);
  if (severity) {
    event.message.append(" the severity ").append(findings::to_string(*severity)).append(" instead of ");
    event.message += own;
    event.extra["rule.severity"] = findings::to_string(*severity);
  } else if (!rule.helper) {
    event.message += " (severity " + own + ")";
  }
  event.message += ": " + grounds.reason;
  return RuleChange{rule.file, rule.identifier, std::move(setting), std::move(event)};
}

util::Result<RuleChange> restore_rule(const RuleSetting& setting, const RuleGrounds& grounds,
                                      const policy::WaiverLimits& limits, util::TimePoint now) {
  if (auto said = check(grounds, limits); !said) return tl::unexpected(said.error());
  auto event = event_of("rule-restored", setting, Severity::info, grounds, now);
  event.message = grounds.author + " restored rule " + full_name(setting.file, setting.rule) + ", which " +
                  setting.author + " had " + (setting.severity ? "given another severity" : "disabled") +
                  ": " + grounds.reason;
  return RuleChange{setting.file, setting.rule, std::nullopt, std::move(event)};
}

const RuleSetting* find_setting(const std::vector<RuleSetting>& settings, std::string_view file,
                                std::string_view rule) {
  const auto found = std::ranges::find_if(
      settings, [&](const auto& setting) { return setting.file == file && setting.rule == rule; });
  return found == settings.end() ? nullptr : &*found;
}

util::Result<std::vector<RuleSetting>> changed(std::vector<RuleSetting> settings, const RuleChange& change) {
  std::erase_if(settings, [&](const auto& setting) {
    return setting.file == change.file && setting.rule == change.rule;
  });
  if (change.setting) settings.push_back(*change.setting);
  if (settings.size() > records::kMaxRuleSettings) {
    return util::fail(
        util::ErrorKind::invalid,
        "there are " + std::to_string(records::kMaxRuleSettings) +
            " settings of single rules already; patterns of [rules] disable and severity in the "
            "configuration stand for many rules");
  }
  return settings;
}

findings::RuleAdjustments adjustments(findings::RuleAdjustments configured,
                                      const std::vector<RuleSetting>& settings) {
  for (const auto& setting : settings) {
    configured.rules[setting.file + ':' + setting.rule] = setting.severity;
  }
  return configured;
}

}  // namespace portcullis::gate
