// SPDX-License-Identifier: Apache-2.0
#include "server_records.hpp"

#include <utility>

#include "exit_code.hpp"

namespace portcullis::cli {

void add_server_flags(CLI::App& command, ServerFlags& flags) {
  command.add_option("--config", flags.config, "Configuration file of the server")->type_name("FILE");
  command.add_option("--data", flags.data, "Data directory of the server, default ./data")->type_name("DIR");
}

tl::expected<ServerRecords, int> open_server_records(const ServerFlags& flags, records::OpenMode mode) {
  config::Overrides overrides;
  if (!flags.data.empty()) overrides.data = flags.data;
  auto config = config::load(flags.config, overrides);
  if (!config) return tl::unexpected(fail_configuration(config.error()));
  auto records = records::open(config->database(), {.mode = mode, .password = config->records.password});
  if (!records) return tl::unexpected(fail(kCouldNotJudge, records.error().message));
  return ServerRecords{*std::move(config), *std::move(records)};
}

}  // namespace portcullis::cli
