// SPDX-License-Identifier: Apache-2.0
#include "support/postgresql_server.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <vector>

#include "support/ports.hpp"
#include "support/require.hpp"
#include "support/wait.hpp"

namespace portcullis::test {
namespace {

namespace fs = std::filesystem;

/// The newest one that is installed; empty when none is.
fs::path programs() {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", none)) {
    if (fs::exists(version.path() / "bin/postgres")) found.push_back(version.path() / "bin");
  }
  std::sort(found.begin(), found.end());
  return found.empty() ? fs::path() : found.back();
}

/// As root: as the user `postgres`, and ended with us all the same.
std::vector<std::string> unprivileged(std::vector<std::string> argv) {
  if (!have_root()) return argv;
  std::vector<std::string> all = {"setpriv",       "--reuid=postgres", "--regid=postgres",
                                  "--init-groups", "--pdeathsig=KILL", "--"};
  all.insert(all.end(), argv.begin(), argv.end());
  return all;
}

}  // namespace

bool PostgresqlServer::available() {
  return !programs().empty() && have_tool("psql") &&
         (!have_root() || (getpwnam("postgres") != nullptr && have_tool("setpriv")));
}

PostgresqlServer::PostgresqlServer() : port_(free_port()) {
  const auto data = dir_ / "data";
  fs::create_directory(data);
  dir_.write("password", password());
  if (have_root()) {
    const passwd* user = getpwnam("postgres");
    fs::permissions(dir_.path(), fs::perms(0755));
    if (chown(data.c_str(), user->pw_uid, user->pw_gid) != 0)
      throw std::runtime_error("chown " + data.string());
  }
  fs::permissions(dir_ / "password", fs::perms(0644));
  run_ok({.argv = unprivileged({(programs() / "initdb").string(), "-D", data.string(), "-U", "portcullis",
                                "--auth=scram-sha-256", "--pwfile=" + (dir_ / "password").string(),
                                "--no-sync", "--locale=C.UTF-8", "--encoding=UTF8"}),
          .env = {{"TZ", "UTC"}},
          .cwd = "/"});
  start();
}

PostgresqlServer::~PostgresqlServer() {
  if (process_) stop();
}

void PostgresqlServer::start() {
  const auto data = (dir_ / "data").string();
  process_.emplace(Command{
      .argv =
          unprivileged({(programs() / "postgres").string(), "-D", data, "-c", "listen_addresses=127.0.0.1",
                        "-c", "port=" + std::to_string(port_), "-c", "unix_socket_directories=", "-c",
                        "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=60"}),
      .cwd = "/",
      .out_file = dir_ / "log",
      .err_file = dir_ / "log"});
  const bool up = wait_until([&] {
    return !process_->running() ||
           run(Command{.argv = {(programs() / "pg_isready").string(), "-q", "-d", url("postgres")}})
                   .exit_code == 0;
  });
  if (!up || !process_->running())
    throw std::runtime_error("PostgreSQL did not start: " + slurp(dir_ / "log"));
}

void PostgresqlServer::stop() {
  process_->signal(SIGINT);
  if (!process_->wait_for(std::chrono::seconds(20))) process_->terminate();
  process_.reset();
}

std::string PostgresqlServer::url(const std::string& database) const {
  return "postgresql://portcullis@127.0.0.1:" + std::to_string(port_) + '/' + database;
}

std::string PostgresqlServer::sql(const std::string& database, const std::string& statement) const {
  return run_ok({.argv = {"psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement,
                          url(database)},
                 .env = {{"PGPASSWORD", password()}}})
      .out;
}

}  // namespace portcullis::test
