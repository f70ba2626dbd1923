// SPDX-License-Identifier: Apache-2.0
//
// portcullis rules: what the rules say about themselves, and what is wrong with them. The scanner reads
// and compiles them, as it does for a scan.
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "exit_code.hpp"
#include "portcullis/util/log.hpp"
#include "portcullis/util/safe_text.hpp"
#include "stack.hpp"

namespace portcullis::cli {
namespace {

using Json = nlohmann::ordered_json;
using findings::RuleInfo;
using scan::LintLevel;
using scan::LintNote;
using util::safe_text;

constexpr std::size_t kProseLimit = 1000;

struct RulesFlags {
  std::string config;
  std::vector<std::string> rules;
  bool no_builtin_rules = false;
  std::string format = "text";
};

const char* name_of(LintLevel level) { return level == LintLevel::error ? "error" : "warning"; }

std::string prose(const std::string& text) { return safe_text(text, kProseLimit); }

Json texts(const std::vector<std::string>& values) {
  Json json = Json::array();
  for (const std::string& value : values) json.push_back(safe_text(value));
  return json;
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text.append(text.empty() ? "" : ",").append(safe_text(value));
  return text;
}

std::string as_json(const std::vector<RuleInfo>& rules) {
  Json list = Json::array();
  for (const RuleInfo& rule : rules) {
    list.push_back({{"file", prose(rule.file)},
                    {"rule", safe_text(rule.identifier)},
                    {"severity", findings::to_string(rule.severity)},
                    {"private", rule.helper},
                    {"techniques", texts(rule.techniques)},
                    {"tags", texts(rule.tags)},
                    {"description", prose(rule.description)},
                    {"author", prose(rule.author)},
                    {"license", prose(rule.license)},
                    {"reference", prose(rule.reference)}});
  }
  return Json{{"rules", std::move(list)}}.dump(2) + "\n";
}

std::string as_text(const std::vector<RuleInfo>& rules) {
  std::string text;
  std::string file;
  for (const RuleInfo& rule : rules) {
    if (text.empty() || rule.file != file) text += prose(rule.file) + "\n";
    file = rule.file;
    text.append("  ").append(safe_text(rule.identifier)).append("  ");
    text += rule.helper ? "private" : findings::to_string(rule.severity);
    if (!rule.techniques.empty()) text += "  " + joined(rule.techniques);
    if (!rule.tags.empty()) text += "  tags " + joined(rule.tags);
    if (!rule.description.empty()) text += "\n      " + prose(rule.description);
    text += "\n";
  }
  return text + std::to_string(rules.size()) + " rules\n";
}

struct Tally {
  std::size_t errors = 0;
  std::size_t warnings = 0;
};

Tally count(const std::vector<LintNote>& notes) {
  Tally tally;
  for (const LintNote& note : notes) ++(note.level == LintLevel::error ? tally.errors : tally.warnings);
  return tally;
}

std::string as_json(const std::vector<LintNote>& notes) {
  Json list = Json::array();
  for (const LintNote& note : notes) {
    Json json{{"level", name_of(note.level)}, {"file", prose(note.file)}};
    if (note.line != 0) json["line"] = note.line;
    if (!note.rule.empty()) json["rule"] = safe_text(note.rule);
    json["message"] = prose(note.message);
    list.push_back(std::move(json));
  }
  const Tally tally = count(notes);
  return Json{{"errors", tally.errors}, {"warnings", tally.warnings}, {"notes", std::move(list)}}.dump(2) +
         "\n";
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

/// `ask` puts the question, `code` makes the exit code of the answers.
template <class Ask, class Code>
int answer(const RulesFlags& flags, Ask ask, Code code) {
  config::Overrides overrides;
  overrides.rules = flags.rules;
  overrides.no_builtin_rules = flags.no_builtin_rules;
  auto config = config::load(flags.config, overrides);
  if (!config) return fail_configuration(config.error());
  util::log::configure(util::log::Level::error, config->log_format);
  // Nothing is scanned: no data directory is needed, and rules that do not compile are an answer.
  config->scan.spool = std::filesystem::temp_directory_path();
  config->scan.known_clean.use = scan::KnownCleanUse::off;
  config->scan.no_rules = scan::NoRules::accept;
  util::MemoryMetrics metrics;
  auto scanner = start_scanner(*config, metrics);
  if (!scanner) return fail(kCannotStart, scanner.error().message);
  const auto answers = ask(**scanner);
  if (!answers) return fail(kCouldNotJudge, "rules: " + answers.error().message);
  return print(flags.format == "json" ? as_json(*answers) : as_text(*answers), code(*answers));
}

int list(const RulesFlags& flags) {
  return answer(
      flags, [](scan::Service& scanner) { return scanner.list_rules(); },
      [](const std::vector<RuleInfo>&) { return kClean; });
}

int lint(const RulesFlags& flags) {
  return answer(
      flags, [](scan::Service& scanner) { return scanner.lint_rules(); },
      [](const std::vector<LintNote>& notes) { return notes.empty() ? kClean : kBlocked; });
}

void add_question(CLI::App& parent, const char* name, const char* help, int (*ask)(const RulesFlags&),
                  Action& action) {
  auto flags = std::make_shared<RulesFlags>();
  CLI::App* command = parent.add_subcommand(name, help);
  command->add_option("--config", flags->config, "Configuration file: rules")->type_name("FILE");
  command->add_option("--rules", flags->rules, "YARA file or directory beside the built-in rules; repeatable")
      ->type_name("PATH")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  command->add_flag("--no-builtin-rules", flags->no_builtin_rules,
                    "Use only the rules named by --rules or the file");
  command->add_option("--format", flags->format, "text (default) or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  command->callback([flags, ask, &action] { action = [flags, ask] { return ask(*flags); }; });
}

}  // namespace

void add_rules(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("rules", "List the rules, or say what is wrong with them");
  add_question(*command, "list", "Every rule in use, with what it says about itself", list, action);
  add_question(*command, "lint", "Compile errors, slow rules and missing metas", lint, action);
  command->footer(
      "Exit codes: 0 all is well, 1 lint has an error or a warning, 2 no answer, 64 and above: wrong usage "
      "or "
      "set-up.\n"
      "Examples:\n"
      "  portcullis rules list --format json\n"
      "  portcullis rules lint --no-builtin-rules --rules ./my-rules");
  command->callback([command, &action] {
    if (!command->get_subcommands().empty()) return;
    action = [] { return fail(kUsage, "rules: expected list or lint (see portcullis rules --help)"); };
  });
}

}  // namespace portcullis::cli
