// SPDX-License-Identifier: Apache-2.0
//
// The scan service against the real portcullis-scanner: what the gate gets.
#include "portcullis/scan/service.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <thread>

#include "portcullis/util/fd.hpp"
#include "portcullis/util/hash.hpp"
#include "sources.hpp"
#include "support/paths.hpp"
#include "support/samples.hpp"
#include "support/temp_dir.hpp"
#include "worker.hpp"

namespace portcullis {
namespace {

using findings::Outcome;
using scan::JobKind;
using test::tar_of;
using test::TempDir;
using test::TextSource;

constexpr const char* kMarkerRule =
    "rule marker { meta: severity = \"high\" strings: $m = \"MARKER-OF-EVIL\" condition: $m }";

class ServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.scanner = test::program_path("portcullis-scanner");
    options_.rules = {rules_.path()};
    options_.spool = dir_.path();
    options_.threads = 4;
    rules_.write("marker.yar", kMarkerRule);
  }
  scan::Service& service() {
    if (!service_) {
      auto started = scan::start(options_, metrics_);
      if (!started) throw std::runtime_error(started.error().message);
      service_ = std::move(*started);
    }
    return *service_;
  }
  findings::ScanResult scan(const std::string& bytes, JobKind kind = JobKind::layer) {
    TextSource source(bytes);
    return service().scan({.kind = kind, .media_type = "", .label = "test", .size_hint = bytes.size()},
                          source);
  }

  TempDir dir_;
  TempDir rules_;
  util::MemoryMetrics metrics_;
  scan::Options options_;
  std::unique_ptr<scan::Service> service_;
};

TEST_F(ServiceTest, FindsTheTestFileWithTheRulesOfTheProject) {
  options_.rules = {test::source_path("rules/yara")};
  const std::string layer = tar_of({{"etc/motd", "welcome\n"}, {"usr/bin/x", test::eicar()}});
  const auto result = scan(layer);
  ASSERT_EQ(result.outcome, Outcome::complete) << result.reason;
  ASSERT_EQ(result.findings.size(), 1u);
  const auto& finding = result.findings.front();
  EXPECT_EQ(finding.rule, "eicar_test_file");
  EXPECT_EQ(finding.rule_namespace, "test/eicar.yar");
  EXPECT_EQ(finding.severity, findings::Severity::critical);
  EXPECT_EQ(finding.path, "usr/bin/x");
  EXPECT_EQ(finding.file_hash, util::sha256_hex(test::eicar()));
  EXPECT_THAT(finding.techniques, ::testing::ElementsAre("T1204.003"));
  ASSERT_EQ(finding.strings.size(), 1u);
  EXPECT_EQ(finding.strings.front().offset, 0u);
  EXPECT_EQ(result.counts.files, 2u);
  EXPECT_EQ(result.counts.bytes_in, layer.size());
  EXPECT_EQ(metrics_.value("portcullis_scans_total{outcome=complete}"), 1);
  EXPECT_EQ(metrics_.value("portcullis_scan_seconds"), 1);
}

TEST_F(ServiceTest, CleanLayerIsCompleteWithoutFindings) {
  const auto result = scan(tar_of({{"a", "nothing"}, {"empty", ""}}));
  EXPECT_EQ(result.outcome, Outcome::complete) << result.reason;
  EXPECT_TRUE(result.findings.empty());
  EXPECT_EQ(result.counts.files, 2u);
}

TEST_F(ServiceTest, CutLayerIsNeverComplete) {
  const std::string whole = tar_of({{"a", std::string(5000, 'a')}});
  const auto result = scan(whole.substr(0, 2000));
  EXPECT_EQ(result.outcome, Outcome::unscannable);
  EXPECT_FALSE(result.reason.empty());
  ASSERT_FALSE(result.findings.empty());
  EXPECT_EQ(result.findings.front().source, findings::Source::layer_check);
}

