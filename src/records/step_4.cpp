// SPDX-License-Identifier: Apache-2.0
//
// What stands around a matched string.
#include "steps.hpp"

namespace portcullis::records {
namespace {

constexpr std::string_view kStatements[] = {
    "ALTER TABLE matched_strings ADD COLUMN bytes_before TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE matched_strings ADD COLUMN bytes_after TEXT NOT NULL DEFAULT ''",
};

}  // namespace

std::span<const std::string_view> fourth_step() { return kStatements; }

}  // namespace portcullis::records
