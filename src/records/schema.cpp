// SPDX-License-Identifier: Apache-2.0
#include "schema.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "database.hpp"
#include "steps.hpp"

namespace portcullis::records {
namespace {

constexpr std::string_view kIdentity = "{identity}";
constexpr std::string_view kClustered = "{clustered}";

constexpr std::span<const std::string_view> (*kSteps[])() = {first_step,  second_step, third_step,
                                                             fourth_step, fifth_step,  sixth_step};

std::string in_dialect(std::string_view statement, const Dialect& dialect) {
  std::string text(statement);
  const auto replace_all = [&](std::string_view word, std::string_view by) {
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + by.size())) {
      text.replace(at, word.size(), by);
    }
  };
  replace_all(kIdentity, dialect.identity);
  replace_all(kClustered, dialect.clustered);
  replace_all(" TEXT ", ' ' + std::string(dialect.text) + ' ');
  return text;
}

/// 0 for an empty database; absent when it belongs to another program.
util::Result<int> read_version(soci::session& session, const Dialect& dialect) {
  constexpr std::size_t kEnoughNames = 200;
  std::vector<std::string> tables(kEnoughNames);
  session << dialect.table_names, soci::into(tables);
  if (tables.empty()) return 0;
  if (std::find(tables.begin(), tables.end(), "schema_version") == tables.end()) {
    return util::fail(util::ErrorKind::io, "this is the database of another program (its first table is '" +
                                               tables.front() + "'); choose another one");
  }
  int version = 0;
  session << "SELECT MAX(version) FROM schema_version", soci::into(version);
  return version;
}

util::Result<int> readable_version(soci::session& session, const Dialect& dialect) {
  const auto version = read_version(session, dialect);
  if (version && *version > known_schema()) {
    return util::fail(util::ErrorKind::io,
                      "the schema has version " + std::to_string(*version) +
                          ", this program knows versions up to " + std::to_string(known_schema()) +
                          "; run the newer Portcullis that wrote it, or choose another data directory");
  }
  return version;
}

}  // namespace

int known_schema() noexcept { return static_cast<int>(std::size(kSteps)); }

util::Result<void> migrate(soci::session& session, const Dialect& dialect) {
  // Looked at inside the transaction: two programs may start on the same new file.
  Transaction transaction(session, dialect.begin_migration);
  const auto version = readable_version(session, dialect);
  if (!version) return tl::unexpected(version.error());
  if (*version == 0) session << "CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY)";
  for (int step = *version; step < known_schema(); ++step) {
    for (const auto statement : kSteps[step]()) {
      session << in_dialect(statement, dialect);
    }
    const int reached = step + 1;
    session << "INSERT INTO schema_version (version) VALUES (:version)", soci::use(reached);
  }
  transaction.commit();
  return {};
}

util::Result<void> check_schema(soci::session& session, const Dialect& dialect) {
  const auto version = readable_version(session, dialect);
  if (!version) return tl::unexpected(version.error());
  if (*version < known_schema()) {
    return util::fail(util::ErrorKind::io,
                      "the schema has version " + std::to_string(*version) + ", this program needs " +
                          std::to_string(known_schema()) +
                          "; start 'portcullis serve' once, it brings the database up to date");
  }
  return {};
}

}  // namespace portcullis::records
