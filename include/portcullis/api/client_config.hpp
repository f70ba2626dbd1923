// SPDX-License-Identifier: Apache-2.0
//
// Configurations of container clients that keep them at Portcullis. What each of them does with such
// files was measured: docker 20.10 to 28.5, containerd 1.6 to 2.1, podman 4.3 to 5.8. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/util/result.hpp"

namespace portcullis::api {

/// Where clients find Portcullis.
struct Endpoint {
  std::string scheme;     ///< http or https
  std::string authority;  ///< host, or host:port

  /// `http[s]://HOST[:PORT]`, nothing behind it.
  static util::Result<Endpoint> parse(std::string_view url);
  std::string url() const { return scheme + "://" + authority; }
  bool plain() const { return scheme == "http"; }
};

struct ClientConfigJob {
  Endpoint endpoint;
  std::vector<std::string> upstreams;  ///< `docker.io`, `ghcr.io`, ...
  std::optional<std::string> ca;       ///< PEM that clients need to trust the endpoint
};

struct ConfigFile {
  std::string path;  ///< absolute, on the client's machine; for Kubernetes a name
  std::string content;
};

struct ClientConfig {
  std::vector<std::string> notes;  ///< what holds and what does not, a line each
  std::vector<ConfigFile> files;

  /// Notes as comments, then each file below a comment with its path.
  std::string text() const;
};

ClientConfig docker_config(const ClientConfigJob& job);
ClientConfig containerd_config(const ClientConfigJob& job);
ClientConfig podman_config(const ClientConfigJob& job);
ClientConfig kubernetes_config(const ClientConfigJob& job);
ClientConfig buildkit_config(const ClientConfigJob& job);

inline constexpr std::string_view kClients[] = {"docker", "containerd", "podman", "kubernetes", "buildkit"};
/// By a name of kClients; nullopt for any other.
std::optional<ClientConfig> client_config(std::string_view client, const ClientConfigJob& job);

}  // namespace portcullis::api
