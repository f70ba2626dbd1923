// SPDX-License-Identifier: Apache-2.0
//
// Questions about rules that come with files: samples of a pack, and what rules cost. Asked of the real
// scanner.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "portcullis/scan/rule_costs.hpp"
#include "portcullis/scan/service.hpp"
#include "portcullis/util/fd.hpp"
#include "sources.hpp"
#include "support/paths.hpp"
#include "support/temp_dir.hpp"

namespace portcullis {
namespace {

using scan::RuleCost;
using test::TempDir;
using ::testing::HasSubstr;

class RulesQuestions : public ::testing::Test {
 protected:
  scan::Service& service() {
    if (!service_) {
      options_.scanner = test::program_path("portcullis-scanner");
      options_.rules = {rules_.path()};
      options_.spool = spool_.path();
      options_.no_rules = scan::NoRules::accept;  // the scanner of a server keeps no texts to measure
      auto started = scan::start(options_, metrics_);
      if (!started) throw std::runtime_error(started.error().message);
      service_ = std::move(*started);
    }
    return *service_;
  }
  /// `matched`, `missed`, or the problem, by path.
  std::map<std::string, std::string> test_samples() {
    const auto directory = util::open_file(files_.path(), O_RDONLY | O_DIRECTORY);
    if (!directory) throw std::runtime_error(directory.error().message);
    const auto answers = service().test_rules(directory->get());
    if (!answers) throw std::runtime_error(answers.error().message);
    std::map<std::string, std::string> said;
    for (const auto& file : *answers) {
      said[file.path] = !file.problem.empty() ? file.problem : file.matched ? "matched" : "missed";
    }
    return said;
  }
  std::map<std::string, RuleCost> bench(const std::vector<std::filesystem::path>& sample) {
    const auto answers = service().bench_rules(sample, std::chrono::seconds(60));
    if (!answers) throw std::runtime_error(answers.error().message);
    std::map<std::string, RuleCost> costs;
    for (const auto& cost : *answers) {
      costs[cost.of == RuleCost::Of::all ? "all" : cost.of == RuleCost::Of::none ? "none" : cost.file] = cost;
    }
    return costs;
  }

