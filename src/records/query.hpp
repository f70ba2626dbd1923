// SPDX-License-Identifier: Apache-2.0
//
// A SELECT whose conditions depend on what was asked. Values are always bound, never written into
// the statement.
#pragma once

#include <soci/soci.h>

#include <concepts>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <variant>

namespace portcullis::records {

class Query {
 public:
  /// Each '?' stands for the next of the values, here and below.
  template <class... Value>
  explicit Query(std::string_view sql, const Value&... values) {
    add(sql, values...);
  }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  template <class... Value>
  Query& add(std::string_view sql, const Value&... values) {
    (take(sql, values), ...);
    sql_ += sql;
    return *this;
  }
  /// The same, as one more condition.
  template <class... Value>
  Query& where(std::string_view condition, const Value&... values) {
    sql_ += conditions_++ == 0 ? " WHERE " : " AND ";
    return add(condition, values...);
  }

  /// Runs it; `row()` is called after each row arrived in `into`.
  template <class Row, class... Into>
  void each(soci::session& session, Row row, Into&... into) {
    soci::statement statement(session);
    (statement.exchange(soci::into(into)), ...);
    prepare(statement);
    statement.execute();
    while (statement.fetch()) row();
  }

  /// For a statement that gives no rows.
  void run(soci::session& session) {
    soci::statement statement(session);
    prepare(statement);
    statement.execute(true);
  }

 private:
  void prepare(soci::statement& statement) {
    for (auto& value : values_) {
      std::visit([&](auto& bound) { statement.exchange(soci::use(bound)); }, value);
    }
    statement.alloc();
    statement.prepare(sql_);
    statement.define_and_bind();
  }
  void take(std::string_view& sql, const std::string& text) { values_.emplace_back(text), place(sql); }
  void take(std::string_view& sql, std::integral auto number) {
    values_.emplace_back(static_cast<long long>(number)), place(sql);
  }
  void place(std::string_view& sql) {
    const auto mark = sql.find('?');
    sql_.append(sql.substr(0, mark)).append(":p").append(std::to_string(values_.size()));
    sql.remove_prefix(mark + 1);
  }

  std::string sql_;
  int conditions_ = 0;
  std::deque<std::variant<std::string, long long>> values_;  ///< stays where it is: bound by address
};

/// For `LOWER(column) LIKE ? ESCAPE '!'`: anywhere in a stored text, whatever the case of ASCII letters.
std::string like_anywhere(std::string_view text);
/// The same for a glob over the whole of it: `*` is any run, `?` one character.
std::string like_glob(std::string_view glob);

}  // namespace portcullis::records
