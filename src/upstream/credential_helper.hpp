// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "portcullis/util/result.hpp"

namespace portcullis::upstream {

/// What `docker-credential-<name> get` says about `server` (docker/docker-credential-helpers: the
/// server on stdin, JSON or an error text on stdout). The program is looked up in PATH and started
/// without a shell; it has `patience`, may write 64 KiB, and is killed with its children otherwise.
/// nullopt when it knows no credentials. Errors never quote what it wrote.
struct HelperAnswer {
  std::string username;  ///< `<token>` when the secret is an identity token
  std::string secret;
};
util::Result<std::optional<HelperAnswer>> ask_credential_helper(const std::string& name,
                                                                const std::string& server,
                                                                std::chrono::milliseconds patience);

}  // namespace portcullis::upstream
