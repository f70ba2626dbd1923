// SPDX-License-Identifier: Apache-2.0
//
// Which registries a scan speaks to, and as whom.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "portcullis/config/config.hpp"
#include "scan_source.hpp"

namespace portcullis::cli {

struct LoginFlags {
  std::string auth_file = {};      ///< a docker config.json; empty: see below
  std::string username = {};       ///< for the one registry of the call; empty: PORTCULLIS_USERNAME
  std::string password_file = {};  ///< its first line; empty: PORTCULLIS_PASSWORD
};

/// Leaves in `config` the upstreams that `sources` need: configured ones, and hosts that are in no
/// configuration, since the person named them, at their own address and with tokens from nowhere else.
/// `plain_http` are hosts that may be spoken to without TLS.
///
/// Credentials, the first that is there: those that the configuration gives an upstream; a user name with
/// its password; the docker config of --auth-file, `upstreams.docker_config`, $REGISTRY_AUTH_FILE,
/// $DOCKER_CONFIG/config.json, ~/.docker/config.json, $XDG_RUNTIME_DIR/containers/auth.json.
util::Result<void> prepare_upstreams(config::Config& config, const std::vector<Source>& sources,
                                     const std::vector<std::string>& plain_http, const LoginFlags& login);

/// What the upstream is called that `host` is a name or an alias of; `host` itself when there is none.
std::string upstream_name(const config::Config& config, const std::string& host);

}  // namespace portcullis::cli
