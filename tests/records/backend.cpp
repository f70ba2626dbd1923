// SPDX-License-Identifier: Apache-2.0
#include "backend.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

namespace portcullis::records {
namespace {

class SqliteBackend final : public Backend {
 public:
  util::Result<std::unique_ptr<Records>> open(const OpenOptions& options) override {
    return records::open(path().string(), options);
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

class PostgresqlBackend final : public Backend {
 public:
  util::Result<std::unique_ptr<Records>> open(const OpenOptions& options) override {
    auto with_password = options;
    with_password.password = test::PostgresqlServer::password();
    return records::open(shared_postgresql().url(database_), with_password);
  }
  void run_sql(const std::string& statement) override { shared_postgresql().sql(database_, statement); }
  long long number(const std::string& query) override {
    return std::stoll(shared_postgresql().sql(database_, query));
  }

 private:
  std::string database_ = new_database();
};

}  // namespace

test::PostgresqlServer& shared_postgresql() {
  static test::PostgresqlServer server;
  return server;
}

std::string new_database() {
  static int count = 0;
  const auto name = "test" + std::to_string(++count);
  shared_postgresql().sql("postgres", "CREATE DATABASE " + name);
  return name;
}

std::vector<BackendKind> all_backends() {
  return {{"sqlite", [] { return true; },
           [] { return std::unique_ptr<Backend>(std::make_unique<SqliteBackend>()); }},
          {"postgresql", test::PostgresqlServer::available,
           [] { return std::unique_ptr<Backend>(std::make_unique<PostgresqlBackend>()); }}};
}

}  // namespace portcullis::records
