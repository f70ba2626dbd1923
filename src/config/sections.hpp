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

}  // namespace portcullis::config
