// SPDX-License-Identifier: Apache-2.0
#include "backend.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "support/temp_dir.hpp"

namespace portcullis::records {
namespace {

class SqliteBackend final : public Backend {
 public:
  util::Result<std::unique_ptr<Records>> open(OpenMode mode) override {
    return records::open(path().string(), mode);
  }
  void run_sql(const std::string& statement) override {
    soci::session session(soci::sqlite3, connection());
    session << statement;
  }
  long long number(const std::string& query) override {
    soci::session session(soci::sqlite3, connection());
    long long value = 0;
    session << query, soci::into(value);
    return value;
  }

 private:
  std::filesystem::path path() const { return dir_ / "with space.db"; }
  std::string connection() const { return "db=\"" + path().string() + "\" timeout=5"; }

  test::TempDir dir_;
};

}  // namespace

std::vector<BackendKind> all_backends() {
  return {{"sqlite", [] { return std::unique_ptr<Backend>(std::make_unique<SqliteBackend>()); }}};
}

}  // namespace portcullis::records
