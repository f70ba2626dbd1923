// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "portcullis/gate/rule_settings.hpp"
#include "rules_format.hpp"
#include "rules_report.hpp"

namespace portcullis::cli {
namespace {

using findings::RuleInfo;
using findings::Severity;
using scan::LintLevel;
using scan::LintNote;
using util::safe_text;

constexpr Severity kWorstFirst[] = {Severity::critical, Severity::high, Severity::medium, Severity::low,
                                    Severity::info};

/// Rules that can be reported, by severity, and the others.
struct Counts {
  std::array<std::size_t, 5> by_severity{};
  std::size_t helpers = 0;
  std::size_t disabled = 0;

  void add(const RuleInfo& rule) {
    if (rule.disabled) {
      ++disabled;
    } else if (rule.helper) {
      ++helpers;
    } else {
      ++by_severity[static_cast<std::size_t>(rule.severity)];
    }
  }
  std::size_t at(Severity severity) const { return by_severity[static_cast<std::size_t>(severity)]; }

  std::string text() const {
    std::string all;
    const auto put = [&](std::size_t count, std::string_view what) {
      if (count > 0) all.append(all.empty() ? "" : ", ").append(std::to_string(count) + " ").append(what);
    };
    for (const Severity severity : kWorstFirst) put(at(severity), findings::to_string(severity));
    put(helpers, "private");
    put(disabled, "disabled");
    return all;
  }
  OrderedJson json() const {
    OrderedJson all;
    for (const Severity severity : kWorstFirst)
      all[std::string(findings::to_string(severity))] = at(severity);
    all["private"] = helpers;
    all["disabled"] = disabled;
    return all;
  }
};

std::map<std::string, Counts> by_file(const std::vector<RuleInfo>& rules) {
  std::map<std::string, Counts> files;
  for (const RuleInfo& rule : rules) files[rule.file].add(rule);
  return files;
}

Counts all_of(const std::vector<RuleInfo>& rules) {
  Counts counts;
  for (const RuleInfo& rule : rules) counts.add(rule);
  return counts;
}

std::uint64_t hits_of(const RuleList& list, const RuleInfo& rule) {
  const auto found = list.hits->find(rule.identifier);
  return found == list.hits->end() ? 0 : found->second;
}

/// Who changed it, and why; a line of its own.
std::string setting_line(const records::RuleSetting& setting) {
  std::string text = setting.severity ? "given severity " : "disabled";
  if (setting.severity) text += findings::to_string(*setting.severity);
  return "      " + text + " by " + prose(setting.author) + " at " + util::to_rfc3339(setting.since) + ": " +
         prose(setting.reason) + "\n";
}

std::string line(const RuleList& list, const RuleInfo& rule) {
  std::string text = "  " + safe_text(rule.identifier) + "  ";
  text += rule.helper ? "private" : findings::to_string(rule.severity);
  if (rule.adjusted) text += " (as configured)";
  if (rule.disabled) text += "  disabled";
  if (!rule.techniques.empty()) text += "  " + joined_texts(rule.techniques, ",");
  if (!rule.tags.empty()) text += "  tags " + joined_texts(rule.tags, ",");
  if (list.hits && hits_of(list, rule) > 0) text += "  in " + counted(hits_of(list, rule), "decision");
  if (!rule.description.empty()) text += "\n      " + prose(rule.description);
  text += "\n";
  const auto* setting = gate::find_setting(list.settings, rule.file, rule.identifier);
  return setting == nullptr ? text : text + setting_line(*setting);
}

const char* name_of(LintLevel level) { return level == LintLevel::error ? "error" : "warning"; }

struct Tally {
  std::size_t errors = 0;
  std::size_t warnings = 0;
};

Tally count(const std::vector<LintNote>& notes) {
  Tally tally;
  for (const LintNote& note : notes) ++(note.level == LintLevel::error ? tally.errors : tally.warnings);
  return tally;
}

}  // namespace

OrderedJson setting_json(const records::RuleSetting& setting) {
  return {{"action", setting.severity ? "severity" : "disable"},
          {"severity",
           setting.severity ? OrderedJson(findings::to_string(*setting.severity)) : OrderedJson(nullptr)},
          {"reason", prose(setting.reason)},
          {"author", prose(setting.author)},
          {"since", util::to_rfc3339(setting.since)}};
}

std::string as_text(const RuleList& list) {
  std::string text;
  std::string file;
  const auto files = by_file(list.rules);
  for (const RuleInfo& rule : list.rules) {
    if (text.empty() || rule.file != file)
      text += prose(rule.file) + "  (" + files.at(rule.file).text() + ")\n";
    file = rule.file;
    text += line(list, rule);
  }
  text += counted(list.rules.size(), "rule") + " of " + counted(files.size(), "file");
  if (!list.rules.empty()) text += ": " + all_of(list.rules).text();
  text += "\n";
  const auto& aside = list.profile.set_aside;
  if (!aside.empty()) text += counted(aside.size(), "file") + " set aside; rules lint says why\n";
  return text + "modules: " + joined_texts(list.profile.modules, ", ") + "\n";
}

std::string as_json(const RuleList& list) {
  OrderedJson rules = OrderedJson::array();
  for (const RuleInfo& rule : list.rules) {
    OrderedJson json{{"file", prose(rule.file)},
                     {"rule", safe_text(rule.identifier)},
                     {"severity", findings::to_string(rule.severity)},
                     {"severity_configured", rule.adjusted},
                     {"own_severity", findings::to_string(rule.own_severity)},
                     {"disabled", rule.disabled},
                     {"private", rule.helper},
                     {"techniques", json_texts(rule.techniques)},
                     {"tags", json_texts(rule.tags)},
                     {"description", prose(rule.description)},
                     {"author", prose(rule.author)},
                     {"license", prose(rule.license)},
                     {"reference", prose(rule.reference)}};
    if (list.hits) json["decisions"] = hits_of(list, rule);
    if (const auto* setting = gate::find_setting(list.settings, rule.file, rule.identifier)) {
      json["setting"] = setting_json(*setting);
    }
    rules.push_back(std::move(json));
  }
  OrderedJson files = OrderedJson::array();
  for (const auto& [file, counts] : by_file(list.rules)) {
    files.push_back({{"file", prose(file)}, {"rules", counts.json()}});
  }
  OrderedJson aside = OrderedJson::array();
  for (const auto& file : list.profile.set_aside) {
    aside.push_back({{"file", prose(file.file)}, {"reason", prose(file.message)}});
  }
  return printed({{"profile", list.profile.id},
                  {"modules", json_texts(list.profile.modules)},
                  {"counts", all_of(list.rules).json()},
                  {"files", std::move(files)},
                  {"set_aside", std::move(aside)},
                  {"rules", std::move(rules)}});
}

std::string as_json(const std::vector<LintNote>& notes) {
  OrderedJson list = OrderedJson::array();
  for (const LintNote& note : notes) {
    OrderedJson json{{"level", name_of(note.level)}, {"file", prose(note.file)}};
    if (note.line != 0) json["line"] = note.line;
    if (!note.rule.empty()) json["rule"] = safe_text(note.rule);
    json["message"] = prose(note.message);
    list.push_back(std::move(json));
  }
  const Tally tally = count(notes);
  return printed({{"errors", tally.errors}, {"warnings", tally.warnings}, {"notes", std::move(list)}});
}

/// As compilers write it, so that editors find the place.
std::string as_text(const std::vector<LintNote>& notes) {
  std::string text;
  for (const LintNote& note : notes) {
    text += prose(note.file);
    if (note.line != 0) text += ":" + std::to_string(note.line);
    text.append(": ").append(name_of(note.level)).append(": ");
    if (!note.rule.empty()) text += "rule " + safe_text(note.rule) + " ";
    text += prose(note.message) + "\n";
  }
  const Tally tally = count(notes);
  return text + std::to_string(tally.errors) + " errors, " + std::to_string(tally.warnings) + " warnings\n";
}

}  // namespace portcullis::cli
