// SPDX-License-Identifier: Apache-2.0
//
// One request to a server of ours, as a client would send it; for `doctor`, `prefetch` and
// `scan --server`.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "portcullis/util/clock.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::http {

enum class ProbeMethod { head, get };

struct ProbeRequest {
  std::string base;  ///< `http://host[:port]` or https
  ProbeMethod method = ProbeMethod::get;
  std::string target = {};
  std::vector<std::pair<std::string, std::string>> headers = {};  ///< a name may repeat
  std::chrono::seconds timeout{40};
  std::size_t max_body = 64 * 1024;  ///< the rest is not read
  std::string ca_file = {};          ///< PEM, instead of the system's
};

struct ProbeAnswer {
  int status = 0;
  std::string reason;                                        ///< the phrase of the status line
  std::vector<std::pair<std::string, std::string>> headers;  ///< names as sent
  std::string body;

  /// The first of that name in any case; empty when there is none. Redirects are never followed.
  std::string header(std::string_view name) const;
};

/// Errors: invalid for a bad `base`, else unreachable.
util::Result<ProbeAnswer> probe(const ProbeRequest& request);

/// When the certificate that an https `base` shows runs out. It is read, not verified.
util::Result<util::TimePoint> probe_certificate(const std::string& base, std::chrono::seconds timeout);

}  // namespace portcullis::http
