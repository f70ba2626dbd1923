// SPDX-License-Identifier: Apache-2.0
//
// The few words in which the databases differ. All other SQL is written once.
#pragma once

#include <string_view>
#include <vector>

namespace portcullis::records {

struct Dialect {
  /// Column type of a number the database gives and never gives again.
  std::string_view identity;
  /// Column type of a text that compares byte by byte.
  std::string_view text;
  /// Ends the definition of a table that is kept in the order of its primary key, where there is such a
  /// thing.
  std::string_view clustered;
  /// Open a transaction that will write, and take what it needs for that at once: a transaction
  /// that turns from reading to writing halfway fails under load. Writers of all programs on one
  /// database go one after the other, so that what was written becomes visible in the order of the
  /// numbers it was given: whoever reads events after a sequence never misses one that was slow.
  std::vector<std::string_view> begin_write;
  /// The same, and may take long.
  std::vector<std::string_view> begin_migration;
  /// Open a transaction in which all reads see the same state.
  std::vector<std::string_view> begin_read;
  /// Names of the tables in the database, whoever made them.
  std::string_view table_names;
};

}  // namespace portcullis::records
