// SPDX-License-Identifier: Apache-2.0
//
// Known clean files, with the real portcullis-scanner: what is skipped, and above all what is not.
#include "portcullis/scan/known_clean.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "portcullis/engine/rule_set.hpp"
#include "portcullis/scan/service.hpp"
#include "portcullis/util/hash.hpp"
#include "sources.hpp"
#include "support/paths.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

namespace portcullis {
namespace {

using findings::Outcome;
using test::tar_of;

constexpr std::uint32_t kNever = std::numeric_limits<std::uint32_t>::max();
constexpr std::string_view kEpoch = "epoch-of-a-table";
constexpr const char* kMarker = "MARKER-OF-EVIL";
constexpr const char* kLowMarker = "MARKER-OF-LITTLE";
constexpr const char* kRules =
    "rule marker { meta: severity = \"high\" strings: $m = \"MARKER-OF-EVIL\" condition: $m }\n"
    "rule little { meta: severity = \"low\" strings: $m = \"MARKER-OF-LITTLE\" condition: $m }";
constexpr const char* kPathRules =
    "rule place { meta: severity = \"high\" condition: filepath contains \"/evil/\" }";

/// A zip of one stored member.
std::string zip_of(const std::string& name, const std::string& content, char flags) {
  const auto number = [](std::size_t value, int width) {
    std::string bytes;
    for (int i = 0; i < width; ++i) bytes.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
    return bytes;
  };
  const std::string common = std::string({20, 0, flags, 0, 0, 0, 0, 0, 0, 0}) + number(0, 4) +
                             number(content.size(), 4) + number(content.size(), 4) + number(name.size(), 2) +
                             number(0, 2);
  const std::string local = "PK\3\4" + common + name + content;
  const std::string central =
      "PK\1\2" + number(20, 2) + common + number(0, 2) + number(0, 4) + number(0, 8) + name;
  return local + central + "PK\5\6" + number(0, 4) + number(1, 2) + number(1, 2) + number(central.size(), 4) +
         number(local.size(), 4) + number(0, 2);
}

class KnownCleanScan : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.scanner = test::program_path("portcullis-scanner");
    options_.rules = {rules_.path()};
    options_.spool = dir_.path();
    options_.threads = 2;
    options_.known_clean.directory = dir_.path();
    options_.known_clean.interval = std::chrono::milliseconds(0);
    options_.known_clean.sample = kNever;
    rules_.write("rules.yar", kRules);
  }
  scan::Service& service() {
    if (!service_) {
      auto started = scan::start(options_, metrics_);
      if (!started) throw std::runtime_error(started.error().message);
      service_ = std::move(*started);
    }
    return *service_;
  }
  void restart() { service_.reset(); }
  findings::ScanResult scan(const std::string& layer, const std::string& label = "sha256:layer") {
    test::TextSource source(layer);
    auto result = service().scan({.kind = scan::JobKind::layer,
                                  .media_type = "",
                                  .label = label,
                                  .size_hint = layer.size(),
                                  .files = &files_},
                                 source);
    EXPECT_EQ(result.outcome, Outcome::complete) << result.reason;
    return result;
  }
  /// Of the last scan.
  std::vector<std::string> inventory() const {
    std::vector<std::string> paths;
    for (const auto& file : files_.files) paths.push_back(file.path);
    return paths;
  }
  bool learns(int entries) const {
    return test::wait_until([&] { return metrics_.value("portcullis_known_clean_entries") == entries; });
  }
  std::filesystem::path file() const { return dir_ / "known-clean"; }

  /// A generation with these keys, as if a layer that lied had contributed them.
  void poison(std::vector<scan::CleanKey> keys) {
    const std::string profile = service().profile().id;
    restart();
    std::ranges::sort(keys);
    const auto header = scan::make_known_clean_header(profile, kEpoch, 1, keys.size());
    std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
    bytes.append("sha256:liar").resize(bytes.size() + scan::kMaxLayerLabel - 11);
    for (const auto& key : keys) bytes.append(reinterpret_cast<const char*>(key.data()), key.size());
    bytes.append(keys.size() * sizeof(std::uint32_t), '\0');
    test::write_file(file(), bytes);
  }

  test::TempDir dir_;
  test::TempDir rules_;
  util::MemoryMetrics metrics_;
  scan::Options options_;
  std::unique_ptr<scan::Service> service_;
  findings::LayerFiles files_;
};

std::vector<std::string> summary(const findings::ScanResult& result) {
  std::vector<std::string> lines;
  for (const auto& finding : result.findings) {
    lines.push_back(finding.rule + ' ' + finding.path + ' ' + finding.file_hash);
  }
  return lines;
}

