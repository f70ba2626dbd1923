// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "report.hpp"

namespace portcullis::cli {

using Json = nlohmann::ordered_json;

/// With its strings written so that no CI system which reads it in a log takes one for a command; their
/// values stay as they are.
std::string dump_for_logs(const Json& json);

/// Schema `portcullis.scan/1`, safe text throughout.
Json to_json(const Report& report);

}  // namespace portcullis::cli
