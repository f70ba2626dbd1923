// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "portcullis/records/tokens.hpp"

namespace portcullis::cli {

/// Somebody has to be the first: where no token was ever made, one for an operator. Nullopt where there are
/// some, even if none is valid any more; who may make new ones then is who can run `portcullis token`.
util::Result<std::optional<records::NewToken>> make_first_token(records::Tokens& tokens, util::TimePoint now);

/// Once, on stderr beside the log and never in it. The token stands behind '#', so that no browser sends it
/// to a server, where it would end in logs and referrers.
void show_login_link(const std::string& admin_url, const records::NewToken& token);

}  // namespace portcullis::cli
