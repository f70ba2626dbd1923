// SPDX-License-Identifier: Apache-2.0
#include "support/dockerd.hpp"

#include <stdexcept>

#include "support/temp_dir.hpp"
#include "support/wait.hpp"

namespace portcullis::test {

Dockerd::Dockerd(const std::filesystem::path& directory, std::uint16_t mirror_port, const std::string& scheme)
    : directory_(directory) {
  std::filesystem::create_directories(directory_);
  // vfs needs nothing of the file system below; the images are tiny.
  process_.emplace(Command{
      .argv = {"dockerd", "--data-root", (directory_ / "d").string(), "--exec-root",
               (directory_ / "x").string(), "--pidfile", (directory_ / "p").string(), "--host", socket(),
               "--storage-driver", "vfs", "--iptables=false", "--ip6tables=false", "--bridge=none",
               "--registry-mirror", scheme + "://127.0.0.1:" + std::to_string(mirror_port)},
      .out_file = directory_ / "log",
      .err_file = directory_ / "log"});
  const bool up = wait_until([&] { return !process_->running() || docker({"version"}).exit_code == 0; },
                             std::chrono::seconds(60));
  if (!up || !process_->running()) throw std::runtime_error("dockerd did not start: " + log());
}

Dockerd::~Dockerd() = default;

RunResult Dockerd::docker(std::vector<std::string> arguments, std::chrono::milliseconds timeout) const {
  std::vector<std::string> argv = {"docker", "--host", socket()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  // Nothing from the home directory of whoever runs the test: no contexts, no credentials.
  return run(Command{.argv = argv, .env = {{"DOCKER_CONFIG", (directory_ / "c").string()}}}, timeout);
}

std::string Dockerd::image_id(const std::string& reference) const {
  auto id = docker({"images", "--no-trunc", "--quiet", reference}).out;
  while (id.ends_with('\n')) id.pop_back();
  return id;
}

std::string Dockerd::log() const { return slurp(directory_ / "log"); }

}  // namespace portcullis::test
