// SPDX-License-Identifier: Apache-2.0
//
// The few words in which the databases differ. All other SQL is written once.
#pragma once

#include <string_view>

namespace portcullis::records {

struct Dialect {
  /// Column type of a number the database gives and never gives again.
  std::string_view identity;
  /// Opens a transaction that will write, and takes what it needs for that at once: a transaction
  /// that turns from reading to writing halfway fails under load.
  std::string_view begin_write;
  /// Opens a transaction in which all reads see the same state.
  std::string_view begin_read;
};

inline constexpr Dialect kSqliteDialect{
    .identity = "INTEGER PRIMARY KEY AUTOINCREMENT",
    .begin_write = "BEGIN IMMEDIATE",
    .begin_read = "BEGIN",
};

}  // namespace portcullis::records