TEST_F(ServiceTest, ListsWhatCouldBeExecuted) {
  const std::string script = "#!/bin/sh\necho MARKER-OF-EVIL\n";
  const auto self = test::slurp("/proc/self/exe");
  const std::string tar = tar_of({{"usr/bin/y", self},
                                  {"usr/bin/x", script},
                                  {"etc/motd", "welcome\n"},
                                  {"opt/in.tar", tar_of({{"run.py", "pass\n"}, {"notes", "text"}})}});
  findings::LayerFiles files;
  const auto scan_it = [&](const std::string& bytes, JobKind kind, const std::string& media_type = "") {
    TextSource source(bytes);
    return service().scan(
        {.kind = kind, .media_type = media_type, .label = "test", .size_hint = 0, .files = &files}, source);
  };
  ASSERT_EQ(scan_it(tar, JobKind::layer).outcome, Outcome::complete);
  const auto line = [](const findings::LayerFile& file) {
    return file.path + ' ' + file.type + ' ' + std::to_string(file.size) + ' ' + file.hash;
  };
  std::vector<std::string> lines;
  for (const auto& file : files.files) lines.push_back(line(file));
  EXPECT_THAT(lines, ::testing::ElementsAre(
                         "opt/in.tar!/run.py script 5 " + util::sha256_hex("pass\n"),
                         "usr/bin/x script " + std::to_string(script.size()) + ' ' + util::sha256_hex(script),
                         "usr/bin/y elf " + std::to_string(self.size()) + ' ' + util::sha256_hex(self)));
  EXPECT_FALSE(files.truncated);

  // Of a layer that was not read to its end, what was seen.
  ASSERT_EQ(scan_it(tar.substr(0, tar.size() - 3000), JobKind::layer).outcome, Outcome::unscannable);
  EXPECT_TRUE(files.truncated);
  EXPECT_GE(files.files.size(), 2u);

  // The text that is made of an image config is no file of anybody's; an artifact is one.
  const std::string config = R"({"config":{"Cmd":["/bin/sh"]},"rootfs":{"type":"layers","diff_ids":[]}})";
  ASSERT_EQ(scan_it(config, JobKind::opaque, "application/vnd.oci.image.config.v1+json").outcome,
            Outcome::complete);
  EXPECT_TRUE(files.files.empty());
  ASSERT_EQ(scan_it(script, JobKind::opaque, "application/x-sh").outcome, Outcome::complete);
  ASSERT_EQ(files.files.size(), 1u);
  EXPECT_EQ(line(files.files[0]),
            " script " + std::to_string(script.size()) + ' ' + util::sha256_hex(script));
}

TEST_F(ServiceTest, ListsSoManyFilesAndSaysThatThereAreMore) {
  std::vector<std::pair<std::string, std::string>> all;
  for (std::size_t i = 0; i <= findings::kMaxLayerFiles; ++i)
    all.emplace_back("x/" + std::to_string(i) + ".sh", "#");
  findings::LayerFiles files;
  const auto scan_first = [&](std::size_t count) {
    TextSource source(tar_of({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count)}));
    return service().scan(
        {.kind = JobKind::layer, .media_type = "", .label = "test", .size_hint = 0, .files = &files}, source);
  };
  auto result = scan_first(findings::kMaxLayerFiles);
  ASSERT_EQ(result.outcome, Outcome::complete) << result.reason;
  EXPECT_EQ(files.files.size(), findings::kMaxLayerFiles);
  EXPECT_FALSE(files.truncated);
  result = scan_first(all.size());
  ASSERT_EQ(result.outcome, Outcome::complete) << result.reason;
  EXPECT_EQ(files.files.size(), findings::kMaxLayerFiles);
  EXPECT_TRUE(files.truncated);
}

TEST_F(ServiceTest, OpaqueBytesAreOneFile) {
  const auto result = scan("{\"a\":\"MARKER-OF-EVIL\"}", JobKind::opaque);
  ASSERT_EQ(result.outcome, Outcome::complete) << result.reason;
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings.front().strings.front().offset, 6u);
}

TEST_F(ServiceTest, LargeOpaqueBytesGoThroughTheirFile) {
  const auto result = scan(std::string(40 << 20, 'x').append("MARKER-OF-EVIL"), JobKind::opaque);
  ASSERT_EQ(result.outcome, Outcome::complete) << result.reason;
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings.front().strings.front().offset, 40u << 20);
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path())) << "spool files have no name";
}

TEST_F(ServiceTest, MembersOfNestedArchivesAreScanned) {
  const std::string inner = tar_of({{"x.sh", "MARKER-OF-EVIL"}});
  const auto result = scan(tar_of({{"opt/app.tar", inner}}));
  ASSERT_EQ(result.outcome, Outcome::complete) << result.reason;
  std::vector<std::string> paths;
  for (const auto& finding : result.findings) paths.push_back(finding.path);
  EXPECT_THAT(paths, ::testing::UnorderedElementsAre("opt/app.tar", "opt/app.tar!/x.sh"));
  EXPECT_EQ(result.counts.files, 2u);
}

