// SPDX-License-Identifier: Apache-2.0
//
// Who Portcullis is at a registry.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "portcullis/upstream/registry.hpp"
#include "portcullis/util/result.hpp"
#include "url.hpp"

namespace portcullis::upstream {

/// A user name with its password, or an identity token (OAuth2 refresh token), or nothing: anonymous.
struct Login {
  std::optional<Credentials> basic;
  std::string identity_token;
};

/// The login for `registry` in a docker config.json: credHelpers, then credsStore, then auths. Entries
/// are compared by host, those of Docker Hub by any of its names; a host of the URL that is not in the
/// file gets nothing, whatever the upstream is called. Nothing in the file or from a helper is quoted.
util::Result<Login> read_docker_config(const std::string& file, const Url& registry);

/// The login to use now: configured, or from a docker config.json, where helpers hand out passwords
/// that expire; those are asked for again after a few minutes. Thread-safe.
class LoginSource {
 public:
  LoginSource(const Options& options, Url registry);

  /// Blocks while a helper runs.
  util::Result<Login> get();
  /// It was refused: the next get() reads anew, at most once in a while.
  void refused();

 private:
  using Clock = std::chrono::steady_clock;

  const Options& options_;
  const Url registry_;
  std::mutex mutex_;
  std::optional<Login> known_;
  Clock::time_point read_at_{};
};

}  // namespace portcullis::upstream
