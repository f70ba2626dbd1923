// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace portcullis::http::test {

/// A line of htpasswd: alice, whose password is "wonder" (bcrypt of the least cost).
inline constexpr const char* kAlice = "alice:$2b$04$leZrZAmyvGtF8OSOEqTpz.3dO2V1YFHry5LFV9TmtdDpg.TsDpfpC\n";
inline constexpr const char* kAliceHeader = "Authorization: Basic YWxpY2U6d29uZGVy\r\n";

}  // namespace portcullis::http::test
