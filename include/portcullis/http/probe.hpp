// SPDX-License-Identifier: Apache-2.0
//
// One plain request to a server of ours, as a client would send it; for `doctor`.
#pragma once

#include <chrono>
#include <string>

#include "portcullis/util/result.hpp"

namespace portcullis::http {

enum class ProbeMethod { head, get };

struct ProbeAnswer {
  int status = 0;
  std::string reason;    ///< the phrase of the status line
  std::string location;  ///< the Location header; redirects are never followed here
  std::string body;      ///< its first 64 KiB
};

/// `base` is `http://host[:port]` or https. Errors: invalid for a bad `base`, else unreachable.
util::Result<ProbeAnswer> probe(const std::string& base, ProbeMethod method, const std::string& target,
                                std::chrono::seconds timeout);

}  // namespace portcullis::http
