// SPDX-License-Identifier: Apache-2.0
//
// What the forms of `portcullis rules` share.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "commands.hpp"
#include "portcullis/records/rule_settings.hpp"
#include "portcullis/scan/service.hpp"
#include "portcullis/util/metrics.hpp"

namespace portcullis::cli {

struct RulesFlags {
  std::string config;
  std::vector<std::string> rules;
  bool no_builtin_rules = false;
  std::string format = "text";
  std::string data;     ///< list, disable, override, restore
  std::string pack;     ///< test, bench: only these rules
  std::string samples;  ///< test
  std::string sample = "/usr/bin";
  std::string size = "64 MiB";
  unsigned seconds = 60;
  std::string rule;      ///< disable, override, restore: RULE or FILE:RULE
  std::string severity;  ///< override
  std::string reason;
  std::string author;
};

struct RulesForm {
  CLI::App* app;
  std::shared_ptr<RulesFlags> flags;
};

/// A subcommand of `parent` with the flags that say which rules.
RulesForm add_rules_form(CLI::App& parent, const char* name, const char* help, int (*run)(const RulesFlags&),
                         Action& action);

/// A scanner with the rules that the flags name, or the exit code of having said why there is none.
tl::expected<std::unique_ptr<scan::Service>, int> scanner_for(
    const RulesFlags& flags, util::Metrics& metrics, const std::vector<records::RuleSetting>& settings = {});

/// disable, override and restore.
void add_rule_changes(CLI::App& parent, Action& action);

}  // namespace portcullis::cli
