// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "portcullis/config/config.hpp"

namespace portcullis::cli {

/// Where clients find the registry, as far as the configuration says it; empty when that is no address for a
/// client.
std::string client_url(const config::Config& config);

}  // namespace portcullis::cli
