// SPDX-License-Identifier: Apache-2.0
//
// What searches for different things have in common.
#pragma once

#include <string>
#include <string_view>

#include "query.hpp"

namespace portcullis::records {

/// Appends "SELECT id ...": the images one of whose layers holds a file of this hash.
void add_images_of_file(Query& sql, const std::string& file_hash);

/// Appends the condition that the decision with the number in `column` has this reason: its code, or the name
/// of a rule or check alone.
void add_rule(Query& sql, std::string_view column, const std::string& rule);

}  // namespace portcullis::records
