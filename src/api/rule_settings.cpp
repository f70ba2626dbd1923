// SPDX-License-Identifier: Apache-2.0
//
// What an operator changes about single rules, and what rules cost.
#include "portcullis/gate/rule_settings.hpp"

#include <algorithm>

#include "body.hpp"
#include "service.hpp"

namespace portcullis::api {
namespace {

struct RuleName {
  const std::string& file;
  const std::string& rule;

  explicit RuleName(const Call& call)
      : file(call.path.find("file")->second), rule(call.path.find("rule")->second) {}
  std::string shown() const { return hostile(file) + ':' + hostile(rule); }
};

gate::RuleGrounds grounds(const Call& call, std::string reason) {
  return {.reason = std::move(reason), .author = call.request.caller->name, .address = call.request.address};
}

Outcome<std::optional<findings::Severity>> severity_of(const Body& body) {
  const auto& action = body.text("action");
  const auto& severity = body.text("severity");
  if (action == "disable" && severity.empty()) return std::nullopt;
  if (action == "disable") return bad_request("severity: a rule that is disabled has none");
  if (action != "severity") {
    return bad_request("action: expected disable or severity, saw \"" + hostile(action) + '"');
  }
  const auto parsed = findings::parse_severity(severity);
  if (parsed) return parsed;
  return bad_request("severity: expected info, low, medium, high or critical, saw \"" + hostile(severity) +
                     '"');
}

/// Stored only when the rules could be reloaded with it.
Outcome<Answer> apply(Service& service, const util::Result<records::RuleChange>& change) {
  if (!change) return refuse(422, "This setting may not exist", change.error().message);
  if (auto done = service.parts.change_rule(*change); !done) {
    if (done.error().kind == util::ErrorKind::io) return unavailable("rules", done.error());
    return refuse(409, "Nothing has changed", done.error().message);
  }
  const auto profile = service.parts.scanner->profile();
  return json_answer({{"setting", change->setting ? api::to_json(*change->setting) : Json(nullptr)},
                      {"profile", hostile(profile.id)},
                      {"total", profile.rules}});
}

Json to_json(const MeasuredRules& measured) {
  const auto& costs = measured.costs;
  const auto megabytes = static_cast<double>(std::max<std::uint64_t>(costs.all.bytes, 1)) / 1e6;
  Json files = Json::array();
  for (const auto& file : costs.files) {
    files.push_back({{"file", hostile(file.file)},
                     {"rules", file.rules},
                     {"ms_per_mb", static_cast<double>(file.nanoseconds) / 1e6 / megabytes},
                     {"share", costs.share(file)},
                     {"slow", costs.slow(file)}});
  }
  return {{"measured", api::to_json(measured.at)},
          {"sample_files", costs.all.files},
          {"sample_bytes", costs.all.bytes},
          {"mb_per_second", costs.speed()},
          {"mb_per_second_without_rules", costs.speed_without_rules()},
          {"files", std::move(files)}};
}

}  // namespace

Json to_json(const records::RuleSetting& setting) {
  return {{"file", hostile(setting.file)},
          {"rule", hostile(setting.rule)},
          {"action", setting.severity ? "severity" : "disable"},
          {"severity", setting.severity ? Json(findings::to_string(*setting.severity)) : Json(nullptr)},
          {"reason", hostile(setting.reason)},
          {"author", hostile(setting.author)},
          {"since", api::to_json(setting.since)}};
}

Outcome<Answer> set_rule(Service& service, Call& call) {
  static constexpr std::string_view kKnown[] = {"action", "severity", "reason"};
  const auto body = Body::parse(call.request, kKnown);
  if (!body) return tl::unexpected(body.error());
  const auto severity = severity_of(*body);
  if (!severity) return tl::unexpected(severity.error());
  const RuleName name(call);
  const auto known = known_rules(service);
  if (!known) return unavailable("rules", known.error());
  const auto& rules = (*known)->rules;
  const auto rule = std::ranges::find_if(
      rules, [&](const auto& info) { return info.file == name.file && info.identifier == name.rule; });
  if (rule == rules.end()) return not_found("there is no rule " + name.shown());
  return apply(service, gate::set_rule(*rule, *severity, grounds(call, body->text("reason")),
                                       service.options.waivers, service.now()));
}

Outcome<Answer> restore_rule(Service& service, Call& call) {
  auto reason = call.query.text("reason");
  if (call.query.problem()) return tl::unexpected(*call.query.problem());
  const RuleName name(call);
  const auto settings = service.parts.records->rule_settings().list();
  if (!settings) return unavailable("rules", settings.error());
  const auto* setting = gate::find_setting(*settings, name.file, name.rule);
  if (setting == nullptr) {
    return not_found("rule " + name.shown() +
                     " has no setting; what the configuration says under [rules] is changed there");
  }
  return apply(service, gate::restore_rule(*setting, grounds(call, std::move(reason)),
                                           service.options.waivers, service.now()));
}

Json known_costs(Service& service) {
  const std::lock_guard lock(service.costs_mutex);
  if (!service.costs || service.costs->profile != service.parts.scanner->profile().id) return nullptr;
  return to_json(*service.costs);
}

Outcome<Answer> bench_rules(Service& service, Call&) {
  const std::unique_lock only(service.bench_mutex, std::try_to_lock);
  if (!only)
    return refuse(409, "Already under way", "the rules are being measured; ask again in a few seconds");
  auto measured = std::make_shared<MeasuredRules>();
  measured->profile = service.parts.scanner->profile().id;
  const auto costs = service.parts.measure_rules();
  if (!costs) return unavailable("the rules could not be measured", costs.error());
  auto summary = scan::summarize(*costs);
  if (!summary) {
    return refuse(503, "Portcullis cannot answer now", "none of its own files could be read and measured");
  }
  measured->costs = *std::move(summary);
  measured->at = service.now();
  const std::lock_guard lock(service.costs_mutex);
  service.costs = measured;
  return json_answer(to_json(*measured));
}

}  // namespace portcullis::api
