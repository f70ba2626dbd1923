// SPDX-License-Identifier: Apache-2.0
//
// Files that are looked at apart from a server: its policy, and waivers that are kept in a repository. Errors
// are ErrorKind::invalid, name file, line and key, and quote the line; absent and io as they are.
#pragma once

#include <filesystem>
#include <vector>

#include "portcullis/findings/decision.hpp"
#include "portcullis/naming/name_index.hpp"
#include "portcullis/policy/policy.hpp"
#include "portcullis/policy/waiver_rules.hpp"
#include "portcullis/util/clock.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::config {

struct PolicyFile {
  policy::Policy policy = {};
  policy::WaiverLimits waivers = {};
  naming::Options names = {};             ///< the lists of [names]; what names ask for is in `policy`
  std::filesystem::path name_files = {};  ///< names.files; empty: what ships with Portcullis
};

/// [policy], [names] and [waivers] of a configuration file. What is wrong elsewhere in it is left to load(),
/// so that a policy can be tried where the certificates and passwords of its server are not; unknown sections
/// are not.
util::Result<PolicyFile> load_policy(const std::filesystem::path& file);

/// `[[waiver]]` tables, each with the fields of findings::Waiver. What `waive` would refuse to create is an
/// error, but for two things: one that has expired is given back as it is, and what a broad one may not waive
/// is left to policy::decide, which knows the severities.
util::Result<std::vector<findings::Waiver>> read_waivers(const std::filesystem::path& file,
                                                         const policy::WaiverLimits& limits,
                                                         util::TimePoint now);

}  // namespace portcullis::config
