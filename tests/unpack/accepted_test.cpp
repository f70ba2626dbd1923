// SPDX-License-Identifier: Apache-2.0
//
// Layers that must pass: odd but unambiguous ones, and what real tools write.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <ostream>

#include "support/process.hpp"
#include "support/require.hpp"
#include "support/tar_builder.hpp"
#include "support/temp_dir.hpp"
#include "unpack/unpacked.hpp"

namespace portcullis::unpack {
namespace {

namespace fs = std::filesystem;
using findings::Outcome;
using test::put;
using test::TarBuilder;
using test::TarFlavour;
using test::TarHeaderSpec;

constexpr std::string_view kText = "content of the file\n";

struct Row {
  std::string name;
  std::string layer;
  std::string path;  ///< of the one regular file in it, which holds kText
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

std::string tampered(std::function<void(std::string&)> tamper, TarFlavour flavour = TarFlavour::posix) {
  return TarBuilder().entry({.name = "f", .flavour = flavour, .tamper = std::move(tamper)}, kText).closed();
}

std::string field(std::size_t offset, std::string_view bytes, TarFlavour flavour = TarFlavour::posix) {
  return tampered([offset, text = std::string(bytes)](std::string& block) { put(block, offset, text); },
                  flavour);
}

TarBuilder globals(int count) {
  TarBuilder builder;
  for (int i = 0; i < count; ++i) builder.pax({{"comment", "0123456789abcdef"}}, 'g');
  return builder;
}

std::string with_pax(const test::PaxRecords& records) {
  return TarBuilder().pax(records).file("f", kText).closed();
}

std::string garbage_padding() {
  return TarBuilder().entry({.name = "f"}, kText).open().substr(0, 512 + kText.size()) +
         std::string(512 - kText.size(), 'P') + std::string(1024, '\0');
}

std::string signed_checksum() {
  std::string layer = TarBuilder().file("caf\xe9", kText).closed();
  int sum = 0;
  for (std::size_t i = 0; i < 512; ++i) sum += i >= 148 && i < 156 ? ' ' : static_cast<signed char>(layer[i]);
  char text[8];
  std::snprintf(text, sizeof text, "%06o", static_cast<unsigned>(sum));
  put(layer, 148, {text, 7});
  return layer;
}

std::vector<Row> odd_but_clear() {
  const std::string file = TarBuilder().file("f", kText).open();
  const std::string deep = std::string(90, 'd') + "/" + std::string(120, 'n');
  const std::string decomposed = "cafe\xcc\x81/\xe1\x84\x80\xe1\x85\xa1/\xf0\x9f\x98\x80";  // not in form C
  constexpr auto kGnu = TarFlavour::gnu;
  return {
      {"usual", file + std::string(1024, '\0'), "f"},
      {"no zero blocks at the end", file, "f"},
      {"no padding behind the last file", file.substr(0, 512 + kText.size()), "f"},
      {"half the padding behind the last file", file.substr(0, 600), "f"},
      {"one zero block at the end", file + std::string(512, '\0'), "f"},
      {"padded to a record", file + std::string(10240 - 1024, '\0'), "f"},
      {"zeros to no block boundary", file + std::string(1500, '\0'), "f"},
      {"padding is not zero", garbage_padding(), "f"},
      {"old file type", tampered([](std::string& block) { block[156] = '\0'; }), "f"},
      {"old checksum of signed bytes", signed_checksum(), "caf\xe9"},
      {"name of 100 bytes", TarBuilder().file(std::string(100, 'n'), kText).closed(), std::string(100, 'n')},
      {"prefix", TarBuilder().entry({.name = "f", .prefix = "usr/bin"}, kText).closed(), "usr/bin/f"},
      {"bytes behind the NUL of a name", field(0, std::string_view("f\0old", 5)), "f"},
      {"GNU magic", TarBuilder().entry({.name = "f", .flavour = kGnu}, kText).closed(), "f"},
      {"GNU atime and ctime", field(345, std::string_view("14524770000\00014524770000\0", 24), kGnu), "f"},
      {"GNU negative ctime", field(357, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xf0", kGnu), "f"},
      {"GNU long name", TarBuilder().gnu_long('L', deep + '\0').file(deep, kText).closed(), deep},
      {"long name without NUL", TarBuilder().gnu_long('L', deep).file(deep, kText).closed(), deep},
      {"long name, POSIX magic",
       TarBuilder().entry({.name = "././@LongLink", .type = 'L'}, deep + '\0').file(deep, kText).closed(),
       deep},
      {"long name, then harmless pax",
       TarBuilder().gnu_long('L', deep + '\0').pax({{"mtime", "1.5"}}).file("f", kText).closed(), deep},
      {"size with leading blanks", field(124, "         24 "), "f"},
      {"size without terminator", field(124, "000000000024"), "f"},
      {"size in base-256", field(124, std::string_view("\x80\0\0\0\0\0\0\0\0\0\0\x14", 12)), "f"},
      {"uid in base-256", field(108, std::string_view("\x80\0\0\0\x7f\xff\xff\xff", 8)), "f"},
      {"empty mode, uid, gid", field(100, std::string(24, '\0')), "f"},
      {"mtime before 1970", field(136, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xf0"), "f"},
      {"device numbers are blanks", field(329, "                "), "f"},
      {"pax path", with_pax({{"path", deep}}), deep},
      {"pax path in decomposed Unicode", with_pax({{"path", decomposed}}), decomposed},
      {"ustar name in decomposed Unicode", TarBuilder().file(decomposed, kText).closed(), decomposed},
      {"name that is not UTF-8", TarBuilder().file("caf\xe9\xff", kText).closed(), "caf\xe9\xff"},
      {"long name that is not UTF-8", TarBuilder().gnu_long('L', deep + "\xe9").file("f", kText).closed(),
       deep + "\xe9"},
      {"pax path over an empty name", TarBuilder().pax({{"path", "f"}}).entry({.name = ""}, kText).closed(),
       "f"},
      {"pax size that agrees", with_pax({{"size", std::to_string(kText.size())}}), "f"},
      {"pax owner",
       with_pax({{"uid", "4294967294"}, {"gid", "100000"}, {"uname", "b\xc3\xb6rk"}, {"gname", "x"}}), "f"},
      {"pax path in Latin-1, as Go writes it", with_pax({{"path", "opt/caf\xe9\xff"}}), "opt/caf\xe9\xff"},
      {"pax path with overlong UTF-8", with_pax({{"path", "a\xc0\xaf"}}), "a\xc0\xaf"},
      {"pax path with a surrogate", with_pax({{"path", "a\xed\xa0\x80"}}), "a\xed\xa0\x80"},
      {"pax times and comment",
       with_pax({{"mtime", "1.123456789"}, {"atime", "-1.5"}, {"ctime", "2"}, {"comment", "c"}}), "f"},
      {"vendor keys",
       with_pax({{"SCHILY.xattr.security.capability", std::string("\1\0\0\2\0\n\0\0", 8)},
                 {"SCHILY.xattr.user.size", "7"},
                 {"LIBARCHIVE.xattr.user.a", "YQ"},
                 {"LIBARCHIVE.creationtime", "1700000000"},
                 {"SCHILY.fflags", "nodump"},
                 {"SCHILY.dev", "5"},
                 {"MSWINDOWS.rawsd", "AQAAgBQ="},
                 {"MSWINDOWS.fileattr", "32"},
                 {"RHT.security.selinux", "system_u:object_r:etc_t:s0"}}),
       "f"},
      {"empty extended header", TarBuilder().entry({.name = "x", .type = 'x'}).file("f", kText).closed(),
       "f"},
      {"global comment", globals(1).file("f", kText).closed(), "f"},
      {"31 headers in front of one file", globals(31).file("f", kText).closed(), "f"},
      {"global comment at the end", TarBuilder().file("f", kText).pax({{"comment", "c"}}, 'g').closed(), "f"},
  };
}

class Accepted : public testing::TestWithParam<Row> {};

TEST_P(Accepted, WithItsContent) {
  const Unpacked result = unpack(GetParam().layer);
  EXPECT_EQ(result.ending.code, Outcome::complete) << result.ending.rule << ": " << result.ending.reason;
  ASSERT_EQ(result.entries.size(), 1u);
  EXPECT_EQ(result.content(GetParam().path), kText);
  EXPECT_EQ(result.ending.counts.bytes_unpacked, GetParam().layer.size());
}

std::string test_name(const testing::TestParamInfo<Row>& info) {
  std::string name;
  for (const char c : info.param.name)
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? std::string(1, c) : "_";
  return name;
}

INSTANTIATE_TEST_SUITE_P(Odd, Accepted, testing::ValuesIn(odd_but_clear()), test_name);

TEST(Entries, AreDescribedAsWritten) {
  const std::string long_target = std::string(150, 't') + "/\xc3\xa9";
  const Unpacked result = unpack(TarBuilder()
                                     .directory("etc/")
                                     .entry({.name = "etc/su", .mode = 04755, .uid = 1000, .gid = 50}, kText)
                                     .hardlink("etc/hard", "etc/su")
                                     .symlink("etc/soft", "../../su")
                                     .pax({{"linkpath", long_target}, {"uid", "3000000"}})
                                     .header({.name = "etc/far", .type = '2'})
                                     .pax({{"linkpath", long_target}})
                                     .header({.name = "etc/farhard", .type = '1', .link = "cut"})
                                     .gnu_long('K', long_target + '\0')
                                     .symlink("etc/gnu", "cut")
                                     .header({.name = "dev/null", .type = '3'})
                                     .header({.name = "dev/sda", .type = '4'})
                                     .header({.name = "run/pipe", .type = '6'})
                                     .file("etc/su", "again")
                                     .file("empty", "")
                                     .closed());
  ASSERT_EQ(result.ending.code, Outcome::complete) << result.ending.reason;
  const std::vector<std::tuple<EntryType, std::string, std::string>> expected{
      {EntryType::directory, "etc/", ""},
      {EntryType::file, "etc/su", ""},
      {EntryType::hardlink, "etc/hard", "etc/su"},
      {EntryType::symlink, "etc/soft", "../../su"},
      {EntryType::symlink, "etc/far", long_target},
      {EntryType::hardlink, "etc/farhard", long_target},
      {EntryType::symlink, "etc/gnu", long_target},
      {EntryType::character_device, "dev/null", ""},
      {EntryType::block_device, "dev/sda", ""},
      {EntryType::fifo, "run/pipe", ""},
      {EntryType::file, "etc/su", ""},
      {EntryType::file, "empty", ""},
  };
  ASSERT_EQ(result.entries.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(std::tuple(result.entries[i].type, result.entries[i].path, result.entries[i].link), expected[i])
        << i;
  EXPECT_EQ(result.entries[1].mode, 04755u);
  EXPECT_EQ(result.entries[1].uid, 1000u);
  EXPECT_EQ(result.entries[1].gid, 50u);
  EXPECT_EQ(result.entries[1].offset, 512u);
  EXPECT_EQ(result.entries[4].uid, 3000000u);
  EXPECT_EQ(result.entries[4].offset, 2560u) << "the offset is that of the extended header";
  ASSERT_EQ(result.files.size(), 3u) << "the same path twice comes twice";
  EXPECT_EQ(text_of(*result.files[1].content), "again");
  EXPECT_EQ(result.ending.counts.entries, 12u);
  EXPECT_EQ(result.ending.counts.files, 3u);
}

TEST(Entries, DevicesWithTheirNumbers) {
  const auto device = [](std::string_view numbers) {
    return TarHeaderSpec{
        .name = "dev/x", .type = '3', .tamper = [=](std::string& block) { put(block, 329, numbers); }};
  };
  const Unpacked result = unpack(TarBuilder()
                                     .header(device(std::string_view("0000012\0"
                                                                     "0000377\0",
                                                                     16)))
                                     .header(device("                "))
                                     .header(device("nonsensenonsense"))
                                     .closed());
  ASSERT_EQ(result.ending.code, Outcome::complete) << result.ending.reason;
  ASSERT_EQ(result.entries.size(), 3u);
  EXPECT_EQ(result.entries[0].device_major, 10u);
  EXPECT_EQ(result.entries[0].device_minor, 255u);
  EXPECT_EQ(result.entries[1].device_major, 0u) << "blanks are zero";
  EXPECT_EQ(result.entries[2].device_major, kNoDeviceNumber);
  EXPECT_EQ(result.entries[2].device_minor, kNoDeviceNumber);
}

TEST(Entries, OfEmptyLayers) {
  for (const std::string& layer :
       {std::string(), std::string(512, '\0'), std::string(1024, '\0'), std::string(10240, '\0')}) {
    SCOPED_TRACE(layer.size());
    const Unpacked result = unpack(layer);
    EXPECT_EQ(result.ending.code, Outcome::complete) << result.ending.reason;
    EXPECT_TRUE(result.entries.empty());
  }
}

TEST(Visitors, CanStop) {
  const TarBuilder layer = TarBuilder().file("a", "a").file("b", "b");
  StringSource source(layer.open());
  const TestSpool spool;
  Unpacked result;
  result.stop_after = 1;
  const Ending ending = unpack_layer(source, {}, {}, spool.spool(), result);
  EXPECT_EQ(ending.code, Outcome::unavailable);
  EXPECT_EQ(ending.rule, "stopped");
  EXPECT_EQ(result.files.size(), 1u);
}

/// A tree with everything that a root file system has, and the names that need extended headers.
class RealTools : public testing::Test {
 protected:
  void SetUp() override {
    const std::string deep(60, 'd');
    tree_ = dir_ / "tree";
    write("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    write("usr/bin/empty", "");
    write("usr/bin/" + std::string(99, 'n'), "99");
    write("usr/bin/" + std::string(140, 'm'), "140");
    write(deep + "/" + deep + "/" + deep + "/" + deep + "/" + deep + "/deep", "deep");
    write("usr/share/caf\xc3\xa9", "composed");
    write("usr/share/cafe\xcc\x81", "decomposed");
    write("usr/share/big", std::string(3'000'000, 'b'));
    write("usr/share/block", std::string(512, 'k'));
    fs::create_directory_symlink("../etc/passwd", tree_ / "usr/link");
    fs::create_symlink("/" + std::string(150, 'l'), tree_ / "usr/longlink");
    fs::create_hard_link(tree_ / "etc/passwd", tree_ / "etc/passwd-");
    ASSERT_EQ(::mkfifo((tree_ / "run-pipe").c_str(), 0600), 0);
  }

  void write(const std::string& path, const std::string& content) {
    dir_.write("tree/" + path, content);
    expected_[path] = content;
  }

  std::string out(std::vector<std::string> argv) { return test::run_ok({.argv = std::move(argv)}).out; }

  void expect_tree(const std::string& layer, std::string_view media_type = {}) {
    const Unpacked result = unpack(layer, media_type);
    EXPECT_EQ(result.ending.code, Outcome::complete) << result.ending.rule << ": " << result.ending.reason;
    std::map<std::string, std::string> found;
    for (const File& file : result.files) {
      std::string path = file.entry.path;
      if (path.starts_with("./")) path.erase(0, 2);
      if (path.starts_with("tree/")) path.erase(0, 5);
      found[path] = text_of(*file.content);
    }
    // Of two hardlinks the writer decides which one is the file.
    if (found.contains("etc/passwd-")) found.insert({"etc/passwd", found.extract("etc/passwd-").mapped()});
    EXPECT_TRUE(found == expected_) << found.size() << " files instead of " << expected_.size();
  }

  test::TempDir dir_;
  fs::path tree_;
  std::map<std::string, std::string> expected_;
};

TEST_F(RealTools, GnuTar) {
  PORTCULLIS_REQUIRE_TOOL("tar");
  for (const char* format : {"gnu", "oldgnu", "pax", "posix"}) {
    SCOPED_TRACE(format);
    expect_tree(out({"tar", "-C", tree_, std::string("--format=") + format, "-c", "."}));
    expect_tree(out({"tar", "-C", tree_, std::string("--format=") + format, "--owner=x:3000000",
                     "--group=y:4000000", "-c", "."}));
  }
  expect_tree(
      out({"tar", "-C", tree_, "--format=posix", "--xattrs", "--acls", "--sort=name", "--numeric-owner",
           "--mtime=1969-12-31 00:00:00 UTC", "--pax-option=delete=atime,delete=ctime", "-c", "."}));
}

TEST_F(RealTools, BsdTar) {
  PORTCULLIS_REQUIRE_TOOL("bsdtar");
  for (const char* format : {"pax", "paxr", "gnutar"}) {
    SCOPED_TRACE(format);
    expect_tree(out({"bsdtar", "-C", tree_, std::string("--format=") + format, "-cf", "-", "."}));
  }
}

TEST_F(RealTools, PythonTarfile) {
  PORTCULLIS_REQUIRE_TOOL("python3");
  for (const char* format : {"GNU_FORMAT", "PAX_FORMAT"}) {
    SCOPED_TRACE(format);
    expect_tree(
        out({"python3", "-c",
             "import sys, tarfile\n"
             "t = tarfile.open(fileobj=sys.stdout.buffer, mode='w|', format=getattr(tarfile, sys.argv[2]))\n"
             "t.add(sys.argv[1], arcname='.')\n"
             "t.close()\n",
             tree_, format}));
  }
}

TEST_F(RealTools, GitArchive) {
  PORTCULLIS_REQUIRE_TOOL("git");
  fs::remove(tree_ / "run-pipe");
  expected_["etc/passwd-"] = expected_["etc/passwd"];
  const auto git = [&](std::vector<std::string> arguments) {
    std::vector<std::string> argv{"git", "-C", tree_, "-c", "user.name=t", "-c", "user.email=t@example.com"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return out(std::move(argv));
  };
  git({"init", "-q"});
  git({"add", "."});
  git({"commit", "-q", "-m", "tree"});
  const Unpacked result = unpack(git({"archive", "--format=tar", "HEAD"}));
  EXPECT_EQ(result.ending.code, Outcome::complete) << result.ending.reason;
  EXPECT_EQ(result.files.size(), expected_.size());
}

TEST_F(RealTools, Umoci) {
  PORTCULLIS_REQUIRE_TOOL("umoci");
  const std::string layout = dir_ / "image";
  out({"umoci", "init", "--layout", layout});
  out({"umoci", "new", "--image", layout + ":t"});
  out({"umoci", "insert", "--rootless", "--image", layout + ":t", tree_, "/tree"});
  std::size_t layers = 0;
  for (const auto& blob : fs::directory_iterator(layout + "/blobs/sha256")) {
    const std::string bytes = test::slurp(blob.path());
    if (!bytes.starts_with("\x1f\x8b")) continue;
    ++layers;
    expect_tree(bytes, "application/vnd.oci.image.layer.v1.tar+gzip");
  }
  EXPECT_EQ(layers, 1u);
}

TEST_F(RealTools, CompressedByTheirUsualPrograms) {
  for (const char* tool : {"tar", "gzip", "zstd"}) PORTCULLIS_REQUIRE_TOOL(tool);
  const std::string tar = out({"tar", "-C", tree_, "-c", "."});
  const std::vector<std::tuple<std::string, std::vector<std::string>, std::string>> rows{
      {"gzip", {"gzip", "-c"}, "gzip"},
      {"gzip -1 -n", {"gzip", "-1nc"}, "gzip"},
      {"pigz", {"pigz", "-c"}, "gzip"},
      {"bgzip", {"bgzip", "-c"}, "gzip"},
      {"zstd", {"zstd", "-c"}, "zstd"},
      {"zstd -19", {"zstd", "-19", "-c"}, "zstd"},
      {"zstd --long", {"zstd", "--long=27", "-c"}, "zstd"},
      {"zstd without checksum", {"zstd", "--no-check", "-c"}, "zstd"},
  };
  for (const auto& [name, argv, type] : rows) {
    SCOPED_TRACE(name);
    if (!test::have_tool(argv[0])) continue;  // pigz and bgzip are extras
    const std::string layer = test::run_ok({.argv = argv, .input = tar}).out;
    expect_tree(layer, "application/vnd.oci.image.layer.v1.tar+" + type);
    expect_tree(layer);
  }
}

}  // namespace
}  // namespace portcullis::unpack
