// SPDX-License-Identifier: Apache-2.0
//
// Looking into image archives with the real portcullis-scanner: what skopeo writes, and what nobody
// should have written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "portcullis/scan/service.hpp"
#include "portcullis/util/files.hpp"
#include "portcullis/util/hash.hpp"
#include "sources.hpp"
#include "support/image_builder.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/tar_builder.hpp"
#include "support/temp_dir.hpp"

namespace portcullis {
namespace {

using scan::ArchiveEntry;
using scan::ArchiveEntryType;
using test::TarBuilder;
using test::TextSource;
using ::testing::HasSubstr;
using util::ErrorKind;

class TextSink final : public util::ByteSink {
 public:
  util::Result<void> write(std::span<const std::byte> bytes) override {
    if (refuse) return util::fail(ErrorKind::io, "disk full");
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }
  std::string text;
  bool refuse = false;
};

class ArchiveTest : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.scanner = test::program_path("portcullis-scanner");
    options_.rules = {dir_.write("rules/x.yar", "rule x { condition: false }")};
    options_.spool = dir_.path();
  }
  scan::Service& service() {
    if (!service_) {
      auto started = scan::start(options_, metrics_);
      if (!started) throw std::runtime_error(started.error().message);
      service_ = std::move(*started);
    }
    return *service_;
  }
  util::Result<std::vector<ArchiveEntry>> list(const std::string& archive) {
    TextSource source(archive);
    TextSink unpacked;
    auto listing = service().list_archive(source, unpacked);
    if (!listing) return tl::unexpected(listing.error());
    return std::move(listing->entries);
  }
  /// What is in its files, by name, read from where the listing says.
  std::map<std::string, std::string> contents(const std::string& archive) {
    TextSource source(archive);
    TextSink unpacked;
    const auto listing = service().list_archive(source, unpacked);
    EXPECT_TRUE(listing) << listing.error().message;
    std::map<std::string, std::string> all;
    if (!listing) return all;
    const bool in_place = listing->content == scan::ArchiveListing::Content::in_place;
    EXPECT_TRUE(!in_place || unpacked.text.empty());
    for (const auto& entry : listing->entries) {
      if (entry.type != ArchiveEntryType::file) continue;
      all[entry.name] = (in_place ? archive : unpacked.text).substr(entry.content, entry.size);
    }
    return all;
  }

  test::TempDir dir_;
  util::MemoryMetrics metrics_;
  scan::Options options_;
  std::unique_ptr<scan::Service> service_;
};

std::vector<std::string> names_of(const std::vector<ArchiveEntry>& entries) {
  std::vector<std::string> names;
  for (const auto& entry : entries) names.push_back(entry.name);
  return names;
}

TEST_F(ArchiveTest, WhatSkopeoWrites) {
  PORTCULLIS_REQUIRE(test::have_tool("skopeo"), "skopeo");
  const auto image = test::ImageBuilder().layer({{"etc/motd", "welcome\n"}}).layer({{"bin/x", "x"}}).build();
  test::write_oci_layout(dir_ / "layout", "latest", image);
  const std::string from = "oci:" + (dir_ / "layout").string() + ":latest";
  const auto archive_as = [&](const std::string& kind) {
    const auto file = dir_ / (kind + ".tar");
    test::run_ok(
        {.argv = {"skopeo", "copy", "--insecure-policy", from, kind + ":" + file.string() + ":a/b:latest"}});
    auto bytes = util::read_file(file, 64u << 20);
    return bytes ? *bytes : std::string();
  };

  const std::string docker = archive_as("docker-archive");
  for (const auto compression : {oci::Compression::none, oci::Compression::gzip, oci::Compression::zstd}) {
    const std::string bytes = test::compress(docker, compression);
    const auto entries = list(bytes);
    ASSERT_TRUE(entries) << entries.error().message;
    EXPECT_THAT(names_of(*entries), ::testing::IsSupersetOf({"manifest.json", "repositories"}));
    // skopeo adds the layout of older versions of docker as links to the layers.
    const auto links = std::ranges::count(*entries, ArchiveEntryType::symlink, &ArchiveEntry::type);
    EXPECT_EQ(links, 2);
    EXPECT_THAT(contents(bytes)["manifest.json"], HasSubstr("\"RepoTags\":[\"docker.io/a/b:latest\"]"));
  }

  const std::string oci_archive = archive_as("oci-archive");
  const auto files = contents(oci_archive);
  EXPECT_TRUE(files.contains("index.json") && files.contains("oci-layout"));
  for (const auto& [name, content] : files) {
    if (name.starts_with("blobs/sha256/")) {
      EXPECT_EQ(name, "blobs/sha256/" + util::sha256_hex(content));
    }
  }
}

