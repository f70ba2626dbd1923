// SPDX-License-Identifier: Apache-2.0
//
// Archives inside layers, made by the tools that people make them with.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "support/process.hpp"
#include "support/require.hpp"
#include "support/tar_builder.hpp"
#include "support/temp_dir.hpp"
#include "unpack/unpacked.hpp"

namespace portcullis::unpack {
namespace {

using findings::Outcome;
using test::TarBuilder;

constexpr std::string_view kInner = "the inner script\n";

/// Writes `dir/x.sh` and `big`, and runs tools over them.
class Nested : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* tool : {"python3", "bsdtar", "ar", "gzip", "xz", "zstd", "bzip2"})
      PORTCULLIS_REQUIRE_TOOL(tool);
    dir_.write("in/dir/x.sh", kInner);
    dir_.write("in/big", std::string(300'000, 'b'));
  }

  std::string run(std::vector<std::string> argv, const std::string& input = {}) {
    return test::run_ok({.argv = std::move(argv), .cwd = dir_ / "in", .input = input}).out;
  }

  /// Into a file, because bsdtar pads what goes into a pipe.
  std::string bsdtar(std::vector<std::string> options) {
    std::vector<std::string> argv{"bsdtar", "-cf", dir_ / "out"};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.insert(argv.end(), {"dir", "big"});
    run(std::move(argv));
    return test::slurp(dir_ / "out");
  }

  /// A zip by Python of (name, content) pairs.
  std::string zip(const std::vector<std::pair<std::string, std::string>>& members,
                  const std::string& method = "ZIP_DEFLATED") {
    static int serial = 0;
    const std::string base = "zip" + std::to_string(serial++);
    std::vector<std::string> argv{"python3", "-c",
                                  "import sys,zipfile\n"
                                  "z=zipfile.ZipFile(sys.argv[1],'w',getattr(zipfile,sys.argv[2]))\n"
                                  "for name,path in zip(sys.argv[3::2],sys.argv[4::2]):\n"
                                  "  z.write(path,name)\n"
                                  "z.close()",
                                  dir_ / (base + ".zip"), method};
    for (std::size_t i = 0; i < members.size(); ++i) {
      const std::string file = base + "-" + std::to_string(i);
      argv.push_back(members[i].first);
      argv.push_back(dir_.write(file, members[i].second));
    }
    run(std::move(argv));
    return test::slurp(dir_ / (base + ".zip"));
  }

  std::string ar(const std::vector<std::pair<std::string, std::string>>& members) {
    std::vector<std::string> argv{"ar", "rcS", dir_ / "out.a"};
    std::filesystem::remove(dir_ / "out.a");
    for (const auto& [name, content] : members) argv.push_back(dir_.write("ar/" + name, content));
    run(std::move(argv));
    return test::slurp(dir_ / "out.a");
  }

  void expect_members(const std::string& archive, const std::set<std::string>& expected) {
    EXPECT_TRUE(is_archive(util::as_bytes(archive)));
    const Unpacked result = open_all(archive, "a");
    EXPECT_EQ(result.ending.code, Outcome::complete) << result.ending.rule << ": " << result.ending.reason;
    const auto paths = result.paths();
    EXPECT_EQ(std::set<std::string>(paths.begin(), paths.end()), expected);
    EXPECT_EQ(paths.size(), expected.size());
    for (const File& file : result.files) {
      if (file.entry.path.ends_with("x.sh")) {
        EXPECT_EQ(text_of(*file.content), kInner);
      }
    }
  }

  test::TempDir dir_;
};

TEST_F(Nested, EveryKindIsOpened) {
  const std::set<std::string> both{"a!/dir/x.sh", "a!/big"};
  const std::vector<std::pair<std::string, std::vector<std::string>>> kinds{
      {"ustar", {"--format=ustar"}},
      {"pax", {"--format=pax"}},
      {"gnutar", {"--format=gnutar"}},
      {"tar.gz", {"-z"}},
      {"tar.xz", {"-J"}},
      {"tar.bz2", {"-j"}},
      {"tar.zst", {"--zstd"}},
      {"cpio newc", {"--format=newc"}},
      {"cpio odc", {"--format=odc"}},
      {"cpio bin", {"--format=bin"}},
      {"cpio.gz", {"--format=newc", "-z"}},
      {"zip", {"--format=zip"}},
      {"zip stored", {"--format=zip", "--options=zip:compression=store"}},
      {"7z lzma", {"--format=7zip"}},
      {"7z deflate", {"--format=7zip", "--options=7zip:compression=deflate"}},
      {"7z bzip2", {"--format=7zip", "--options=7zip:compression=bzip2"}},
  };
  for (const auto& [name, options] : kinds) {
    SCOPED_TRACE(name);
    expect_members(bsdtar(options), both);
  }
  for (const char* method : {"ZIP_STORED", "ZIP_DEFLATED", "ZIP_BZIP2", "ZIP_LZMA"}) {
    SCOPED_TRACE(method);
    expect_members(zip({{"META-INF/x.sh", std::string(kInner)}, {"b", "b"}}, method),
                   {"a!/META-INF/x.sh", "a!/b"});
  }
  expect_members(
      ar({{"x.sh", std::string(kInner)}, {"name-longer-than-sixteen.o", "o"}}),
      {"a!/x.sh", "a!/name-longer-than-sixteen.o", "a!///"});  // the last one is the table of names
}

TEST_F(Nested, SingleCompressedFilesAreNamedAfterTheirArchive) {
  for (const auto& [tool, suffix] :
       {std::pair("gzip", ".gz"), {"xz", ".xz"}, {"zstd", ".zst"}, {"bzip2", ".bz2"}}) {
    SCOPED_TRACE(tool);
    const std::string archive = run({tool, "-c"}, std::string(kInner));
    EXPECT_TRUE(is_archive(util::as_bytes(archive)));
    const Unpacked named = open_all(archive, std::string("usr/run.sh") + suffix);
    EXPECT_EQ(named.ending.code, Outcome::complete) << named.ending.reason;
    EXPECT_EQ(named.content(std::string("usr/run.sh") + suffix + "!/run.sh"), kInner);
    EXPECT_EQ(open_all(archive, "usr/odd").content("usr/odd!/odd"), kInner);
    EXPECT_EQ(open_all(run({tool, "-c"}), "e.gz").ending.code, Outcome::complete) << "nothing, compressed";
  }
}

TEST_F(Nested, ZerosInFrontDoNotHideWhatFollows) {
  const std::string hidden = std::string(4096, '\0') + std::string(kInner);
  EXPECT_EQ(open_all(run({"gzip", "-c"}, hidden), "z.gz").content("z.gz!/z"), hidden);
  const std::string two = TarBuilder().file("a", "a").closed() + TarBuilder().file("b", kInner).closed();
  EXPECT_EQ(open_all(run({"gzip", "-c"}, two), "t.gz").content("t.gz!/b"), kInner);
}

TEST_F(Nested, SelfExtractingZipsAreOpened) {
  const std::string archive = zip({{"x.sh", std::string(kInner)}});
  expect_members("#!/bin/sh\nexec java -jar \"$0\"\n" + archive, {"a!/x.sh"});
  EXPECT_FALSE(
      is_archive(util::as_bytes("a text that quotes PK\5\6 and goes on for longer than an end record")));
}

TEST_F(Nested, SkippableFramesInFrontOfZstdAreSkipped) {
  expect_members(std::string("\x53\x2a\x4d\x18\x03\0\0\0abc", 11) +
                     run({"zstd", "-c"}, TarBuilder().file("x.sh", kInner).closed()),
                 {"a!/x.sh"});
}

TEST_F(Nested, DebWithAJarInIt) {
  const std::string jar = zip({{"META-INF/x.sh", std::string(kInner)}});
  const std::string data =
      run({"xz", "-c"}, TarBuilder().directory("./opt/").file("./opt/app.jar", jar).closed());
  const std::string control = run({"gzip", "-c"}, TarBuilder().file("./control", "Package: p\n").closed());
  const Unpacked result =
      open_all(ar({{"debian-binary", "2.0\n"}, {"control.tar.gz", control}, {"data.tar.xz", data}}), "p.deb");
  EXPECT_EQ(result.ending.code, Outcome::complete) << result.ending.reason;
  EXPECT_EQ(result.content("p.deb!/data.tar.xz!/./opt/app.jar!/META-INF/x.sh"), kInner);
  EXPECT_EQ(result.content("p.deb!/control.tar.gz!/./control"), "Package: p\n");
}

TEST_F(Nested, RpmIsOpened) {
  // Lead and two empty headers are all that stands in front of the payload.
  std::string rpm("\xed\xab\xee\xdb\x03", 5);
  rpm.resize(96);
  const std::string header("\x8e\xad\xe8\x01\0\0\0\0\0\0\0\0\0\0\0\0", 16);
  expect_members(rpm + header + header + bsdtar({"--format=newc", "-z"}), {"a!/dir/x.sh", "a!/big"});
}

TEST_F(Nested, DepthIsLimited) {
  std::string archive(kInner);
  for (int level = 0; level < 4; ++level) archive = zip({{"n", archive}});
  const Unpacked result = open_all(archive, "z");
  EXPECT_EQ(result.ending.code, Outcome::limit);
  EXPECT_EQ(result.ending.rule, "nested-depth");
  EXPECT_NE(result.ending.reason.find("z!/n!/n!/n"), std::string::npos) << result.ending.reason;
  EXPECT_EQ(result.files.size(), 3u) << "what is above the limit is delivered";
}

TEST_F(Nested, BudgetsAreSharedAndStaySpent) {
  const std::string archive =
      TarBuilder().file("a", std::string(600, 'a')).file("b", std::string(600, 'b')).closed();
  Limits limits;
  limits.nested_bytes = 1000;
  Unpacked result = open_all(archive, "t", limits);
  EXPECT_EQ(result.ending.rule, "nested-bytes");
  EXPECT_EQ(result.ending.code, Outcome::limit);
  EXPECT_EQ(result.paths(), std::vector<std::string>{"t!/a"});

  limits = {};
  limits.nested_entries = 1;
  result = open_all(archive, "t", limits);
  EXPECT_EQ(result.ending.rule, "nested-entries");
  EXPECT_EQ(result.paths(), std::vector<std::string>{"t!/a"});

  const std::string zeros =
      run({"python3", "-c", "import sys,gzip\nsys.stdout.buffer.write(gzip.compress(bytes(50000000)))"});
  limits = {};
  limits.nested_bytes = 1 << 20;
  EXPECT_EQ(open_all(zeros, "z.gz", limits).ending.rule, "nested-bytes");

  // Two archives, one budget.
  const auto budget = make_nested_budget({.nested_bytes = 1000});
  const TestSpool spool;
  File file;
  file.content =
      unpack(TarBuilder().file("inner", TarBuilder().file("a", std::string(600, 'a')).closed()).closed())
          .files.at(0)
          .content;
  Unpacked sink;
  EXPECT_EQ(open_nested(file, {}, *budget, spool.spool(), sink).code, Outcome::complete);
  EXPECT_EQ(open_nested(file, {}, *budget, spool.spool(), sink).rule, "nested-bytes");
}

TEST_F(Nested, LongPathsAreShortenedAndNamed) {
  Limits limits;
  limits.path_bytes = 40;
  const Unpacked result =
      open_all(TarBuilder().file(std::string(60, 'n'), kInner).file("b", "b").closed(), "t", limits);
  EXPECT_EQ(result.ending.rule, "nested-path-bytes");
  EXPECT_EQ(result.ending.code, Outcome::limit);
  ASSERT_EQ(result.files.size(), 2u);
  EXPECT_EQ(text_of(*result.files[0].content), kInner);
}

TEST_F(Nested, BrokenArchivesAreNamed) {
  const std::string gz =
      run({"gzip", "-nc"}, TarBuilder().file("x.sh", kInner).file("y", std::string(5000, 'y')).closed());
  const std::string zipped = zip({{"x.sh", std::string(2000, 'x') + std::string(kInner)}});
  std::string flipped = zipped;
  flipped[40] = static_cast<char>(flipped[40] ^ 0x55);
  const std::string seven = bsdtar({"--format=7zip"});
  const std::string plain = TarBuilder().file("x.sh", kInner).file("y", std::string(5000, 'y')).closed();
  const std::vector<std::pair<std::string, std::string>> broken{
      {"gzip cut", gz.substr(0, gz.size() - 20)},
      {"gzip header only", gz.substr(0, 12)},
      {"zip data damaged", flipped},
      {"zip cut", zipped.substr(0, 60)},
      {"7z cut", seven.substr(0, seven.size() / 2)},
      {"tar cut", plain.substr(0, 3000)},
      {"tar with text behind the first file", plain.substr(0, 1024) + std::string(1024, 'A')},
      {"xz damaged", run({"xz", "-c"}, plain).substr(0, 80) + std::string(80, 'A')},
      {"zstd cut", run({"zstd", "-c"}, plain).substr(0, 60)},
      {"bzip2 cut", run({"bzip2", "-c"}, plain).substr(0, 60)},
      {"ar cut", ar({{"x.sh", std::string(1000, 'x')}}).substr(0, 500)},
      {"cpio cut", bsdtar({"--format=newc"}).substr(0, 1000)},
  };
  for (const auto& [name, archive] : broken) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(is_archive(util::as_bytes(archive)));
    const Unpacked result = open_all(archive, "a");
    EXPECT_EQ(result.ending.code, Outcome::unscannable);
    EXPECT_EQ(result.ending.rule, "nested-broken") << result.ending.reason;
  }
}

