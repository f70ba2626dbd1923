// SPDX-License-Identifier: Apache-2.0
#include "support/dockerd.hpp"

#include <stdexcept>

#include "support/temp_dir.hpp"
#include "support/wait.hpp"

namespace portcullis::test {

Dockerd::Dockerd(const std::filesystem::path& directory, std::uint16_t mirror_port, DockerdOptions options)
    : directory_(directory), options_(std::move(options)) {
  std::filesystem::create_directories(directory_);
  // A configuration of its own even when empty, so that the one of the machine is not read.
  write_file(directory_ / "daemon.json",
             options_.containerd_store ? R"({"features": {"containerd-snapshotter": true}})" : "{}");
  auto argv = options_.prefix;
  // These drivers need nothing of the file system below; the images are tiny.
  const std::string driver = options_.containerd_store ? "native" : "vfs";
  const std::string mirror = options_.scheme + "://127.0.0.1:" + std::to_string(mirror_port);
  for (const std::string& word :
       {std::string("dockerd"), std::string("--config-file"), (directory_ / "daemon.json").string(),
        std::string("--data-root"), (directory_ / "d").string(), std::string("--exec-root"),
        (directory_ / "x").string(), std::string("--pidfile"), (directory_ / "p").string(),
        std::string("--host"), socket(), "--storage-driver=" + driver, std::string("--iptables=false"),
        std::string("--ip6tables=false"), std::string("--bridge=none"), "--registry-mirror=" + mirror}) {
    argv.push_back(word);
  }
  process_.emplace(
      Command{.argv = std::move(argv), .out_file = directory_ / "log", .err_file = directory_ / "log"});
  const bool up = wait_until([&] { return !process_->running() || docker({"version"}).exit_code == 0; },
                             std::chrono::seconds(60));
  if (!up || !process_->running()) throw std::runtime_error("dockerd did not start: " + log());
}

Dockerd::~Dockerd() = default;

RunResult Dockerd::docker(std::vector<std::string> arguments, std::chrono::milliseconds timeout) const {
  auto argv = options_.prefix;
  argv.insert(argv.end(), {"docker", "--host", socket()});
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