std::vector<std::pair<std::string, std::string>> some_files() {
  return {{"bin/a", "aaa"}, {"bin/b", "bbb"}, {"empty", ""}, {"opt/app.tar", tar_of({{"x.txt", "member"}})}};
}

TEST_F(KnownCleanScan, SecondScanSkipsEveryFile) {
  for (const bool with_path_rules : {false, true}) {
    SCOPED_TRACE(with_path_rules);
    restart();
    if (with_path_rules) rules_.write("path.yar", kPathRules);
    const auto first = scan(tar_of(some_files()));
    EXPECT_EQ(first.counts.files, 5u);
    EXPECT_EQ(first.counts.files_skipped, 0u);
    // A key a file and group of rules, and one for the members of the archive.
    ASSERT_TRUE(learns(with_path_rules ? 11 : 6));
    const auto second = scan(tar_of(some_files()));
    EXPECT_EQ(second.counts.files_skipped, 4u);
    EXPECT_EQ(second.counts.files, 4u) << "the archive is not opened";
    EXPECT_EQ(second.counts.entries, first.counts.entries);
    EXPECT_EQ(second.counts.bytes_in, first.counts.bytes_in);
    EXPECT_TRUE(second.findings.empty());
  }
  EXPECT_EQ(metrics_.value("portcullis_known_clean_hits_total"), 8);
}

TEST_F(KnownCleanScan, TheInventoryIsTheSameWithTheTable) {
  const std::string script = "#!/bin/sh\n";
  auto files = some_files();
  files.emplace_back("bin/run", script);
  files.emplace_back("opt/plain.tar", tar_of({{"readme.txt", "text"}}));
  files.emplace_back("opt/run.tar", tar_of({{"run", script}}));
  files.emplace_back("opt/outer.tar", tar_of({{"inner.tar", tar_of({{"run", script}})}}));
  const auto first = scan(tar_of(files));
  EXPECT_EQ(first.counts.files_skipped, 0u);
  const std::vector<std::string> listed = {"bin/run", "opt/outer.tar!/inner.tar!/run", "opt/run.tar!/run"};
  EXPECT_EQ(inventory(), listed);
  ASSERT_TRUE(test::wait_until([&] { return metrics_.value("portcullis_known_clean_entries") > 0; }));
  const auto second = scan(tar_of(files), "sha256:second");
  EXPECT_GE(second.counts.files_skipped, 8u);
  EXPECT_EQ(second.counts.files, first.counts.files - 2) << "what holds nothing to list is not opened";
  EXPECT_EQ(inventory(), listed);
}

TEST_F(KnownCleanScan, SkipsAfterARestartToo) {
  scan(tar_of(some_files()));
  restart();
  EXPECT_EQ(scan(tar_of(some_files())).counts.files_skipped, 4u);
}

TEST_F(KnownCleanScan, ChangedFileIsScanned) {
  scan(tar_of(some_files()));
  ASSERT_TRUE(learns(6));
  auto files = some_files();
  files[1].second = kMarker;
  const auto result = scan(tar_of(files), "sha256:changed");
  EXPECT_EQ(result.counts.files_skipped, 3u);
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings.front().path, "bin/b");
}

TEST_F(KnownCleanScan, ChangedMemberOfAnArchiveIsScanned) {
  scan(tar_of(some_files()));
  ASSERT_TRUE(learns(6));
  auto files = some_files();
  files[3].second = zip_of("x.txt", kMarker, 0);
  const auto result = scan(tar_of(files), "sha256:changed");
  EXPECT_THAT(summary(result), ::testing::Contains(::testing::HasSubstr("opt/app.tar!/x.txt")));
}

TEST_F(KnownCleanScan, CleanContentInAnotherPlaceMeetsThePathRules) {
  rules_.write("path.yar", kPathRules);
  const std::string archive = tar_of({{"x.txt", "member"}});
  scan(tar_of({{"good/a", "aaa"}, {"good/app.tar", archive}}));
  ASSERT_TRUE(learns(7));
  const auto result = scan(tar_of({{"evil/a", "aaa"}, {"evil/app.tar", archive}}), "sha256:moved");
  std::vector<std::string> paths;
  for (const auto& finding : result.findings) paths.push_back(finding.path);
  EXPECT_THAT(paths, ::testing::UnorderedElementsAre("evil/a", "evil/app.tar", "evil/app.tar!/x.txt"));
}

