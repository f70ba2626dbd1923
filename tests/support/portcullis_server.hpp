// SPDX-License-Identifier: Apache-2.0
//
// `portcullis serve` as a user would start it, on free loopback ports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/process.hpp"

namespace portcullis::test {

/// Path of a program of this build, such as "portcullis".
std::string program(std::string_view name);

/// Runs `portcullis <arguments>` to its end.
RunResult portcullis(const std::vector<std::string>& arguments,
                     std::chrono::milliseconds timeout = std::chrono::seconds(60));

class PortcullisServer {
 public:
  struct Options {
    std::filesystem::path directory;          ///< data, log and configuration go below it
    std::vector<std::string> upstreams = {};  ///< NAME=URL, the first is the default route
    std::vector<std::string> flags = {};
    std::string config = {};  ///< TOML; written to a file and passed when not empty
  };

  /// Ready to serve when it returns; throws with the log when that does not happen.
  explicit PortcullisServer(Options options);
  ~PortcullisServer();

  std::uint16_t port() const { return port_; }
  std::uint16_t admin_port() const { return admin_port_; }
  /// `127.0.0.1:PORT`
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::filesystem::path data() const { return options_.directory / "data"; }
  Process& process() { return *process_; }

  /// SIGTERM. True when it ended by itself within the promised ten seconds, with exit code 0.
  bool stop();
  /// Again with the same data and ports.
  void start();

  std::string log() const;
  /// Sum of the samples of this name whose label part contains `labels` (`outcome="complete"`).
  double metric(std::string_view name, std::string_view labels = "") const;
  /// What `portcullis events --data DIR --format json` prints.
  std::string events() const;
  /// Files below data/blobs/sha256: what the store shows to anyone.
  std::size_t visible_blobs() const;
  bool has_blob(std::string_view hex) const;
  /// Most memory the server process ever held (VmHWM), in KiB.
  std::size_t peak_rss_kib() const;

 private:
  Options options_;
  std::uint16_t port_;
  std::uint16_t admin_port_;
  std::optional<Process> process_;
};

}  // namespace portcullis::test
