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

namespace portcullis::records {

class Backend {
 public:
  virtual ~Backend() = default;
  /// The same database each time.
  virtual util::Result<std::unique_ptr<Records>> open(OpenMode mode) = 0;
  /// Runs one statement beside the program, as an operator with an SQL shell could.
  virtual void run_sql(const std::string& statement) = 0;
  virtual long long number(const std::string& query) = 0;
};

struct BackendKind {
  std::string name;
  std::unique_ptr<Backend> (*make)();
};

inline void PrintTo(const BackendKind& kind, std::ostream* out) { *out << kind.name; }

std::vector<BackendKind> all_backends();

}  // namespace portcullis::records
