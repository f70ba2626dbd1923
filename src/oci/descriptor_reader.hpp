// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "object_reader.hpp"
#include "portcullis/oci/manifest.hpp"

namespace portcullis::oci {

/// Empty exactly when `reading` now holds an error.
std::optional<Digest> read_digest(Reading& reading, const std::string& text, const std::string& where);
std::optional<Descriptor> read_descriptor(Reading& reading, const JsonNode& node, const std::string& where);
std::vector<Descriptor> read_descriptors(Reading& reading, const JsonNode& list, const std::string& where);

}  // namespace portcullis::oci
