// SPDX-License-Identifier: Apache-2.0
//
// One database of its own for a test, on each backend that records supports. The contract suite
// runs once for every row of all_backends().
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "portcullis/records/records.hpp"
#include "support/postgresql_server.hpp"

namespace portcullis::records {

class Backend {
 public:
  virtual ~Backend() = default;
  /// The same database each time.
  virtual util::Result<std::unique_ptr<Records>> open(const OpenOptions& options) = 0;
  util::Result<std::unique_ptr<Records>> open(OpenMode mode) { return open(OpenOptions{.mode = mode}); }
  /// Runs one statement beside the program, as an operator with an SQL shell could.
  virtual void run_sql(const std::string& statement) = 0;
  virtual long long number(const std::string& query) = 0;
};

struct BackendKind {
  std::string name;
  bool (*available)();
  std::unique_ptr<Backend> (*make)();
};

inline void PrintTo(const BackendKind& kind, std::ostream* out) { *out << kind.name; }

std::vector<BackendKind> all_backends();

/// One for all tests of this program: making one takes seconds.
test::PostgresqlServer& shared_postgresql();
/// The name of a new, empty database on it.
std::string new_database();

}  // namespace portcullis::records