TEST_F(ServiceTest, BrokenArchiveInsideIsAFindingThatDoesNotBlock) {
  const auto result =
      scan(tar_of({{"a.gz", std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03garbage, not deflate", 30)}}));
  ASSERT_EQ(result.outcome, Outcome::complete) << result.reason;
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings.front().source, findings::Source::layer_check);
  EXPECT_EQ(result.findings.front().severity, findings::Severity::low);
  EXPECT_EQ(result.findings.front().path, "a.gz");
}

TEST_F(ServiceTest, KeepsTheWorstFindings) {
  rules_.write("many.yar", "rule noise { meta: severity = \"low\" strings: $a = \"noise\" condition: $a }");
  options_.limits.max_findings = 5;
  std::vector<std::pair<std::string, std::string>> files;
  for (int i = 0; i < 40; ++i) files.emplace_back(std::to_string(i), "noise");
  files.emplace_back("worst", "MARKER-OF-EVIL");
  const auto result = scan(tar_of(files));
  ASSERT_EQ(result.outcome, Outcome::complete) << result.reason;
  EXPECT_TRUE(result.findings_truncated);
  ASSERT_EQ(result.findings.size(), 5u);
  EXPECT_EQ(result.findings.front().path, "worst");
}

TEST_F(ServiceTest, UnpackedBytesAreBounded) {
  options_.limits.unpacked_bytes = 1 << 20;
  for (const auto kind : {JobKind::layer, JobKind::opaque}) {
    const auto result = scan(tar_of({{"a", std::string(2 << 20, 'a')}}), kind);
    EXPECT_EQ(result.outcome, Outcome::limit) << result.reason;
  }
}

TEST_F(ServiceTest, RuleThatTakesTooLongIsATimeoutAndTheRestIsStillScanned) {
  rules_.write("slow.yar", "rule slow { strings: $a = /(a+)+b/ condition: $a }");
  options_.limits.file_timeout = std::chrono::seconds(1);
  options_.limits.floor_rate = 1ull << 40;
  const auto result = scan(tar_of({{"slow", std::string(2 << 20, 'a')}, {"evil", "MARKER-OF-EVIL"}}));
  EXPECT_EQ(result.outcome, Outcome::timed_out);
  EXPECT_THAT(result.reason, ::testing::HasSubstr("slow"));
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings.front().path, "evil");
}

TEST_F(ServiceTest, WorkerOutOfMemoryIsALimit) {
  options_.limits.memory_bytes = 8 << 20;
  options_.threads = 1;
  const auto result = scan(std::string(12 << 20, 'a'), JobKind::opaque);
  EXPECT_EQ(result.outcome, Outcome::limit) << result.reason;
}

/// libarchive ends the process by exit(1) when it gets no memory for a name.
TEST(WorkerDeathTest, ExitOfALibraryIsTakenForLackOfMemory) {
  EXPECT_EXIT(
      {
        scanner::end_when_out_of_memory();
        std::exit(1);
      },
      ::testing::ExitedWithCode(scan::kExitOutOfMemory), "");
}

TEST_F(ServiceTest, FailingSourceIsUnavailable) {
  TextSource source(tar_of({{"a", "a"}}).substr(0, 700));
  source.fail_at_end("upstream went away");
  const auto result =
      service().scan({.kind = JobKind::layer, .media_type = "", .label = "", .size_hint = 0}, source);
  EXPECT_EQ(result.outcome, Outcome::unavailable);
  EXPECT_EQ(result.reason, "upstream went away");
}

TEST_F(ServiceTest, ManyJobsAtOnce) {
  options_.workers = 3;
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  service();
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&, i] {
      const bool evil = i % 2 == 0;
      const auto result = scan(tar_of({{"f", evil ? "MARKER-OF-EVIL" : "clean"}}));
      if (result.outcome == Outcome::complete && result.findings.size() == (evil ? 1u : 0u)) ++good;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 12);
}

TEST_F(ServiceTest, DirectoryIsWalkedWithoutLeavingIt) {
  const TempDir outside;
  outside.write("evil", "MARKER-OF-EVIL");
  const TempDir root;
  root.write("usr/bin/x", "MARKER-OF-EVIL");
  root.write("etc/clean", "clean");
  std::filesystem::create_symlink(outside / "evil", root / "link");
  std::filesystem::create_directory_symlink(outside.path(), root / "linked");
  ASSERT_EQ(mkfifo((root / "fifo").c_str(), 0600), 0);
  const auto directory = util::open_file(root.path(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_TRUE(directory);
  const auto result = service().scan_directory(directory->get());
  ASSERT_EQ(result.outcome, Outcome::complete) << result.reason;
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings.front().path, "usr/bin/x");
  EXPECT_EQ(result.counts.files, 2u);
}

TEST_F(ServiceTest, ReloadTakesNewRulesAndKeepsOldOnesWhenTheyDoNotLoad) {
  const auto before = service().profile();
  EXPECT_EQ(before.rules, 1u);
  EXPECT_EQ(scan("NEW-MARKER", JobKind::opaque).findings.size(), 0u);

  rules_.write("new.yar", "rule fresh { strings: $a = \"NEW-MARKER\" condition: $a }");
  rules_.write("bad.yar", "rule broken {");
  const auto after = service().reload(options_);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->rules, 2u);
  EXPECT_NE(after->id, before.id);
  ASSERT_EQ(after->set_aside.size(), 1u);
  EXPECT_EQ(after->set_aside.front().file, "bad.yar");
  EXPECT_EQ(scan("NEW-MARKER", JobKind::opaque).findings.size(), 1u);

  std::filesystem::remove(rules_ / "new.yar");
  std::filesystem::remove(rules_ / "marker.yar");
  const auto failed = service().reload(options_);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, ::testing::HasSubstr("bad.yar"));
  EXPECT_TRUE(service().ready());
  EXPECT_EQ(scan("NEW-MARKER", JobKind::opaque).findings.size(), 1u);
}

