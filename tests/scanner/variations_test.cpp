// SPDX-License-Identifier: Apache-2.0
//
// The real scanner with the rules of the project finds what the rules were not written from, also packed
// away: in a zip, a compressed tar, a Debian package, and one in the other.
#include <gtest/gtest.h>

#include <set>

#include "portcullis/scan/service.hpp"
#include "sources.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"
#include "variations.hpp"

namespace portcullis::test {
namespace {

class Scanner {
 public:
  Scanner() {
    scan::Options options;
    options.scanner = program_path("portcullis-scanner");
    options.rules = {source_path("rules/yara")};
    options.spool = spool_.path();
    options.threads = 2;
    auto started = scan::start(options, metrics_);
    if (!started) throw std::runtime_error(started.error().message);
    service_ = std::move(*started);
  }
  /// "RULE PATH" of each finding.
  std::set<std::string> findings(const std::vector<std::pair<std::string, std::string>>& files) {
    const std::string tar = tar_of(files);
    TextSource source(tar);
    const auto result = service_->scan(
        {.kind = scan::JobKind::layer, .media_type = "", .label = "variations", .size_hint = tar.size()},
        source);
    EXPECT_EQ(result.outcome, findings::Outcome::complete) << result.reason;
    std::set<std::string> found;
    for (const auto& finding : result.findings) found.insert(finding.rule + ' ' + finding.path);
    return found;
  }

 private:
  TempDir spool_;
  util::MemoryMetrics metrics_;
  std::unique_ptr<scan::Service> service_;
};

std::string content_of(const Variation& row) {
  if (row.flags.empty()) return row.content;
  const TempDir dir;
  Command compile{.argv = {"gcc", "-w", dir.write("x.c", row.content), "-o", dir / "x"}};
  compile.argv.insert(compile.argv.end(), row.flags.begin(), row.flags.end());
  compile.argv.emplace_back("-ldl");
  run_ok(compile);
  return slurp(dir / "x");
}

struct Packing {
  std::string name;
  std::string file;                  ///< what the packed file is called
  std::vector<std::string> command;  ///< in a directory with `in/`; leaves `out`
};

const std::vector<Packing>& packings() {
  static const std::vector<Packing> all = {
      {"zip", "a.jar", {"bsdtar", "--format", "zip", "-cf", "out", "-C", "in", "."}},
      {"tar.gz", "a.tgz", {"bsdtar", "-czf", "out", "-C", "in", "."}},
      {"deb", "a.deb", {"dpkg-deb", "--root-owner-group", "-Zxz", "-b", "in", "out"}},
  };
  return all;
}

using Files = std::vector<std::pair<std::string, std::string>>;

std::string packed(const Packing& how, const Files& files) {
  const TempDir dir;
  for (const auto& [path, content] : files) dir.write("in/" + path, content);
  if (how.name == "deb") {
    dir.write("in/DEBIAN/control",
              "Package: a\nVersion: 1\nArchitecture: all\nMaintainer: a <a@example.com>\n"
              "Description: a\n");
  }
  run_ok(Command{.argv = how.command, .cwd = dir.path()});
  return slurp(dir / "out");
}

/// Rules about where a file lies or what it is called need the place itself.
bool about_the_place(const Variation& row) {
  return row.rule.starts_with("masquerade_") || row.rule.starts_with("persistence_");
}

void expect_all_found(const std::vector<Variation>& rows) {
  Scanner scanner;
  std::vector<Variation> expected;
  Files plain;
  for (const auto& row : rows) {
    const std::string content = content_of(row);
    ASSERT_FALSE(content.empty()) << row.name;
    const auto alone = scanner.findings({{row.path, content}});
    const bool found = alone.contains(row.rule + ' ' + row.path);
    EXPECT_TRUE(found) << row.name << " is not found:\n" << row.content;
    if (!found || about_the_place(row)) continue;
    expected.push_back(row);
    plain.emplace_back(row.name + '/' + row.path, content);
  }
  Files archives;
  for (const auto& inner : packings()) {
    const std::string once = packed(inner, plain);
    archives.emplace_back("once/" + inner.file, once);
    for (const auto& outer : packings()) {
      archives.emplace_back(inner.name + "-in/" + outer.file, packed(outer, {{"opt/" + inner.file, once}}));
    }
  }
  const auto found = scanner.findings(archives);
  for (const auto& [archive, bytes] : archives) {
    if (archive == "deb-in/a.deb") {
      // A package holds a tar of its own: four deep, which is not opened and not passed over in silence.
      EXPECT_TRUE(std::any_of(found.begin(), found.end(), [&](const std::string& finding) {
        return finding.starts_with("nested-depth " + archive + "!/");
      }));
      continue;
    }
    for (const auto& row : expected) {
      EXPECT_TRUE(std::any_of(found.begin(), found.end(),
                              [&](const std::string& finding) {
                                return finding.starts_with(row.rule + ' ' + archive + "!/") &&
                                       finding.ends_with(row.name + '/' + row.path);
                              }))
          << row.name << " is not found in " << archive;
    }
  }
}

TEST(Variations, OfPrograms) {
  PORTCULLIS_REQUIRE_TOOL("gcc");
  PORTCULLIS_REQUIRE_TOOL("bsdtar");
  PORTCULLIS_REQUIRE_TOOL("dpkg-deb");
  expect_all_found(program_variations());
}

TEST(Variations, OfScripts) {
  PORTCULLIS_REQUIRE_TOOL("bsdtar");
  PORTCULLIS_REQUIRE_TOOL("dpkg-deb");
  expect_all_found(script_variations());
}

}  // namespace
}  // namespace portcullis::test
