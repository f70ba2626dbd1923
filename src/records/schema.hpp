// SPDX-License-Identifier: Apache-2.0
//
// The tables and how older databases get them: numbered steps, forward only. A step that was
// released is never edited; a change is a new step at the end.
#pragma once

#include <soci/soci.h>

#include "dialect.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::records {

/// The schema this program writes and reads.
int known_schema() noexcept;

/// Brings the database to known_schema() in one transaction. Refuses a newer schema, and a database
/// with tables of somebody else.
util::Result<void> migrate(soci::session& session, const Dialect& dialect);

/// For reading only: the schema must be exactly known_schema().
util::Result<void> check_schema(soci::session& session, const Dialect& dialect);

}  // namespace portcullis::records
