// SPDX-License-Identifier: Apache-2.0
//
// What operators changed about single rules.
#include "steps.hpp"

namespace portcullis::records {
namespace {

constexpr std::string_view kStatements[] = {
    // severity: empty for a rule that is disabled.
    "CREATE TABLE rule_settings (file TEXT NOT NULL, rule TEXT NOT NULL, severity TEXT NOT NULL,"
    " reason TEXT NOT NULL, author TEXT NOT NULL, since_at BIGINT NOT NULL, PRIMARY KEY (file, rule))",
};

}  // namespace

std::span<const std::string_view> fifth_step() { return kStatements; }

}  // namespace portcullis::records
