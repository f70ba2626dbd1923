// SPDX-License-Identifier: Apache-2.0
//
// The command line: a file per command, each of which adds its subcommand here.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace portcullis::cli {

/// What the chosen subcommand does; gives the exit code.
using Action = std::function<int()>;

/// Each declares flags and help, and sets `action` when its subcommand is the one on the line.
void add_serve(CLI::App& app, Action& action);
void add_scan(CLI::App& app, Action& action);
void add_events(CLI::App& app, Action& action);
void add_doctor(CLI::App& app, Action& action);
void add_rules(CLI::App& app, Action& action);
void add_client_config(CLI::App& app, Action& action);
void add_prefetch(CLI::App& app, Action& action);
void add_cache(CLI::App& app, Action& action);
void add_waive(CLI::App& app, Action& action);
void add_token(CLI::App& app, Action& action);
void add_search(CLI::App& app, Action& action);
void add_policy(CLI::App& app, Action& action);
void add_check_name(CLI::App& app, Action& action);

/// The whole program. Never throws.
int run(int argc, const char* const* argv, const std::string& version);

}  // namespace portcullis::cli
