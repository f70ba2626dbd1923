// SPDX-License-Identifier: Apache-2.0
//
// A docker daemon (or podman's service, which speaks the same API), asked for an image that it holds.
#pragma once

#include <memory>
#include <string>

#include "portcullis/util/result.hpp"
#include "portcullis/util/stream.hpp"

namespace portcullis::upstream {

struct EngineOptions {
  /// As in DOCKER_HOST: `unix:///run/docker.sock` or `tcp://host:port`.
  std::string host = "unix:///var/run/docker.sock";
  /// DOCKER_CERT_PATH when DOCKER_TLS_VERIFY is set: ca.pem, cert.pem and key.pem are in it, and tcp means
  /// TLS. Empty: none.
  std::string certificates;
};

class DockerEngine {
 public:
  virtual ~DockerEngine() = default;
  /// Streams what `docker save` writes. `image` is a canonical reference or an image id. Blocks. Errors:
  /// absent (the daemon has no such image), denied (we may not speak to it), unreachable (none answers),
  /// and what `archive` returns.
  virtual util::Result<void> save(const std::string& image, util::ByteSink& archive) = 0;
  /// From any thread: a running save() ends soon, with ErrorKind::cancelled.
  virtual void stop() = 0;
};

/// Contacts nobody. Fails on a `host` of another kind (ssh, npipe) and on unusable certificates.
util::Result<std::unique_ptr<DockerEngine>> docker_engine(const EngineOptions& options);

}  // namespace portcullis::upstream
