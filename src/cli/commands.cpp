// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

#include <cstdio>
#include <exception>

#include "exit_code.hpp"

namespace portcullis::cli {

int run(int argc, const char* const* argv, const std::string& version) {
  try {
    CLI::App app("Portcullis scans container images before they are pulled: a proxy that serves or blocks.",
                 "portcullis");
    app.set_version_flag("--version", "portcullis " + version);
    app.require_subcommand(0, 1);
    app.footer(
        "Exit codes: 0 clean, 1 blocked, 2 could not judge, 64 and above: wrong usage or set-up.\n"
        "`portcullis COMMAND --help` shows flags and examples.");
    Action action;
    add_serve(app, action);
    add_scan(app, action);
    add_events(app, action);
    add_search(app, action);
    add_check_name(app, action);
    add_doctor(app, action);
    add_rules(app, action);
    add_client_config(app, action);
    add_prefetch(app, action);
    add_cache(app, action);
    add_waive(app, action);
    add_token(app, action);
    add_policy(app, action);
    try {
      app.parse(argc, argv);
    } catch (const CLI::Success& asked_for_help_or_version) {
      return app.exit(asked_for_help_or_version);
    } catch (const CLI::ParseError& error) {
      return fail(kUsage, std::string(error.what()) + " (see portcullis --help)");
    }
    if (!action) {
      return fail(kUsage,
                  "expected a command: serve, scan, events, search, doctor, rules, client-config, prefetch, "
                  "cache, waive, token or policy (see portcullis --help)");
    }
    return action();
  } catch (const std::exception& error) {
    return fail(kCouldNotJudge, std::string("unexpected: ") + error.what());
  }
}

}  // namespace portcullis::cli
