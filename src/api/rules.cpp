// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "portcullis/gate/rule_settings.hpp"
#include "portcullis/util/text.hpp"
#include "service.hpp"

namespace portcullis::api {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostShown = 10'000;
constexpr std::size_t kHitsLookedAt = 10'000;
constexpr std::size_t kMostNotes = 5'000;

Json to_json(const findings::RuleInfo& rule, const records::RuleSetting* setting, std::uint64_t hits) {
  return {{"name", hostile(rule.identifier)},
          {"file", hostile(rule.file)},
          {"state", rule.disabled ? "disabled" : "active"},
          {"severity", findings::to_string(rule.severity)},
          {"own_severity", findings::to_string(rule.own_severity)},
          {"severity_given", rule.severity_given},
          {"helper", rule.helper},
          {"setting", setting == nullptr ? Json(nullptr) : api::to_json(*setting)},
          {"techniques", texts(rule.techniques)},
          {"tags", texts(rule.tags)},
          {"description", hostile(rule.description)},
          {"author", hostile(rule.author)},
          {"license", hostile(rule.license)},
          {"reference", hostile(rule.reference)},
          {"decisions", hits}};
}

Json to_json(const scan::LintNote& note) {
  return {{"level", note.level == scan::LintLevel::error ? "error" : "warning"},
          {"file", hostile(note.file)},
          {"line", note.line},
          {"rule", hostile(note.rule)},
          {"message", hostile(note.message)}};
}

bool holds(std::string_view text, const std::string& lower) {
  return util::to_lower_ascii(text).find(lower) != std::string::npos;
}

/// Of rules that are not there.
Json idle(const std::vector<records::RuleSetting>& settings, const std::vector<findings::RuleInfo>& rules) {
  std::set<std::pair<std::string_view, std::string_view>> there;
  for (const auto& rule : rules) there.emplace(rule.file, rule.identifier);
  Json all = Json::array();
  for (const auto& setting : settings) {
    if (!there.contains({setting.file, setting.rule})) all.push_back(api::to_json(setting));
  }
  return all;
}

}  // namespace

util::Result<std::shared_ptr<const KnownRules>> known_rules(Service& service) {
  const std::lock_guard lock(service.rules_mutex);
  const auto profile = service.parts.scanner->profile().id;
  if (service.rules && service.rules->profile == profile) return service.rules;
  auto fresh = std::make_shared<KnownRules>();
  fresh->profile = profile;
  auto rules = service.parts.scanner->list_rules();
  if (!rules) return tl::unexpected(rules.error());
  auto notes = service.parts.scanner->lint_rules();
  if (!notes) return tl::unexpected(notes.error());
  fresh->rules = *std::move(rules);
  fresh->notes = *std::move(notes);
  service.rules = fresh;
  return service.rules;
}

Outcome<Answer> list_rules(Service& service, Call& call) {
  auto& q = call.query;
  const auto text = util::to_lower_ascii(q.text("text"));
  const auto file = q.text("file");
  records::Period period;
  period.until = q.time("until").value_or(service.now());
  period.from = q.time("from").value_or(period.until - 24h * 30);
  if (q.problem()) return tl::unexpected(*q.problem());
  const auto known = known_rules(service);
  if (!known) return unavailable("rules", known.error());
  const auto top = service.parts.records->search().top_rules(period, kHitsLookedAt);
  if (!top) return unavailable("rules", top.error());
  const auto settings = service.parts.records->rule_settings().list();
  if (!settings) return unavailable("rules", settings.error());
  std::unordered_map<std::string, std::uint64_t> hits;
  for (const auto& reason : *top) {
    if (reason.name.starts_with("rule:")) hits[reason.name.substr(5)] = reason.count;
  }

  Json rules = Json::array();
  std::size_t matching = 0;
  for (const auto& rule : (*known)->rules) {
    if (!file.empty() && rule.file != file) continue;
    if (!text.empty() && !holds(rule.identifier, text) && !holds(rule.description, text)) continue;
    if (++matching > kMostShown) continue;
    const auto found = hits.find(rule.identifier);
    rules.push_back(to_json(rule, gate::find_setting(*settings, rule.file, rule.identifier),
                            found == hits.end() ? 0 : found->second));
  }
  Json notes = Json::array();
  for (const auto& note : (*known)->notes) {
    if (notes.size() == kMostNotes) break;
    if (file.empty() || note.file == file) notes.push_back(to_json(note));
  }
  const auto profile = service.parts.scanner->profile();
  return json_answer({{"profile", hostile(profile.id)},
                      {"total", profile.rules},
                      {"files", profile.files},
                      {"rules", std::move(rules)},
                      {"truncated", matching > kMostShown},
                      {"set_aside", list(profile.set_aside)},
                      {"notes", std::move(notes)},
                      {"idle_settings", idle(*settings, (*known)->rules)},
                      {"cost", known_costs(service)}});
}

Outcome<Answer> reload_rules(Service& service, Call& call) {
  const auto before = service.parts.scanner->profile().id;
  if (auto done = service.parts.reload(); !done) {
    return refuse(409, "Nothing was reloaded", done.error().message);
  }
  const auto profile = service.parts.scanner->profile();
  auto event = audit_event(service, call, "rules-reloaded",
                           std::to_string(profile.rules) + " rules in " + std::to_string(profile.files) +
                               " files, " + std::to_string(profile.set_aside.size()) + " files set aside");
  event.extra["profile"] = profile.id;
  event.extra["profile.before"] = before;
  if (auto written = service.parts.records->put_event(event); !written) {
    return unavailable("the rules were reloaded, but no event could be written", written.error());
  }
  return json_answer({{"profile", hostile(profile.id)},
                      {"changed", profile.id != before},
                      {"total", profile.rules},
                      {"files", profile.files},
                      {"set_aside", list(profile.set_aside)}});
}

}  // namespace portcullis::api
