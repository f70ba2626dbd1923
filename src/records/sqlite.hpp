// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "database.hpp"
#include "portcullis/records/records.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::records {

struct SqliteOptions {
  std::chrono::milliseconds busy_timeout{5'000};  ///< for another process's lock
  std::size_t readers = 4;
  util::Metrics* metrics = nullptr;
};

/// Opens and, when allowed to, creates the file (mode 0600) and brings its schema up to date.
util::Result<std::unique_ptr<Database>> open_sqlite(const std::string& location, OpenMode mode,
                                                    const SqliteOptions& options = {});

}  // namespace portcullis::records
