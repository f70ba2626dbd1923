// SPDX-License-Identifier: Apache-2.0
//
// Exceptions that a scan honours beside those in its own records.
#pragma once

#include <string>
#include <vector>

#include "portcullis/findings/decision.hpp"
#include "portcullis/policy/waiver_rules.hpp"
#include "portcullis/util/clock.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::cli {

/// What the command line says.
struct WaiverServer {
  std::string url;                      ///< of the admin side: `https://portcullis.example:5050`
  std::string token_file;               ///< with a token of at least the role viewer; empty: PORTCULLIS_TOKEN
  std::string ca_file;                  ///< PEM, to be trusted instead of the system's; may be empty
  std::vector<std::string> plain_http;  ///< hosts, with port, to which the token may go unencrypted
};

/// Asked when the scan has begun: a server that hangs must not hold it beyond its time.
struct WaiverSource {
  std::string base;
  std::string token;
  std::string ca_file;
};
/// ErrorKind::invalid: what to change in the call.
util::Result<WaiverSource> waiver_source(const WaiverServer& server);
/// The waivers of a server that are active now, all pages of them. Errors: denied, unreachable, corrupt,
/// limit.
util::Result<std::vector<findings::Waiver>> fetch_waivers(const WaiverSource& server, util::TimePoint now);

/// Those that have not run out; a line on stderr for each that has.
std::vector<findings::Waiver> in_force(std::vector<findings::Waiver> waivers, util::TimePoint now);

}  // namespace portcullis::cli
