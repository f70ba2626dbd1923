// SPDX-License-Identifier: Apache-2.0
//
// Portcullis as its clients see it; for `doctor` and `prefetch`.
#pragma once

#include <string>
#include <string_view>

#include "portcullis/http/probe.hpp"

namespace portcullis::cli {

/// How every message of a block begins.
inline constexpr std::string_view kBlockedText = "BLOCKED by Portcullis";

/// "403 BLOCKED by ...". Raw.
std::string status_line(const http::ProbeAnswer& answer);
/// The first message of an error body of the distribution specification; else the reason phrase. Raw.
std::string message_of(const http::ProbeAnswer& answer);

/// Where a redirect of a server to itself leads: path and query. An error when it leads elsewhere.
util::Result<std::string> redirected_to(const std::string& base, const http::ProbeAnswer& answer);

}  // namespace portcullis::cli