TEST_F(KnownCleanScan, FindingsAreTheSameWithAndWithoutTheTable) {
  rules_.write("path.yar", kPathRules);
  auto files = some_files();
  files.emplace_back("evil/c", "ccc");
  files.emplace_back("little", kLowMarker);
  files.emplace_back("lib.tar", tar_of({{"in", kLowMarker}, {"out", "clean"}}));
  const auto clean_part = tar_of(some_files());
  const auto whole = tar_of(files);
  options_.known_clean.use = scan::KnownCleanUse::off;
  const auto without = summary(scan(whole));
  EXPECT_FALSE(std::filesystem::exists(file()));
  restart();
  options_.known_clean.use = scan::KnownCleanUse::on;
  EXPECT_EQ(summary(scan(whole)), without);
  scan(clean_part, "sha256:part");
  ASSERT_TRUE(learns(11));
  const auto with = scan(whole, "sha256:again");
  EXPECT_EQ(with.counts.files_skipped, 4u);
  EXPECT_EQ(summary(with), without);
  EXPECT_GE(without.size(), 4u);
}

TEST_F(KnownCleanScan, FileWithALowFindingIsFoundAgain) {
  const auto layer = tar_of({{"little", kLowMarker}, {"a", "aaa"}});
  scan(layer);
  ASSERT_TRUE(learns(1));
  const auto again = scan(layer);
  EXPECT_EQ(again.counts.files_skipped, 1u);
  EXPECT_EQ(again.findings.size(), 1u);
}

TEST_F(KnownCleanScan, LayerWithAnEvilFileContributesNothing) {
  scan(tar_of({{"evil", kMarker}, {"a", "aaa"}, {"b", "bbb"}}), "sha256:evil");
  scan(tar_of({{"c", "ccc"}}), "sha256:good");
  ASSERT_TRUE(learns(1));
  EXPECT_EQ(scan(tar_of({{"a", "aaa"}, {"b", "bbb"}, {"c", "ccc"}})).counts.files_skipped, 1u);
}

TEST_F(KnownCleanScan, ArchiveWithAnEncryptedMemberNeverContributes) {
  const auto archive = zip_of("secret", std::string(20, 'x'), 1);
  const auto layer = tar_of({{"a.zip", archive}, {"a", "aaa"}});
  const auto first = scan(layer);
  ASSERT_THAT(summary(first), ::testing::ElementsAre(::testing::HasSubstr("nested-encrypted a.zip")));
  ASSERT_TRUE(learns(1));
  const auto second = scan(layer);
  EXPECT_EQ(second.counts.files_skipped, 1u);
  EXPECT_EQ(summary(second), summary(first));
}

TEST_F(KnownCleanScan, ArchiveDoesNotOutliveTheRevocationOfItsMembers) {
  scan(tar_of({{"x.txt", "member"}}), "sha256:first");
  ASSERT_TRUE(learns(1));
  const auto layer = tar_of({{"opt/app.tar", tar_of({{"x.txt", "member"}})}});
  EXPECT_EQ(scan(layer, "sha256:second").counts.files_skipped, 1u) << "the member";
  ASSERT_TRUE(learns(3));
  const auto again = scan(layer, "sha256:second");
  EXPECT_EQ(again.counts.files_skipped, 1u);
  EXPECT_EQ(again.counts.files, 1u) << "not opened, although nobody but the first layer saw its member";
  service().revoke("sha256:first");
  ASSERT_TRUE(learns(2));
  const auto after = scan(layer, "sha256:second");
  EXPECT_EQ(after.counts.files, 2u) << "opened";
  EXPECT_EQ(after.counts.files_skipped, 1u) << "the bytes of the archive";
}

TEST_F(KnownCleanScan, ArchiveThatLeansOnAnotherOneGoesWithIt) {
  const std::string inner = tar_of({{"x", "member"}});
  scan(tar_of({{"x", "member"}}), "sha256:first");
  ASSERT_TRUE(learns(1));
  scan(tar_of({{"in.tar", inner}}), "sha256:second");
  ASSERT_TRUE(learns(3));
  const auto layer = tar_of({{"out.tar", tar_of({{"in.tar", inner}})}});
  EXPECT_EQ(scan(layer, "sha256:third").counts.files, 3u) << "at another depth it has another key";
  ASSERT_TRUE(learns(6));
  EXPECT_EQ(scan(layer, "sha256:third").counts.files, 1u);
  service().revoke("sha256:first");
  ASSERT_TRUE(learns(5));
  EXPECT_EQ(scan(layer, "sha256:third").counts.files, 3u);
}

TEST_F(KnownCleanScan, LayerThatLaterEndsOtherwiseIsRevoked) {
  scan(tar_of({{"a", "aaa"}}), "sha256:one");
  scan(tar_of({{"b", "bbb"}}), "sha256:two");
  ASSERT_TRUE(learns(2));
  scan(tar_of({{"evil", kMarker}}), "sha256:one");
  ASSERT_TRUE(learns(1));
  EXPECT_EQ(scan(tar_of({{"a", "aaa"}, {"b", "bbb"}}), "sha256:three").counts.files_skipped, 1u);
}

