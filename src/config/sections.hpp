// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "portcullis/config/config.hpp"
#include "reader.hpp"

namespace portcullis::config {

/// Reads the whole file into `config`: every key there is, a line each.
void read_file(Reader& reader, Config& config);

/// The shipped settings of a well-known registry, or an empty entry of that name.
upstream::Options known_upstream(const std::string& name);

/// [policy], with [[policy.override]].
void read_policy(Reader& reader, policy::Policy& policy);

/// [names], after the upstreams.
void read_names(Reader& reader, Config& config);
/// Nobody suspects the hosts that he configured.
void trust_upstreams(Config& config);

/// The content of the file that `key` names, without line ends behind it; false when a problem was noted.
bool read_secret(Reader& reader, std::string_view key, const std::filesystem::path& file,
                 std::string& secret);

/// One `[[notify]]`.
void read_notify(Reader& reader, std::vector<notify::TargetOptions>& targets);

/// "info, low, medium, ..." for messages.
std::string severity_names();

}  // namespace portcullis::config
