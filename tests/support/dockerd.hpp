// SPDX-License-Identifier: Apache-2.0
//
// A real docker daemon with a registry mirror. Needs root, docker and dockerd.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace portcullis::test {

struct DockerdOptions {
  std::string scheme = "http";  ///< how it speaks to the mirror
  std::vector<std::string> prefix =
      {};                         ///< put before the command line of dockerd and docker, such as chroot
  bool containerd_store = false;  ///< docker's containerd image store instead of the classic one
};

/// Started by the constructor, ended (with the containerd it started) by the destructor. Its images
/// live in `directory`, which must be short: docker puts unix sockets below it.
class Dockerd {
 public:
  Dockerd(const std::filesystem::path& directory, std::uint16_t mirror_port, DockerdOptions options = {});
  ~Dockerd();

  /// `docker <arguments>` against this daemon.
  RunResult docker(std::vector<std::string> arguments,
                   std::chrono::milliseconds timeout = std::chrono::seconds(60)) const;
  /// `docker pull <reference>`, quietly.
  RunResult pull(const std::string& reference) const { return docker({"pull", "-q", reference}); }
  /// The image id (`sha256:...`), or empty when the daemon does not have the image.
  std::string image_id(const std::string& reference) const;
  std::string log() const;

 private:
  std::string socket() const { return "unix://" + (directory_ / "s").string(); }

  std::filesystem::path directory_;
  DockerdOptions options_;
  std::optional<Process> process_;
};

}  // namespace portcullis::test