TEST_F(KnownCleanScan, DirectoriesProfitButDoNotContribute) {
  const test::TempDir root;
  root.write("a", "aaa");
  root.write("b", "bbb");
  const auto directory = util::open_file(root.path(), O_RDONLY | O_DIRECTORY);
  ASSERT_TRUE(directory);
  EXPECT_EQ(service().scan_directory(directory->get()).counts.files_skipped, 0u);
  scan(tar_of({{"a", "aaa"}}));
  ASSERT_TRUE(learns(1));
  EXPECT_EQ(service().scan_directory(directory->get()).counts.files_skipped, 1u);
}

TEST_F(KnownCleanScan, NewRulesLookAtEverythingAgain) {
  const auto layer = tar_of({{"a", "NEW-MARKER"}});
  EXPECT_TRUE(scan(layer).findings.empty());
  ASSERT_TRUE(learns(1));
  rules_.write("new.yar", "rule fresh { strings: $a = \"NEW-MARKER\" condition: $a }");
  ASSERT_TRUE(service().reload(options_));
  EXPECT_EQ(scan(layer).findings.size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(KnownCleanScan, SampleOfCleanFilesIsNoDispute) {
  options_.known_clean.sample = 1;
  scan(tar_of(some_files()));
  ASSERT_TRUE(learns(6));
  const auto again = scan(tar_of(some_files()));
  EXPECT_EQ(again.counts.files_skipped, 0u);
  EXPECT_EQ(again.counts.files, 5u);
  EXPECT_EQ(metrics_.value("portcullis_known_clean_disagreements_total"), 0);
  EXPECT_EQ(metrics_.value("portcullis_known_clean_entries"), 6);
}

struct Lie {
  const char* name;
  std::string file;
  std::vector<scan::CleanKey> keys;
};

scan::CleanKey members_of(const std::string& archive) {
  const auto values = engine::external_values(util::as_bytes(archive), {"f", 0});
  return scan::members_key(util::sha256_hex(archive), values, 0);
}

scan::CleanKey leaning_members_of(const std::string& archive) {
  const auto values = engine::external_values(util::as_bytes(archive), {"f", 0});
  return scan::leaning_members_key(util::sha256_hex(archive), values, 0, kEpoch);
}

std::vector<Lie> lies() {
  const std::string evil = kMarker;
  // Compressed by nothing, so the rules see the marker in the archive's own bytes as well.
  const std::string archive = zip_of("x", kMarker, 0);
  const std::string locked = zip_of("x", "secret", 1);
  return {
      {"evil file", evil, {scan::plain_key(util::sha256_hex(evil))}},
      {"evil archive", archive, {scan::archive_bytes_key(util::sha256_hex(archive)), members_of(archive)}},
      {"evil archive that leans",
       archive,
       {scan::archive_bytes_key(util::sha256_hex(archive)), leaning_members_of(archive)}},
      {"archive called plain", archive, {scan::plain_key(util::sha256_hex(archive))}},
      {"archive that does not open",
       locked,
       {scan::archive_bytes_key(util::sha256_hex(locked)), members_of(locked)}}};
}

TEST_F(KnownCleanScan, SamplingCatchesALieAndDropsTheTable) {
  for (const Lie& lie : lies()) {
    SCOPED_TRACE(lie.name);
    const auto layer = tar_of({{"f", lie.file}});
    restart();
    poison(lie.keys);
    options_.known_clean.sample = kNever;
    EXPECT_TRUE(scan(layer).findings.empty()) << "or this test proves nothing";

    restart();
    options_.known_clean.sample = 1;
    const double before = metrics_.value("portcullis_known_clean_disagreements_total");
    EXPECT_FALSE(scan(layer).findings.empty()) << "the finding stands";
    EXPECT_GE(metrics_.value("portcullis_known_clean_disagreements_total"), before + 1);
    EXPECT_EQ(metrics_.value("portcullis_known_clean_entries"), 0);
    EXPECT_FALSE(std::filesystem::exists(file()));

    restart();
    options_.known_clean.sample = kNever;
    EXPECT_FALSE(scan(layer).findings.empty()) << "and nothing is left of the lie";
  }
}

TEST_F(KnownCleanScan, TableOfAnotherProfileIsIgnored) {
  poison({scan::plain_key(util::sha256_hex(kMarker))});
  options_.limits.nested_depth = 1;
  EXPECT_EQ(scan(tar_of({{"f", kMarker}})).findings.size(), 1u);
}

TEST_F(KnownCleanScan, DamagedTableIsIgnored) {
  poison({scan::plain_key(util::sha256_hex(kMarker))});
  std::filesystem::resize_file(file(), std::filesystem::file_size(file()) - 1);
  EXPECT_EQ(scan(tar_of({{"f", kMarker}})).findings.size(), 1u);
}

}  // namespace
}  // namespace portcullis
