// SPDX-License-Identifier: Apache-2.0
//
// Holds the source tree to the table of parts in CMakeLists.txt, and the binary to rule 2: the
// server links nothing that parses hostile content.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/paths.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"
#include "table.hpp"

namespace portcullis::architecture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::filesystem::path kSource = test::source_path();

Table real_table() { return parse_table(test::slurp(kSource / "CMakeLists.txt")); }

TEST(Architecture, EveryIncludeFollowsTheTable) {
  const auto includes = read_includes(kSource);
  ASSERT_GT(includes.size(), 100u);  // or the reader is broken
  EXPECT_THAT(violations(real_table(), includes, kSource), IsEmpty());
}

TEST(Architecture, EveryRowIsUsed) {
  EXPECT_THAT(stale_rows(real_table(), read_includes(kSource)), IsEmpty());
}

TEST(Architecture, ArrowsHaveNoCycle) {
  const Table table = real_table();
  for (const auto& [name, part] : table) {
    for (const std::string& other : part.parts) {
      EXPECT_FALSE(closure(table, other).contains(name)) << name << " and " << other;
    }
  }
}

TEST(Architecture, ServerReachesNoParserOfHostileContent) {
  const auto reached = closure(real_table(), "cli");
  for (const char* part : {"unpack", "engine", "checks", "sandbox", "scanner"}) {
    EXPECT_FALSE(reached.contains(part)) << part;
  }
}

TEST(Architecture, ServerBinaryLinksNeitherLibarchiveNorLibyara) {
  PORTCULLIS_REQUIRE_TOOL("readelf");
  const auto server = test::run_ok({{"readelf", "-d", test::program_path("portcullis")}}).out;
  EXPECT_THAT(server, HasSubstr("libcurl"));  // or this is not the list
  EXPECT_THAT(server, Not(HasSubstr("libarchive")));
  EXPECT_THAT(server, Not(HasSubstr("libyara")));
  const auto scanner = test::run_ok({{"readelf", "-d", test::program_path("portcullis-scanner")}}).out;
  EXPECT_THAT(scanner, HasSubstr("libarchive"));
  EXPECT_THAT(scanner, HasSubstr("libyara"));
}

// The rules themselves, on a small tree that breaks each of them.
constexpr const char* kSmallTable =
    "portcullis_part(low LIBS soci)\n"
    "portcullis_part(high PARTS low  # a remark\n"
    "                LIBS CLI11::CLI11)\n"
    "portcullis_part(peer PARTS low)\n";

struct Row {
  const char* name;
  const char* file;
  const char* line;
  const char* expected;  ///< part of the violation; empty: none
};

class Rules : public testing::TestWithParam<Row> {};

TEST_P(Rules, AreEnforced) {
  const test::TempDir dir;
  dir.write("src/low/own.hpp", "");
  dir.write("include/portcullis/low/low.hpp", "");
  dir.write(GetParam().file, std::string("#pragma once\n") + GetParam().line + "\n");
  const auto found = violations(parse_table(kSmallTable), read_includes(dir.path()), dir.path());
  if (*GetParam().expected == '\0') {
    EXPECT_THAT(found, IsEmpty());
  } else {
    EXPECT_THAT(found, ElementsAre(HasSubstr(GetParam().expected)));
    EXPECT_THAT(found, ElementsAre(HasSubstr(std::string(GetParam().file) + ":2")));
  }
}

const Row kRows[] = {
    {"down", "src/high/a.cpp", "#include \"portcullis/low/low.hpp\"", ""},
    {"up", "src/low/a.cpp", "#include \"portcullis/high/a.hpp\"", "low may not include high"},
    {"to_a_peer", "src/peer/a.cpp", "#include \"portcullis/high/a.hpp\"", "peer may not include high"},
    {"own_private", "src/low/a.cpp", "#include \"own.hpp\"", ""},
    {"foreign_private", "src/high/a.cpp", "#include \"own.hpp\"", "not a private header of high"},
    {"foreign_private_by_path", "src/high/a.cpp", "#include \"../low/own.hpp\"",
     "not a private header of high"},
    {"private_from_public", "include/portcullis/low/a.hpp", "#include \"own.hpp\"", "public headers only"},
    {"own_library", "src/low/a.cpp", "#include <soci/soci.h>", ""},
    {"foreign_library", "src/high/a.cpp", "  # include <soci/soci.h>", "high does not name soci"},
    {"unknown_library", "src/low/a.cpp", "#include <gtk/gtk.h>", "unknown third-party header"},
    {"library_in_public", "include/portcullis/low/a.hpp", "#include <soci/soci.h>",
     "third-party header in a public header"},
    {"expected_in_public", "include/portcullis/low/a.hpp", "#include <tl/expected.hpp>", ""},
    {"system", "src/low/a.cpp", "#include <sys/stat.h>", ""},
    {"standard", "src/low/a.cpp", "#include <string_view>", ""},
    {"no_part", "src/stray/a.cpp", "#include <string>", "no part in CMakeLists.txt"},
};
INSTANTIATE_TEST_SUITE_P(Table, Rules, testing::ValuesIn(kRows),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(StaleRows, AreNamed) {
  const test::TempDir dir;
  dir.write("src/high/a.cpp", "#include \"portcullis/low/low.hpp\"\n");
  dir.write("include/portcullis/low/low.hpp", "");
  EXPECT_THAT(stale_rows(parse_table(kSmallTable), read_includes(dir.path())), ElementsAre("peer PARTS low"));
}

}  // namespace
}  // namespace portcullis::architecture
