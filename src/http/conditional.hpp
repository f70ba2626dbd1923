// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace portcullis::http {

/// `"sha256:..."`, the strong validator of content that is named by its digest.
std::string etag_of(std::string_view digest);

/// If-None-Match: `*`, or a list that holds `etag` (compared weakly, as RFC 9110 says).
bool none_match_hits(std::string_view header, std::string_view etag);
/// If-Match: the same, but compared strongly.
bool match_hits(std::string_view header, std::string_view etag);

}  // namespace portcullis::http
