// SPDX-License-Identifier: Apache-2.0
//
// The records of a server, for commands that work beside it.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "portcullis/config/config.hpp"
#include "portcullis/records/records.hpp"

namespace portcullis::cli {

struct ServerFlags {
  std::string config;
  std::string data;
};

/// --config and --data.
void add_server_flags(CLI::App& command, ServerFlags& flags);

struct ServerRecords {
  config::Config config;
  std::unique_ptr<records::Records> records;
};

/// Never creates a database: a command that names the wrong directory must say so. On a failure it has
/// said on stderr what is wrong, and gives the exit code.
tl::expected<ServerRecords, int> open_server_records(const ServerFlags& flags, records::OpenMode mode);

}  // namespace portcullis::cli
