// SPDX-License-Identifier: Apache-2.0
//
// portcullis rules disable | override | restore: single rules, in the records of a server that may be
// running.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "exit_code.hpp"
#include "operator_name.hpp"
#include "portcullis/gate/rule_settings.hpp"
#include "portcullis/util/safe_text.hpp"
#include "rules_command.hpp"
#include "rules_format.hpp"
#include "server_records.hpp"

namespace portcullis::cli {
namespace {

using findings::RuleInfo;
using records::RuleChange;
using records::RuleSetting;
using util::safe_text;

/// `RULE` or `FILE:RULE`; only the file may have a colon in its name.
struct Name {
  explicit Name(const std::string& text) {
    const auto colon = text.rfind(':');
    rule = colon == text.npos ? text : text.substr(colon + 1);
    if (colon != text.npos) file = text.substr(0, colon);
  }
  bool fits(const std::string& in_file, const std::string& of_rule) const {
    return rule == of_rule && (file.empty() || file == in_file);
  }
  std::string file;
  std::string rule;
};

std::string full_name(const std::string& file, const std::string& rule) {
  return safe_text(file) + ':' + safe_text(rule);
}

/// The one item that fits; `name_of` gives its full name. `none` is what to say when there is none.
template <class Item, class NameOf>
util::Result<Item> only(const std::vector<Item>& fitting, const std::string& asked, NameOf name_of,
                        const std::string& none) {
  if (fitting.size() == 1) return fitting.front();
  if (fitting.empty()) {
    return util::fail(util::ErrorKind::absent, none);
  }
  std::string names;
  for (const auto& item : fitting) names += (names.empty() ? "" : ", ") + name_of(item);
  return util::fail(util::ErrorKind::invalid,
                    "\"" + safe_text(asked) + "\" is the name of several rules; say which: " + names);
}

util::Result<RuleInfo> rule_named(const std::string& asked, const std::vector<RuleInfo>& rules) {
  const Name name(asked);
  std::vector<RuleInfo> fitting;
  std::ranges::copy_if(rules, std::back_inserter(fitting),
                       [&](const auto& rule) { return name.fits(rule.file, rule.identifier); });
  return only(
      fitting, asked, [](const auto& rule) { return full_name(rule.file, rule.identifier); },
      "there is no rule \"" + safe_text(asked) +
          "\"; `portcullis rules list` shows them (give --config and --rules as serve has them)");
}

util::Result<RuleSetting> setting_of(const std::string& asked, const std::vector<RuleSetting>& settings) {
  const Name name(asked);
  std::vector<RuleSetting> fitting;
  std::ranges::copy_if(settings, std::back_inserter(fitting),
                       [&](const auto& setting) { return name.fits(setting.file, setting.rule); });
  return only(
      fitting, asked, [](const auto& setting) { return full_name(setting.file, setting.rule); },
      "nobody disabled rule \"" + safe_text(asked) +
          "\" or gave it another severity, in these records at least; what the configuration says under "
          "[rules] "
          "is changed there");
}

gate::RuleGrounds grounds(const RulesFlags& flags) {
  return {
      .reason = flags.reason, .author = flags.author.empty() ? operator_name() : flags.author, .address = {}};
}

std::string done_text(const RuleChange& change) {
  std::string text = "Restored ";
  if (change.setting) text = change.setting->severity ? "Overrode " : "Disabled ";
  text += full_name(change.file, change.rule);
  if (change.setting && change.setting->severity) {
    text.append(": severity ").append(findings::to_string(*change.setting->severity));
  }
  return text + ". A running server takes it over within a few seconds.\n";
}

int fail_with(const util::Error& error) {
  const bool asked_wrongly = error.kind == util::ErrorKind::invalid || error.kind == util::ErrorKind::absent;
  return fail(asked_wrongly ? kUsage : kCannotWrite, error.message);
}

/// Stores what `make` makes of the settings there are.
template <class Make>
int store(const RulesFlags& flags, Make make) {
  auto server = open_server_records({flags.config, flags.data}, records::OpenMode::existing);
  if (!server) return server.error();
  auto& records = server->records->rule_settings();
  const auto settings = records.list();
  if (!settings) return fail(kCouldNotJudge, settings.error().message);
  const tl::expected<util::Result<RuleChange>, int> made = make(*settings, server->config.waivers);
  if (!made) return made.error();
  if (!*made) return fail_with(made->error());
  const RuleChange& change = **made;
  if (auto after = gate::changed(*settings, change); !after) return fail_with(after.error());
  if (auto stored = records.change(change); !stored) return fail_with(stored.error());
  if (flags.format != "json") return print(done_text(change));
  return print(printed({{"file", prose(change.file)},
                        {"rule", safe_text(change.rule)},
                        {"setting", change.setting ? setting_json(*change.setting) : OrderedJson(nullptr)}}));
}

int set(const RulesFlags& flags, std::optional<findings::Severity> severity) {
  return store(flags,
               [&](const std::vector<RuleSetting>& settings,
                   const policy::WaiverLimits& limits) -> tl::expected<util::Result<RuleChange>, int> {
                 util::MemoryMetrics metrics;
                 auto scanner = scanner_for(flags, metrics, settings);
                 if (!scanner) return tl::unexpected(scanner.error());
                 const auto rules = (*scanner)->list_rules();
                 if (!rules)
                   return tl::unexpected(static_cast<int>(fail(kCouldNotJudge, rules.error().message)));
                 const auto rule = rule_named(flags.rule, *rules);
                 if (!rule) return util::Result<RuleChange>(tl::unexpected(rule.error()));
                 const auto active = std::ranges::count(*rules, false, &RuleInfo::disabled);
                 if (!severity && !rule->disabled && active == 1) {
                   return util::Result<RuleChange>(
                       util::fail(util::ErrorKind::invalid,
                                  "this is the last rule that is not disabled: a server without "
                                  "any rule finds nothing and refuses to run"));
                 }
                 return gate::set_rule(*rule, severity, grounds(flags), limits, util::SystemClock().now());
               });
}

int disable(const RulesFlags& flags) { return set(flags, std::nullopt); }

int override_severity(const RulesFlags& flags) {
  return set(flags, findings::parse_severity(flags.severity));
}

int restore(const RulesFlags& flags) {
  return store(flags,
               [&](const std::vector<RuleSetting>& settings,
                   const policy::WaiverLimits& limits) -> tl::expected<util::Result<RuleChange>, int> {
                 const auto setting = setting_of(flags.rule, settings);
                 if (!setting) return util::Result<RuleChange>(tl::unexpected(setting.error()));
                 return gate::restore_rule(*setting, grounds(flags), limits, util::SystemClock().now());
               });
}

RulesForm add_change(CLI::App& parent, const char* name, const char* help, int (*run)(const RulesFlags&),
                     Action& action) {
  auto form = add_rules_form(parent, name, help, run, action);
  auto& flags = *form.flags;
  form.app->add_option("rule", flags.rule, "Its name, or FILE:NAME as rules list shows them")
      ->type_name("RULE")
      ->required();
  form.app->add_option("--data", flags.data, "Data directory of the server, default ./data")
      ->type_name("DIR");
  form.app->add_option("--reason", flags.reason, "Why; it stays on record")->type_name("TEXT")->required();
  form.app->add_option("--author", flags.author, "Who signs, default you: user@host")->type_name("NAME");
  return form;
}

}  // namespace

void add_rule_changes(CLI::App& parent, Action& action) {
  add_change(parent, "disable", "Switch a rule off, until it is restored", disable, action);
  const auto overriding = add_change(parent, "override", "Give a rule another severity, until it is restored",
                                     override_severity, action);
  overriding.app->add_option("--severity", overriding.flags->severity, "info, low, medium, high or critical")
      ->type_name("SEVERITY")
      ->required()
      ->check(CLI::IsMember({"info", "low", "medium", "high", "critical"}));
  add_change(parent, "restore", "Back to what the rule and the configuration say", restore, action);
}

}  // namespace portcullis::cli
