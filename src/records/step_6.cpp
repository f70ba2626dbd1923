// SPDX-License-Identifier: Apache-2.0
//
// What was suspicious about a name; a decision about a name alone is a row of `decisions` without a manifest.
// And which files are setuid.
#include "steps.hpp"

namespace portcullis::records {
namespace {

constexpr std::string_view kStatements[] = {
    // `score` in thousandths; `letters` is a list, three items a letter.
    "CREATE TABLE decision_names (decision BIGINT NOT NULL, position BIGINT NOT NULL, component TEXT NOT "
    "NULL,"
    " operation TEXT NOT NULL, target TEXT NOT NULL, score BIGINT NOT NULL, severity TEXT NOT NULL,"
    " effect TEXT NOT NULL, text TEXT NOT NULL, subject TEXT NOT NULL, suggestion TEXT NOT NULL,"
    " letters TEXT NOT NULL, PRIMARY KEY (decision, position))",
    "CREATE TABLE squat_days (day BIGINT NOT NULL, component TEXT NOT NULL, subject TEXT NOT NULL,"
    " target TEXT NOT NULL, decisions BIGINT NOT NULL, PRIMARY KEY (day, component, subject, target))",
    // -1: written by a version that did not look.
    "ALTER TABLE layer_files ADD COLUMN setuid INTEGER NOT NULL DEFAULT -1",
};

}  // namespace

std::span<const std::string_view> sixth_step() { return kStatements; }

}  // namespace portcullis::records
