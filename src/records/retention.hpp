// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "database.hpp"
#include "portcullis/records/retention.hpp"
#include "portcullis/util/clock.hpp"

namespace portcullis::records {

/// What is too old is looked for in a read, which blocks nobody, and removed in a short write.
util::Result<Removed> remove_old(Database& database, const Retention& retention, util::TimePoint now);

}  // namespace portcullis::records
