// SPDX-License-Identifier: Apache-2.0
//
// What the source tree says about itself: the table in CMakeLists.txt and the #include lines.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace portcullis::architecture {

/// One portcullis_part() line.
struct Part {
  std::set<std::string> parts;  ///< PARTS: whose public headers it may include
  std::set<std::string> libs;   ///< LIBS: third-party libraries that are its own
};
using Table = std::map<std::string, Part>;

/// Reads the portcullis_part() calls of a CMakeLists.txt. Throws when it finds none.
Table parse_table(const std::string& cmake);

/// All parts that `part` reaches through PARTS, itself included.
std::set<std::string> closure(const Table& table, const std::string& part);

struct Include {
  std::string file;  ///< relative to the source directory
  int line = 0;
  std::string part;  ///< whose file it is
  bool in_public_header = false;
  bool angled = false;
  std::string target;
};

/// Every #include below include/portcullis and src.
std::vector<Include> read_includes(const std::filesystem::path& source_dir);

/// What is wrong with these includes, a line each; empty when nothing is.
std::vector<std::string> violations(const Table& table, const std::vector<Include>& includes,
                                    const std::filesystem::path& source_dir);

/// PARTS entries that no #include of the part uses.
std::vector<std::string> stale_rows(const Table& table, const std::vector<Include>& includes);

}  // namespace portcullis::architecture
