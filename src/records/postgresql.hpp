// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "database.hpp"
#include "portcullis/records/records.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::records {

struct PostgresqlOptions {
  std::string password = {};
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds lock_timeout{5'000};        ///< for writers of other programs
  std::chrono::milliseconds statement_timeout{10'000};  ///< enforced by the server
  /// For a whole transaction, enforced here: the server may be what hangs.
  std::chrono::milliseconds transaction_timeout{30'000};
  std::size_t readers = 4;
  util::Metrics* metrics = nullptr;
};

bool is_postgresql(std::string_view location);

/// `location` is a URL as libpq reads it, `postgresql://user@host:port/database?sslmode=...`, without
/// a password. Brings the schema up to date when it may write.
util::Result<std::unique_ptr<Database>> open_postgresql(const std::string& location, OpenMode mode,
                                                        const PostgresqlOptions& options = {});

}  // namespace portcullis::records
