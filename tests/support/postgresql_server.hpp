// SPDX-License-Identifier: Apache-2.0
//
// A real PostgreSQL of the test's own, on a loopback port, with a password. It does not sync its
// files: what is tested here is how we use it, not whether it survives a power cut.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::test {

class PostgresqlServer {
 public:
  /// Is it installed, and may we run it? It refuses to run as root: then its user `postgres` is needed.
  static bool available();

  PostgresqlServer();
  ~PostgresqlServer();

  void start();
  /// As `pg_ctl stop -m fast`: clients lose their connections.
  void stop();
  /// Of the first server process, for signals.
  pid_t pid() const { return process_->pid(); }
  std::uint16_t port() const { return port_; }

  /// postgresql://portcullis@127.0.0.1:PORT/DATABASE
  std::string url(const std::string& database) const;
  static std::string password() { return "correct horse"; }
  /// Runs one statement with psql in `database`; its rows, one a line. Throws when it fails.
  std::string sql(const std::string& database, const std::string& statement) const;

 private:
  TempDir dir_;
  std::uint16_t port_;
  std::optional<Process> process_;
};

}  // namespace portcullis::test