TEST_F(ServiceTest, ReloadInTheMiddleOfAScanLosesNothing) {
  TextSource source(tar_of({{"a", std::string(1 << 20, 'a')}, {"b", "MARKER-OF-EVIL"}}), 64 * 1024);
  bool reloaded = false;
  source.before_read([&](std::size_t at) {
    if (at < 512 * 1024 || reloaded) return;
    reloaded = service().reload(options_).has_value();
  });
  const auto result =
      service().scan({.kind = JobKind::layer, .media_type = "", .label = "", .size_hint = 0}, source);
  EXPECT_TRUE(reloaded);
  EXPECT_EQ(result.outcome, Outcome::complete) << result.reason;
  EXPECT_EQ(result.findings.size(), 1u);
}

TEST_F(ServiceTest, StopEndsWhatRunsAndRefusesWhatComes) {
  TextSource source(tar_of({{"a", std::string(1 << 20, 'a')}}), 64 * 1024);
  source.before_read([&](std::size_t at) {
    if (at > 0) service().stop();
  });
  const auto running =
      service().scan({.kind = JobKind::layer, .media_type = "", .label = "", .size_hint = 0}, source);
  EXPECT_EQ(running.outcome, Outcome::unavailable);
  EXPECT_EQ(scan("x", JobKind::opaque).outcome, Outcome::unavailable);
  EXPECT_FALSE(service().ready());
}

TEST_F(ServiceTest, ProfileDependsOnRulesAndLimitsOnly) {
  const auto first = service().profile().id;
  service_.reset();
  options_.workers = 5;
  EXPECT_EQ(service().profile().id, first);
  service_.reset();
  options_.limits.nested_depth = 1;
  EXPECT_NE(service().profile().id, first);
}

struct StartFailure {
  const char* name;
  void (*prepare)(scan::Options&, const TempDir&);
  const char* message;
};

class ServiceStartTest : public ServiceTest, public ::testing::WithParamInterface<StartFailure> {};

TEST_P(ServiceStartTest, FailsWithAMessageForTheOperator) {
  GetParam().prepare(options_, rules_);
  const auto started = scan::start(options_, metrics_);
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, ::testing::HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, ServiceStartTest,
    ::testing::Values(
        StartFailure{"NoBinary", [](scan::Options& o, const TempDir&) { o.scanner = "/nonexistent/scanner"; },
                     "/nonexistent/scanner"},
        StartFailure{"NotAScanner", [](scan::Options& o, const TempDir&) { o.scanner = "/bin/true"; },
                     "ended while starting"},
        StartFailure{"NoSuchRules",
                     [](scan::Options& o, const TempDir&) { o.rules = {"/nonexistent/rules"}; },
                     "/nonexistent/rules"},
        StartFailure{"NoRulesGiven", [](scan::Options& o, const TempDir&) { o.rules.clear(); }, "no rules"},
        StartFailure{"NothingCompiles",
                     [](scan::Options&, const TempDir& r) { r.write("marker.yar", "rule x {"); },
                     "marker.yar: line"}),
    [](const auto& row) { return row.param.name; });

TEST_F(ServiceTest, ASourceThatStallsKeepsNobodyElseFromBeingScanned) {
  options_.workers = 1;
  const auto tar = tar_of({{"a.txt", std::string(100'000, 'a')}});
  TextSource stalling(tar, 1000);
  std::promise<void> other_is_done;
  stalling.before_read([&, done = other_is_done.get_future().share()](std::size_t given) {
    if (given == 50'000) done.wait();
  });
  service();
  findings::ScanResult stalled;
  std::thread first([&] {
    stalled = service().scan(
        {.kind = JobKind::layer, .media_type = "", .label = "stalled", .size_hint = tar.size()}, stalling);
  });
  // Whichever of them gets the only slot first, this one ends while the other waits for its bytes.
  EXPECT_EQ(scan(tar_of({{"b.txt", "MARKER-OF-EVIL"}})).outcome, Outcome::complete);
  other_is_done.set_value();
  first.join();
  EXPECT_EQ(stalled.outcome, Outcome::complete) << stalled.reason;
}

}  // namespace
}  // namespace portcullis
