// SPDX-License-Identifier: Apache-2.0
#include "support/portcullis_server.hpp"

#include <csignal>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "support/http_get.hpp"
#include "support/ports.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

namespace portcullis::test {
namespace {

/// The directory of the test program has the programs of the same build in `../bin`.
std::filesystem::path bin_directory() {
  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  return self.parent_path().parent_path() / "bin";
}

}  // namespace

std::string program(std::string_view name) {
  const auto path = bin_directory() / name;
  if (!std::filesystem::exists(path)) throw std::runtime_error("not built: " + path.string());
  return path.string();
}

RunResult portcullis(const std::vector<std::string>& arguments, std::chrono::milliseconds timeout) {
  Command command{.argv = {program("portcullis")}};
  for (const auto& argument : arguments) command.argv.push_back(argument);
  return run(command, timeout);
}

PortcullisServer::PortcullisServer(Options options)
    : options_(std::move(options)), port_(free_port()), admin_port_(free_port()) {
  std::filesystem::create_directories(options_.directory);
  if (!options_.config.empty()) write_file(options_.directory / "portcullis.toml", options_.config);
  start();
}

PortcullisServer::~PortcullisServer() = default;

void PortcullisServer::start() {
  const auto log_file = options_.directory / "log";
  Command command{.cwd = options_.directory, .out_file = log_file, .err_file = log_file};
  command.argv = {program("portcullis"), "serve"};
  const auto add = [&](const char* flag, std::string value) {
    command.argv.emplace_back(flag);
    command.argv.push_back(std::move(value));
  };
  add("--listen", address());
  add("--admin-listen", "127.0.0.1:" + std::to_string(admin_port_));
  add("--data", data().string());
  if (!options_.config.empty()) add("--config", (options_.directory / "portcullis.toml").string());
  for (const auto& upstream : options_.upstreams) add("--upstream", upstream);
  for (const auto& flag : options_.flags) command.argv.push_back(flag);
  process_.emplace(command);
  const bool up = wait_until([&] { return !process_->running() || http_ok(admin_port_, "/readyz"); });
  if (!up || !process_->running()) throw std::runtime_error("portcullis serve is not ready: " + log());
}

bool PortcullisServer::stop() {
  process_->signal(SIGTERM);
  const auto exit_code = process_->wait_for(std::chrono::seconds(10));
  process_.reset();
  return exit_code == 0;
}

std::string PortcullisServer::log() const { return slurp(options_.directory / "log"); }

double PortcullisServer::metric(std::string_view name, std::string_view labels) const {
  double sum = 0;
  std::istringstream lines(http_get(admin_port_, "/metrics").body);
  for (std::string line; std::getline(lines, line);) {
    const auto end = line.find_first_of("{ ");
    if (std::string_view(line).substr(0, end) != name) continue;
    if (line.find(labels) == std::string::npos) continue;
    sum += std::strtod(line.c_str() + line.rfind(' '), nullptr);
  }
  return sum;
}

std::string PortcullisServer::events() const {
  return run_ok({.argv = {program("portcullis"), "events", "--data", data().string(), "--format", "json"}})
      .out;
}

std::size_t PortcullisServer::visible_blobs() const {
  const auto directory = data() / "blobs" / "sha256";
  if (!std::filesystem::exists(directory)) return 0;
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) ++count;
  }
  return count;
}

bool PortcullisServer::has_blob(std::string_view hex) const {
  return std::filesystem::exists(data() / "blobs" / "sha256" / hex.substr(0, 2) / hex);
}

std::size_t PortcullisServer::peak_rss_kib() const {
  std::istringstream lines(slurp("/proc/" + std::to_string(process_->pid()) + "/status"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6));
  }
  throw std::runtime_error("no VmHWM of the server");
}

}  // namespace portcullis::test
