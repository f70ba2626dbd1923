// SPDX-License-Identifier: Apache-2.0
//
// What the configuration files of container clients say about where images come from. Only what decides
// whether a refusal holds is read; everything else in them is left to their owners.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/util/result.hpp"

namespace portcullis::config {

/// certs.d/<registry>/hosts.toml of containerd, and of docker with the containerd store.
struct HostsFile {
  struct Host {
    std::string url;
    std::vector<std::string> capabilities;  ///< empty: all
  };
  std::string server;  ///< empty when it is not set: then the registry itself
  std::vector<Host> hosts;
};

/// A [[registry]] of registries.conf (podman, skopeo, CRI-O).
struct RegistryEntry {
  std::string prefix;    ///< of image names; the location when it is not set
  std::string location;  ///< where they come from; the prefix when it is not set
  std::vector<std::string> mirrors;
};

/// Errors: absent when there is no such file, invalid when it is no TOML, io.
util::Result<HostsFile> read_hosts_file(const std::filesystem::path& file);
util::Result<std::vector<RegistryEntry>> read_registries_file(const std::filesystem::path& file);
/// Registries under the old `registry.mirrors` of containerd's CRI plugin, which always adds the origin.
util::Result<std::vector<std::string>> read_containerd_mirrors(const std::filesystem::path& file);

}  // namespace portcullis::config
