// SPDX-License-Identifier: Apache-2.0
//
// Leases: what one Portcullis of a fleet does at a time.
#include "steps.hpp"

namespace portcullis::records {
namespace {

constexpr std::string_view kStatements[] = {
    "CREATE TABLE leases (name TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, until_at BIGINT NOT NULL)",
};

}  // namespace

std::span<const std::string_view> third_step() { return kStatements; }

}  // namespace portcullis::records
