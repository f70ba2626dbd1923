// SPDX-License-Identifier: Apache-2.0
#include "start.hpp"

#include <csignal>
#include <cstdio>
#include <string>

#include "portcullis/sandbox/sandbox.hpp"
#include "question.hpp"
#include "warm_up.hpp"
#include "worker.hpp"

namespace portcullis::scanner {
namespace {

using util::Result;

int fatal(scan::Channel& control, const std::string& message) {
  (void)control.send(scan::encode(scan::Fatal{message}));
  return 1;
}

Result<void> tell_set_aside(scan::Channel& control, const std::vector<engine::SetAside>& files) {
  for (const auto& file : files) {
    if (auto told = control.send(scan::encode(scan::SetAside{file.file, file.message})); !told) return told;
  }
  return {};
}

std::string no_rules(const std::vector<engine::SetAside>& set_aside) {
  if (set_aside.empty()) return "no rules: the given paths hold no *.yar or *.yara file";
  return "no rules: none of " + std::to_string(set_aside.size()) + " rule files can be used; the first is " +
         set_aside.front().file + ": " + set_aside.front().message;
}

}  // namespace

int run(const scan::RuleOptions& options, std::string_view version) {
  std::signal(SIGPIPE, SIG_IGN);
  scan::Channel control{util::UniqueFd(scan::kControlFd)};
  warm_up();

  auto files = engine::read_rule_files(options.rules);
  if (!files) return fatal(control, files.error().message);
  auto rules = engine::compile(files->files, options.adjustments);
  if (!rules) return fatal(control, rules.error().message);
  std::vector<engine::SetAside> set_aside = std::move(files->set_aside);
  set_aside.insert(set_aside.end(), (*rules)->set_aside().begin(), (*rules)->set_aside().end());
  if ((*rules)->rule_count() == 0 && options.no_rules == scan::NoRules::refuse) {
    return fatal(control, (*rules)->file_count() > 0
                              ? "no rules: all of them are disabled, or the files are empty"
                              : no_rules(set_aside));
  }
  // Who only asks about rules may ask for a bench; the workers of a server do not inherit the texts.
  RuleTexts texts;
  if (options.no_rules == scan::NoRules::accept) texts = {std::move(files->files), options.adjustments};
  *files = {};

  scan::Ready ready;
  ready.rules = (*rules)->rule_count();
  ready.files = (*rules)->file_count();
  ready.rule_hash = (*rules)->hash();
  ready.version = version;
  ready.protections = sandbox::protections();
  ready.modules = engine::modules();
  ready.idle_patterns = (*rules)->idle_patterns();
  auto told = tell_set_aside(control, set_aside);
  if (told) told = control.send(scan::encode(ready));
  if (told) {
    told = serve(control, [&](const scan::JobRequest& request, const WorkerDescriptors& at) {
      if (request.kind == scan::JobKind::archive) return run_archive_question(request, at);
      if (request.kind == scan::JobKind::rules && request.question == scan::RulesQuestion::bench) {
        return run_bench_question(texts, request, at);
      }
      if (request.kind == scan::JobKind::rules) return run_rules_question(**rules, set_aside, request, at);
      return run_worker(**rules, version, request, at);
    });
  }
  if (told) return 0;
  std::fprintf(stderr, "portcullis-scanner: %s\n", told.error().message.c_str());
  return 1;
}

}  // namespace portcullis::scanner
