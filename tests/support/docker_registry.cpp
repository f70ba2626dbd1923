// SPDX-License-Identifier: Apache-2.0
#include "support/docker_registry.hpp"

#include <sstream>
#include <stdexcept>

#include "support/http_get.hpp"
#include "support/ports.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

namespace portcullis::test {
namespace {

std::string tls_settings(const std::optional<RegistryTls>& tls) {
  if (!tls) return {};
  return ", tls: {certificate: " + tls->certificate.string() + ", key: " + tls->key.string() + "}";
}

bool http_answers(std::uint16_t port, const std::string& target, int status) {
  try {
    return http_get(port, target).status == status;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

DockerRegistry::DockerRegistry(const std::filesystem::path& directory, std::optional<RegistryTls> tls)
    : directory_(directory), tls_(std::move(tls)), port_(tls_ ? tls_->port : free_port()) {
  std::filesystem::create_directories(directory_ / "storage");
  configure();
  start();
}

void DockerRegistry::configure() const {
  const std::string login =
      login_ ? "auth: {htpasswd: {realm: test, path: " + (directory_ / "htpasswd").string() + "}}\n" : "";
  write_file(directory_ / "config.yml",
             "version: 0.1\n"
             "log: {level: warn, accesslog: {disabled: false}}\n"
             "storage: {filesystem: {rootdirectory: " +
                 (directory_ / "storage").string() +
                 "}, delete: {enabled: true}}\n"
                 "http: {addr: '" +
                 address() + "'" + tls_settings(tls_) + "}\n" + login);
}

void DockerRegistry::ask_for_login(const std::string& users) {
  stop();
  write_file(directory_ / "htpasswd", users);
  login_ = true;
  configure();
  start();
}

void DockerRegistry::start() {
  process_.emplace(Command{.argv = {"docker-registry", "serve", (directory_ / "config.yml").string()},
                           .env = {{"OTEL_TRACES_EXPORTER", "none"}},
                           .out_file = directory_ / "log",
                           .err_file = directory_ / "log"});
  const bool up = wait_until([&] { return !process_->running() || answers(); });
  if (!up || !process_->running()) throw std::runtime_error("docker-registry did not start: " + log());
}

bool DockerRegistry::answers() const {
  if (!tls_) return http_answers(port_, "/v2/", login_ ? 401 : 200);
  return run({"curl", "--silent", "--fail", "--insecure", url() + "/v2/"}).exit_code == 0;
}

void DockerRegistry::stop() { process_.reset(); }

std::size_t DockerRegistry::requests(std::string_view method, std::string_view path_part) const {
  // Combined log format: ... "GET /v2/library/x/blobs/sha256:... HTTP/1.1" 200 ...
  std::string start = "\"";
  start.append(method).append(" ");
  std::size_t count = 0;
  std::istringstream lines(log());
  for (std::string line; std::getline(lines, line);) {
    const auto at = line.find(start);
    if (at == std::string::npos) continue;
    const auto path = line.substr(at + start.size(), line.find(" HTTP/", at) - at - start.size());
    if (path.find(path_part) != std::string::npos) ++count;
  }
  return count;
}

void DockerRegistry::clear_log() { log_start_ = slurp(directory_ / "log").size(); }

std::string DockerRegistry::log() const { return slurp(directory_ / "log").substr(log_start_); }

std::filesystem::path DockerRegistry::blob_file(const oci::Digest& digest) const {
  const std::string hex(digest.hex());
  return directory_ / "storage/docker/registry/v2/blobs/sha256" / hex.substr(0, 2) / hex / "data";
}

}  // namespace portcullis::test
