// SPDX-License-Identifier: Apache-2.0
//
// portcullis check-name: is one of these names a squat of another? Nothing is contacted.
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "exit_code.hpp"
#include "image_names.hpp"
#include "portcullis/naming/name_index.hpp"
#include "portcullis/policy/explanation.hpp"
#include "portcullis/util/files.hpp"
#include "portcullis/util/safe_text.hpp"
#include "stack.hpp"

namespace portcullis::cli {
namespace {

using Json = nlohmann::ordered_json;
using findings::LetterEdit;
using findings::NameVerdict;
using util::safe_text;

constexpr std::size_t kProseLimit = 1000;
constexpr std::string_view kSection = "names.";  // in front of the keys of settings

struct CheckNameFlags {
  std::vector<std::string> references;
  std::vector<std::string> lists;
  std::vector<std::string> files;
  naming::Options names;
  std::string config;
  std::string format = "text";
};

enum class Answer { allow, warn, block, error };

const char* to_string(Answer answer) {
  constexpr const char* kNames[] = {"allow", "warn", "block", "error"};
  return kNames[static_cast<std::size_t>(answer)];
}

/// One name and what there is to say about it. Its text is raw.
struct Checked {
  std::string input;
  std::string file = {};  ///< empty when it stood on the command line
  std::size_t line = 0;
  Answer answer = Answer::error;
  std::string canonical = {};
  std::string problem = {};  ///< why there is no answer
  std::vector<NameVerdict> verdicts = {};
};

struct Results {
  policy::NameSettings settings = {};
  std::vector<Checked> names = {};
  std::vector<Checked> skipped = {};
};

Answer answer_of(findings::Action action) {
  if (action == findings::Action::allow) return Answer::allow;
  return action == findings::Action::warn ? Answer::warn : Answer::block;
}

/// As long as nothing but the name is known: without a second signal.
void check(const naming::NameIndex& index, const policy::NameSettings& settings, Checked& name) {
  if (const auto reference = oci::Reference::parse(name.input)) {
    name.canonical = reference->canonical();
    name.verdicts = index.judge(*reference);
  } else {
    name.verdicts = index.judge_look_alike(name.input);
    name.problem = reference.error().message;
    if (name.verdicts.empty()) return;
  }
  name.answer = Answer::allow;
  for (const auto& verdict : name.verdicts) {
    name.answer = std::max(name.answer, answer_of(policy::asked_by_name(settings, verdict)));
  }
}

std::string place(const Checked& name) {
  return name.file.empty() ? "" : "  (" + safe_text(name.file) + ":" + std::to_string(name.line) + ")";
}

std::size_t count(const Results& results, Answer answer) {
  return static_cast<std::size_t>(std::ranges::count(results.names, answer, &Checked::answer));
}

std::string as_text(const Results& results) {
  std::string text;
  for (const Checked& name : results.names) {
    std::string answer = to_string(name.answer);
    answer.resize(7, ' ');
    text += answer + safe_text(name.input) + place(name) + "\n";
    for (const auto& verdict : name.verdicts) text += "         " + verdict.text + "\n";
    if (!name.problem.empty()) text += "         " + safe_text(name.problem, kProseLimit) + "\n";
  }
  for (const Checked& name : results.skipped) {
    text += "skipped " + safe_text(name.input) + place(name) +
            "\n         a template or a variable without a value; nothing can be told of it\n";
  }
  return text + std::to_string(results.names.size()) +
         " names: " + std::to_string(count(results, Answer::block)) + " blocked, " +
         std::to_string(count(results, Answer::warn)) + " warned, " +
         std::to_string(count(results, Answer::error)) + " without an answer, " +
         std::to_string(results.skipped.size()) + " skipped\n";
}

Json to_json(const std::vector<LetterEdit>& letters) {
  Json list = Json::array();
  for (const auto& letter : letters) {
    list.push_back({{"kind", findings::to_string(letter.kind)},
                    {"seen", safe_text(letter.seen)},
                    {"expected", safe_text(letter.expected)}});
  }
  return list;
}

Json to_json(const NameVerdict& verdict) {
  return {{"component", verdict.component},
          {"operation", verdict.operation},
          {"subject", verdict.subject},
          {"target", verdict.target},
          {"score", verdict.score},
          {"severity", findings::to_string(verdict.severity)},
          {"effect", findings::to_string(verdict.effect)},
          {"suggestion", verdict.suggestion},
          {"text", verdict.text},
          {"letters", to_json(verdict.letters)}};
}

Json to_json(const Checked& name) {
  Json json{{"input", safe_text(name.input, kProseLimit)}};
  if (!name.file.empty()) json.update({{"file", safe_text(name.file, kProseLimit)}, {"line", name.line}});
  return json;
}

std::string as_json(const Results& results) {
  Json names = Json::array();
  for (const Checked& name : results.names) {
    Json json = to_json(name);
    json["action"] = to_string(name.answer);
    if (!name.canonical.empty()) json["reference"] = safe_text(name.canonical, kProseLimit);
    if (!name.problem.empty()) json["problem"] = safe_text(name.problem, kProseLimit);
    json["verdicts"] = Json::array();
    for (const auto& verdict : name.verdicts) json["verdicts"].push_back(to_json(verdict));
    names.push_back(std::move(json));
  }
  Json skipped = Json::array();
  for (const Checked& name : results.skipped) skipped.push_back(to_json(name));
  Json settings = Json::object();
  for (const auto& setting : policy::in_words(results.settings)) {
    settings[setting.key.substr(kSection.size())] = setting.value;
  }
  return Json{{"schema", "portcullis.check-name/1"},
              {"settings", settings},
              {"names", names},
              {"skipped", skipped}}
             .dump(2) +
         "\n";
}

enum class FileKind { list, images };

util::Result<void> collect(const std::string& path, FileKind kind, Results& results) {
  const auto content = util::read_file(path, kMaxImageFileBytes);
  if (!content) return tl::unexpected(content.error());
  auto found = kind == FileKind::list ? util::Result<ImageNames>(listed_images(*content))
                                      : image_names_of(path, *content);
  if (!found) return util::fail(path, found.error());
  const auto add = [&](std::vector<ImageName>& from, std::vector<Checked>& to) {
    for (auto& name : from) to.push_back({.input = std::move(name.text), .file = path, .line = name.line});
  };
  add(found->names, results.names);
  add(found->skipped, results.skipped);
  return {};
}

int check_names(const CheckNameFlags& flags) {
  if (flags.references.empty() && flags.lists.empty() && flags.files.empty()) {
    return fail(kUsage,
                "check-name: expected a reference, --file LIST or --from FILE (e.g. portcullis check-name "
                "nginx:1.27)");
  }
  Results results;
  for (const auto& reference : flags.references) results.names.push_back({.input = reference});
  for (const auto& path : flags.lists) {
    if (auto read = collect(path, FileKind::list, results); !read) {
      return fail(kCouldNotJudge, "--file: " + read.error().message);
    }
  }
  for (const auto& path : flags.files) {
    if (auto read = collect(path, FileKind::images, results); !read) {
      return fail(kCouldNotJudge, "--from: " + read.error().message);
    }
  }
  config::PolicyFile settings;
  if (!flags.config.empty()) {
    auto read = config::load_policy(flags.config);
    if (!read) return fail_configuration(read.error());
    settings = *std::move(read);
  }
  const auto add = [](std::vector<std::string>& to, const std::vector<std::string>& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  add(settings.names.protect, flags.names.protect);
  add(settings.names.allow, flags.names.allow);
  add(settings.names.deny, flags.names.deny);
  const auto index = load_names(settings);
  if (!index) {
    return fail(index.error().kind == util::ErrorKind::invalid ? kUsage : kCannotStart,
                index.error().message);
  }
  results.settings = settings.policy.names;
  for (Checked& name : results.names) check(**index, results.settings, name);

  const ExitCode code = count(results, Answer::block) != 0   ? kBlocked
                        : count(results, Answer::error) != 0 ? kCouldNotJudge
                                                             : kClean;
  return print(flags.format == "json" ? as_json(results) : as_text(results), code);
}

}  // namespace

void add_check_name(CLI::App& app, Action& action) {
  auto flags = std::make_shared<CheckNameFlags>();
  CLI::App* command =
      app.add_subcommand("check-name", "Say whether image names imitate others; asks no registry");
  command->add_option("REF", flags->references, "Image references, as one would pull them");
  const auto repeatable = [&](const char* name, std::vector<std::string>& values, const char* help,
                              const char* type) {
    command->add_option(name, values, help)
        ->type_name(type)
        ->expected(1)
        ->take_all()
        ->allow_extra_args(false);
  };
  repeatable("--file", flags->lists, "A list, one reference a line; repeatable", "LIST");
  repeatable(
      "--from", flags->files,
      "A Dockerfile, or by the ending .yaml, .yml or .json a compose file, Kubernetes manifest or Helm "
      "values; repeatable",
      "FILE");
  repeatable("--protect", flags->names.protect, "One more name worth imitating: corp/app, corp/*; repeatable",
             "NAME");
  repeatable("--allow", flags->names.allow, "Never suspect host/repository like this; repeatable", "GLOB");
  repeatable("--deny", flags->names.deny, "Always block host/repository like this; repeatable", "GLOB");
  command
      ->add_option("--config", flags->config,
                   "Configuration file: what its [names] protects, allows, denies and asks for")
      ->type_name("FILE");
  command->add_option("--format", flags->format, "text (default) or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  command->footer(
      "Exit codes: 0 nothing blocks, 1 a name blocks, 2 a name or file could not be read, 64 and above: "
      "wrong\n"
      "usage or set-up.\n"
      "Examples:\n"
      "  portcullis check-name ghrc.io/owner/app ngnix:1.27\n"
      "  portcullis check-name --from Dockerfile --from compose.yaml\n"
      "  portcullis check-name --config portcullis.toml corp/app:2\n"
      "  portcullis check-name --format json --file images.txt --protect 'corp/*'");
  command->callback([flags, &action] { action = [flags] { return check_names(*flags); }; });
}

}  // namespace portcullis::cli
