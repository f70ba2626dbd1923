// SPDX-License-Identifier: Apache-2.0
#include "file_inspector.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>

#include "scan_pool.hpp"
#include "support/tar_builder.hpp"

namespace portcullis::scanner {
namespace {

/// The real rules, counted.
class Counting final : public engine::Scanner {
 public:
  Counting(std::unique_ptr<engine::Scanner> real, int& count) : real_(std::move(real)), count_(count) {}
  engine::FileVerdicts scan_all(std::span<const std::byte> content, const engine::FileContext& context,
                                std::chrono::seconds timeout) override {
    ++count_;
    return real_->scan_all(content, context, timeout);
  }
  engine::FileVerdict scan_path(std::span<const std::byte> content, const engine::FileContext& context,
                                std::chrono::seconds timeout) override {
    ++count_;
    return real_->scan_path(content, context, timeout);
  }

 private:
  std::unique_ptr<engine::Scanner> real_;
  int& count_;
};

class Text final : public unpack::Content {
 public:
  explicit Text(std::string text) : text_(std::move(text)) {}
  std::span<const std::byte> bytes() const override { return std::as_bytes(std::span(text_)); }

 private:
  std::string text_;
};

/// Everything that inspectors of one job need.
struct Job {
  explicit Job(const std::string& text, const std::string& more = "")
      : rules(*engine::compile({{"a.yar", text}, {"more.yar", more}})),
        spool(memfd_create("spool", MFD_CLOEXEC)) {
    if (!rules->set_aside().empty()) throw std::runtime_error("the rule does not compile");
  }
  std::unique_ptr<FileInspector> inspector(int& count) {
    return std::make_unique<FileInspector>(context, std::make_unique<Counting>(*rules->scanner(), count));
  }

  std::unique_ptr<engine::RuleSet> rules;
  util::UniqueFd spool;
  KnownClean off;
  Collected collected{1000};
  unpack::Limits limits = unpack_limits({});
  JobContext context{*rules, {},       limits, unpack::Spool(spool.get()), unpack::make_nested_budget(limits),
                     off,    collected};
};

unpack::File file_of(const std::string& path, const std::string& content) {
  unpack::File file;
  file.entry.path = path;
  file.entry.size = content.size();
  file.content = std::make_shared<Text>(content);
  return file;
}

class FileInspectorTest : public ::testing::Test {
 protected:
  /// How often the rules ran over these files.
  int inspect(const std::string& rules, const std::vector<std::pair<std::string, std::string>>& files,
              const std::string& more_rules = "") {
    Job job(rules, more_rules);
    int count = 0;
    const auto inspector = job.inspector(count);
    for (const auto& [path, content] : files) inspector->inspect(file_of(path, content));
    result_ = job.collected.take();
    return count;
  }

  Collected::Result result_;
};

constexpr const char* kEvil = "rule evil { strings: $a = \"EVIL\" condition: $a }";

TEST_F(FileInspectorTest, LooksOnceAtFilesThatAreAlikeAndClean) {
  EXPECT_EQ(inspect(kEvil, {{"a", "same"}, {"b", "same"}, {"c", "other"}, {"d", "same"}}), 2);
  EXPECT_EQ(result_.skipped, 0u) << "nothing was taken from a table";
}

TEST_F(FileInspectorTest, NamesEveryFileWithAFinding) {
  EXPECT_EQ(inspect(kEvil, {{"a", "EVIL"}, {"b", "EVIL"}}), 2);
  ASSERT_EQ(result_.findings.size(), 2u);
  EXPECT_EQ(result_.findings[1].path, "b");
}

TEST_F(FileInspectorTest, LooksAgainWhenTheNameCounts) {
  const std::string rule = "rule evil { condition: filename == \"evil\" }";
  EXPECT_EQ(inspect(rule, {{"a", "same"}, {"evil", "same"}}), 2)
      << "all rules once, and then those of the path";
  EXPECT_EQ(result_.findings.size(), 1u);
}

TEST_F(FileInspectorTest, LooksForAllRulesAtOnce) {
  EXPECT_EQ(inspect(kEvil, {{"evil", "EVIL"}}, "rule path { condition: filename == \"evil\" }"), 1);
  EXPECT_EQ(result_.findings.size(), 2u);
}

TEST_F(FileInspectorTest, OpensAnArchiveAgainAtAnotherPlace) {
  const std::string archive = test::TarBuilder().file("in", "member").closed();
  EXPECT_EQ(inspect(kEvil, {{"a.tar", archive}, {"b.tar", archive}}), 2) << "its bytes and its member once";
  EXPECT_EQ(result_.members.files, 2u);
}

TEST(ScanPool, ThreadsBeyondTheShareDoNotWork) {
  Job job(kEvil);
  auto share = scan::SharedNumber::make(1);
  ASSERT_TRUE(share);
  std::array<int, 3> counts{};
  std::vector<std::unique_ptr<FileInspector>> inspectors;
  for (int& count : counts) inspectors.push_back(job.inspector(count));
  ScanPool pool(std::move(inspectors), &*share);
  for (int i = 0; i < 100; ++i) pool.push(file_of("f", std::to_string(i)));
  pool.finish();
  EXPECT_EQ(counts, (std::array<int, 3>{100, 0, 0}));
}

TEST(ScanPool, LosesNothingWhileTheShareChanges) {
  Job job(kEvil);
  auto share = scan::SharedNumber::make(3);
  ASSERT_TRUE(share);
  std::array<int, 3> counts{};
  std::vector<std::unique_ptr<FileInspector>> inspectors;
  for (int& count : counts) inspectors.push_back(job.inspector(count));
  ScanPool pool(std::move(inspectors), &*share);
  for (int i = 0; i < 2000; ++i) {
    share->set(static_cast<std::uint32_t>(i % 4));
    pool.push(file_of("f", std::to_string(i)));
  }
  pool.finish();
  EXPECT_EQ(counts[0] + counts[1] + counts[2], 2000);
}

}  // namespace
}  // namespace portcullis::scanner