TEST_F(Nested, EncryptedMembersAreNamedAndTheOthersDelivered) {
  std::vector<std::pair<std::string, std::string>> encrypted;
  for (const char* how : {"zipcrypt", "aes128", "aes256"}) {
    const auto made = test::run({.argv = {"bsdtar", "-cf", "-", "--format=zip", "--passphrase", "secret",
                                          std::string("--options=zip:encryption=") + how, "dir", "big"},
                                 .cwd = dir_ / "in"});
    if (made.exit_code == 0) encrypted.emplace_back(how, made.out);
  }
  ASSERT_FALSE(encrypted.empty()) << "bsdtar cannot encrypt";
  for (const auto& [how, archive] : encrypted) {
    SCOPED_TRACE(how);
    const Unpacked result = open_all(archive, "a.zip");
    EXPECT_EQ(result.ending.code, Outcome::unscannable);
    EXPECT_EQ(result.ending.rule, "nested-encrypted") << result.ending.reason;
    EXPECT_TRUE(result.files.empty());
  }
}

TEST_F(Nested, OrdinaryFilesAreNoArchives) {
  for (const std::string_view text :
       {std::string_view(), std::string_view("PK"), std::string_view("#!/bin/sh\n"),
        std::string_view("\x7f"
                         "ELF\2\1\1"),
        std::string_view("!<thin>\n"), std::string_view("BZhello world, no bzip2"),
        std::string_view("\xc7\x71 is not enough for cpio...."), std::string_view("\x1f\x8b")})
    EXPECT_FALSE(is_archive(util::as_bytes(text))) << text;
  EXPECT_FALSE(is_archive(util::as_bytes(std::string(10000, '\0'))));
}

}  // namespace
}  // namespace portcullis::unpack