TEST_F(ArchiveTest, NamesAndTypesAsTheyAre) {
  const auto entries = list(TarBuilder()
                                .directory("./")
                                .directory("./blobs/")
                                .directory("blobs")
                                .file("./blobs/a\x1b[2J\xff", "abc")
                                .symlink("link", "../../etc/passwd")
                                .hardlink("hard", "./blobs/x")
                                .closed());
  ASSERT_TRUE(entries) << entries.error().message;
  ASSERT_EQ(entries->size(), 4u);
  EXPECT_EQ((*entries)[0].name, "blobs");
  EXPECT_EQ((*entries)[0].type, ArchiveEntryType::directory);
  EXPECT_EQ((*entries)[1].name, "blobs/a\x1b[2J\xff");
  EXPECT_EQ((*entries)[1].type, ArchiveEntryType::file);
  EXPECT_EQ((*entries)[1].size, 3u);
  EXPECT_EQ((*entries)[2].link, "../../etc/passwd");
  EXPECT_EQ((*entries)[3].type, ArchiveEntryType::hardlink);
  EXPECT_EQ((*entries)[3].link, "./blobs/x");
}

TEST_F(ArchiveTest, WhereTheContentIs) {
  std::string large(20 << 20, 'x');  // beyond what stays in memory
  large += "end";
  const std::string archive = TarBuilder()
                                  .file("empty", "")
                                  .pax({{"path", "./large"}})
                                  .file("short", large)
                                  .gnu_long('L', "second")
                                  .file("s", "s")
                                  .directory("d")
                                  .file("last", "l")
                                  .closed();
  const std::map<std::string, std::string> expected = {
      {"empty", ""}, {"large", large}, {"second", "s"}, {"last", "l"}};
  for (const auto compression : {oci::Compression::none, oci::Compression::gzip, oci::Compression::zstd}) {
    EXPECT_TRUE(contents(test::compress(archive, compression)) == expected)
        << "compression " << static_cast<int>(compression);
  }
  // Without the padding behind the last file, as some tools write it.
  const std::string cut = TarBuilder().file("a", "abc").open().substr(0, 515);
  EXPECT_EQ(contents(cut).at("a"), "abc");
}

struct RefusedRow {
  const char* name;
  std::string archive;
  ErrorKind kind;
  const char* message;
};

