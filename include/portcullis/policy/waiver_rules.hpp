// SPDX-License-Identifier: Apache-2.0
//
// Which waivers may exist. Pure. What is refused here is not honoured by policy::decide either.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "portcullis/findings/decision.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::policy {

struct WaiverLimits {
  std::chrono::milliseconds longest = std::chrono::hours(24 * 90);
  std::size_t text = 1000;  ///< bytes of reason and of author
};

/// May `waiver` be created now? `worst` is the worst severity of the rules and checks that its rule term
/// matches, as far as the caller knows them; nullopt, for unknown ones, counts as critical. The error is
/// ErrorKind::invalid, says what to change, and quotes the input.
util::Result<void> check_waiver(const findings::Waiver& waiver, std::optional<findings::Severity> worst,
                                const WaiverLimits& limits, util::TimePoint now);

/// The same for a text alone (`name` is "reason" or "author"): that of a revocation, say.
util::Result<void> check_waiver_text(std::string_view name, std::string_view text,
                                     const WaiverLimits& limits);

/// Is a waiver with this rule term about names, `name:registry` or `name:*`? It needs no digest.
bool is_about_names(std::string_view rule);

/// How many of rule, repository, digest and file hash say something; "*" does not.
int scope_terms(const findings::Waiver& waiver);

}  // namespace portcullis::policy