  TempDir rules_;
  TempDir files_;
  TempDir spool_;
  util::MemoryMetrics metrics_;
  scan::Options options_;
  std::unique_ptr<scan::Service> service_;
};

TEST_F(RulesQuestions, SamplesAreJudgedByTheirOwnRule) {
  rules_.write("a.yar",
               "rule text { strings: $a = \"a trait\" condition: $a }\n"
               "rule place { condition: filepath == \"/etc/cron.d/job\" and filename == \"job\" }\n"
               "rule config { condition: extension == \".json\" }\n"
               "private rule helper { condition: true } rule off { condition: true }");
  rules_.write("set_aside.yar", "rule broken { condition: nonsense }");
  options_.adjustments.rules["a.yar:off"] = std::nullopt;
  files_.write("text/hit-one", "has a trait");
  files_.write("text/hit-two", "has none, but the rule place would match");
  files_.write("text/miss-one", "has a trait");
  files_.write("deep/er/place/hit-x/etc/cron.d/job", "");
  files_.write("place/miss-x/etc/cron.d/other", "");
  files_.write("config/hit-config.json", "");
  files_.write("helper/hit-x", "");
  files_.write("off/hit-x", "");
  files_.write("broken/hit-x", "");
  files_.write("README", "a trait");
  const auto said = test_samples();
  const std::map<std::string, std::string> expected = {
      {"text/hit-one", "matched"},
      {"text/hit-two", "missed"},
      {"text/miss-one", "matched"},
      {"deep/er/place/hit-x/etc/cron.d/job", "matched"},
      {"place/miss-x/etc/cron.d/other", "missed"},
      {"config/hit-config.json", "matched"},
      {"helper/hit-x", "the rule is private and never matches by itself"},
      {"off/hit-x", "the rule is disabled"},
      {"broken/hit-x", "there is no rule of this name"},
      {"README", "missed"},
  };
  EXPECT_EQ(said, expected);
}

/// What they hold is hostile like any layer, and a pack is tested as it is written: file by file.
TEST_F(RulesQuestions, ArchivesAmongSamplesAreNotOpenedAndLinksNotFollowed) {
  rules_.write("a.yar", "rule text { strings: $a = \"a trait\" condition: $a }");
  const auto outside = rules_.write("secret", "a trait");
  files_.write("text/hit-layer.tar", test::tar_of({{"x", "a tr"}, {"y", "ait"}}));
  files_.write("text/hit-cut.gz", std::string("\x1f\x8b\x08\0\0", 5));
  std::filesystem::create_symlink(outside, files_ / "text/hit-link");
  std::filesystem::create_directory_symlink(rules_.path(), files_ / "text/hit-directory");
  const auto said = test_samples();
  EXPECT_EQ(said.at("text/hit-layer.tar"), "missed");
  EXPECT_EQ(said.at("text/hit-cut.gz"), "missed");
  EXPECT_EQ(said.count("text/hit-link"), 0u);
  for (const auto& [path, what] : said) EXPECT_NE(what, "matched") << path;
}

TEST_F(RulesQuestions, ASampleThatTakesTooLongProvesNothing) {
  rules_.write("a.yar", "rule slow { strings: $a = /(a+)+b/ condition: $a }");
  options_.limits.file_timeout = std::chrono::seconds(1);
  files_.write("slow/miss-x", std::string(2 << 20, 'a'));
  EXPECT_THAT(test_samples().at("slow/miss-x"), HasSubstr("more than 1 seconds"));
}

TEST_F(RulesQuestions, CostIsToldOfAllOfNoneAndOfEachFileInUse) {
  rules_.write("a.yar", "rule one { condition: false } rule two { condition: false }");
  rules_.write("sub/slow.yar", "rule slow { strings: $a = /[a-z ]{2,40}[0-9]/ condition: #a > 5 }");
  rules_.write("off.yar", "rule off { condition: true }");
  rules_.write("broken.yar", "rule broken { condition: nonsense }");
  options_.adjustments.disable = {"off"};
  const auto x = files_.write("x", std::string(200'000, 'x'));
  const auto y = files_.write("y", std::string(100'000, 'y'));
  const auto costs = bench({x, files_ / "gone", files_.path(), y});
  ASSERT_EQ(costs.size(), 4u) << "all, none, and two files";
  const auto& all = costs.at("all");
  EXPECT_EQ(all.rules, 3u);
  EXPECT_EQ(all.files, 2u) << "what cannot be read is left out";
  EXPECT_EQ(all.bytes, 300'000u);
  EXPECT_EQ(all.failed, 0u);
  EXPECT_GT(all.nanoseconds, 0u);
  EXPECT_EQ(costs.at("none").bytes, 300'000u);
  EXPECT_EQ(costs.at("a.yar").rules, 2u);
  EXPECT_EQ(costs.at("sub/slow.yar").rules, 1u);
  EXPECT_GT(costs.at("sub/slow.yar").nanoseconds, costs.at("a.yar").nanoseconds);
}

TEST_F(RulesQuestions, NothingMeasuredIsNoCost) {
  rules_.write("a.yar", "rule one { condition: false }");
  const auto answers = service().bench_rules({files_ / "gone"}, std::chrono::seconds(60));
  ASSERT_TRUE(answers) << answers.error().message;
  EXPECT_FALSE(scan::summarize(*answers));
}

/// They run beside scans, in workers like theirs: afterwards the service scans as before.
TEST_F(RulesQuestions, LeaveTheServiceAsItWas) {
  rules_.write("a.yar", "rule text { strings: $a = \"a trait\" condition: $a }");
  const auto before = service().profile().id;
  files_.write("text/hit-one", "has a trait");
  test_samples();
  bench({files_ / "text/hit-one"});
  EXPECT_EQ(service().profile().id, before);
  test::TextSource source("has a trait");
  const auto result =
      service().scan({.kind = scan::JobKind::opaque, .media_type = "", .label = "", .size_hint = 0}, source);
  EXPECT_EQ(result.outcome, findings::Outcome::complete) << result.reason;
  EXPECT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(metrics_.value("portcullis_scans_total{outcome=complete}"), 1) << "questions are no scans";
}

}  // namespace
}  // namespace portcullis