TEST_F(ArchiveTest, WhatCannotBeReliedOnIsRefused) {
  const std::string good = TarBuilder().file("wanted", "content").closed();
  const RefusedRow rows[] = {
      {"cut in a file",
       TarBuilder().file("wanted", "w").file("b", std::string(5000, 'b')).open().substr(0, 3000),
       ErrorKind::corrupt, "unscannable: "},
      {"not a tar", std::string(5000, 'n'), ErrorKind::corrupt, "unscannable: "},
      {"bytes behind", good + std::string(512, 'x'), ErrorKind::corrupt, "unscannable: "},
      {"cut gzip", test::compress(good, oci::Compression::gzip).substr(0, 40), ErrorKind::corrupt,
       "unscannable: "},
      {"same name twice", TarBuilder().file("wanted", "1").file("wanted", "2").closed(), ErrorKind::corrupt,
       "two entries with one name: wanted"},
      {"same name in other words", TarBuilder().file("wanted", "1").file(".//wanted", "2").closed(),
       ErrorKind::corrupt, "two entries with one name: wanted"},
      {"link of the same name", TarBuilder().file("wanted", "1").symlink("wanted", "x").closed(),
       ErrorKind::corrupt, "two entries with one name: wanted"},
      {"leads out", TarBuilder().file("wanted", "1").file("../x", "2").closed(), ErrorKind::corrupt,
       "a name that leads out of the archive: ../x"},
      {"leads out from within", TarBuilder().file("wanted", "1").file("a/../../x", "2").closed(),
       ErrorKind::corrupt, "a name that leads out"},
      {"absolute", TarBuilder().file("wanted", "1").file("/x", "2").closed(), ErrorKind::corrupt,
       "a name that leads out"},
      {"below a link", TarBuilder().file("wanted", "1").symlink("a", "b").file("a/c", "2").closed(),
       ErrorKind::corrupt, "below one that is no directory: a/c"},
      {"below a later link", TarBuilder().file("wanted", "1").file("a/c", "2").symlink("a", "b").closed(),
       ErrorKind::corrupt, "below one that is no directory: a/c"},
      {"a sparse file",
       TarBuilder()
           .file("wanted", "1")
           .entry({.name = "s", .type = 'S', .flavour = test::TarFlavour::gnu}, "2")
           .closed(),
       ErrorKind::corrupt, "unscannable: "},
      {"a sparse file of pax",
       TarBuilder()
           .pax({{"GNU.sparse.major", "1"},
                 {"GNU.sparse.minor", "0"},
                 {"GNU.sparse.name", "s"},
                 {"GNU.sparse.realsize", "9"}})
           .file("wanted", std::string(512, '0'))
           .closed(),
       ErrorKind::corrupt, "unscannable: "},
      {"two sizes for one file",
       TarBuilder().pax({{"size", "3"}, {"size", "4"}}).file("wanted", "abc").closed(), ErrorKind::corrupt,
       "pax-duplicate-key"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto entries = list(row.archive);
    ASSERT_FALSE(entries);
    EXPECT_EQ(entries.error().kind, row.kind);
    EXPECT_THAT(entries.error().message, HasSubstr(row.message));
  }
  EXPECT_EQ(contents(good).at("wanted"), "content");
}

TEST_F(ArchiveTest, EntriesAndBytesAreBounded) {
  TarBuilder many;
  for (std::size_t i = 0; i <= scan::kMaxArchiveEntries; ++i) many.file(std::to_string(i), "");
  const auto too_many = list(many.closed());
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().kind, ErrorKind::limit);

  options_.limits.unpacked_bytes = 1 << 20;
  service_.reset();
  const auto too_large = list(TarBuilder().file("a", "").file("b", std::string(2 << 20, 'b')).closed());
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().kind, ErrorKind::limit);
}

TEST_F(ArchiveTest, SourceAndSinkThatFail) {
  const std::string archive = TarBuilder().file("a", std::string(1 << 20, 'a')).closed();
  TextSource broken(archive.substr(0, 100'000));
  broken.fail_at_end("the disk is gone");
  TextSink none;
  const auto entries = service().list_archive(broken, none);
  ASSERT_FALSE(entries);
  EXPECT_EQ(entries.error().kind, ErrorKind::unreachable);
  EXPECT_THAT(entries.error().message, HasSubstr("the disk is gone"));

  TextSource source(test::compress(archive, oci::Compression::gzip));
  TextSink full;
  full.refuse = true;
  const auto read = service().list_archive(source, full);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::io);
  EXPECT_EQ(read.error().message, "disk full");
  EXPECT_TRUE(list(archive)) << "the next job works";
}

TEST_F(ArchiveTest, QuestionsAreNoScans) {
  options_.known_clean.directory = dir_.path();
  ASSERT_TRUE(list(TarBuilder().file("a", "1").closed()));
  EXPECT_EQ(metrics_.value("portcullis_scans_total{outcome=complete}"), 0);
  EXPECT_EQ(metrics_.value("portcullis_known_clean_entries"), 0);
}

}  // namespace
}  // namespace portcullis
