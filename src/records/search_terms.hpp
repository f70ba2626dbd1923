// SPDX-License-Identifier: Apache-2.0
//
// What searches for different things have in common.
#pragma once

#include <string>

#include "query.hpp"

namespace portcullis::records {

/// Appends "SELECT id ...": the images one of whose layers holds a file of this hash.
void add_images_of_file(Query& sql, const std::string& file_hash);

}  // namespace portcullis::records
