// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace portcullis::http {

struct BasicCredentials {
  std::string user;
  std::string password;
};

/// The value of an Authorization header: `Basic dXNlcjpwdw==` (RFC 7617). Nullopt for anything else.
std::optional<BasicCredentials> parse_basic(std::string_view header);

}  // namespace portcullis::http
