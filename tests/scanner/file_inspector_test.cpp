// SPDX-License-Identifier: Apache-2.0
#include "file_inspector.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include "support/tar_builder.hpp"

namespace portcullis::scanner {
namespace {

/// The real rules, counted.
class Counting final : public engine::Scanner {
 public:
  Counting(std::unique_ptr<engine::Scanner> real, int& count) : real_(std::move(real)), count_(count) {}
  engine::FileVerdict scan(engine::RuleGroup group, std::span<const std::byte> content,
                           const engine::FileContext& context, std::chrono::seconds timeout) override {
    ++count_;
    return real_->scan(group, content, context, timeout);
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

class FileInspectorTest : public ::testing::Test {
 protected:
  /// How often the rules ran over these files.
  int inspect(const std::string& rules, const std::vector<std::pair<std::string, std::string>>& files) {
    const auto set = engine::compile({{"a.yar", rules}});
    if (!set || !(*set)->set_aside().empty()) throw std::runtime_error("the rule does not compile");
    const scan::Limits limits;
    const unpack::Limits unpack = unpack_limits(limits);
    const util::UniqueFd spool(memfd_create("spool", MFD_CLOEXEC));
    const KnownClean off;
    const JobContext job{
        **set, limits,    unpack, unpack::Spool(spool.get()), unpack::make_nested_budget(unpack),
        off,   collected_};
    int count = 0;
    FileInspector inspector(job, std::make_unique<Counting>(*(*set)->scanner(), count));
    for (const auto& [path, content] : files) {
      unpack::File file;
      file.entry.path = path;
      file.entry.size = content.size();
      file.content = std::make_shared<Text>(content);
      inspector.inspect(file);
    }
    return count;
  }

  Collected collected_{1000};
};

constexpr const char* kEvil = "rule evil { strings: $a = \"EVIL\" condition: $a }";

TEST_F(FileInspectorTest, LooksOnceAtFilesThatAreAlikeAndClean) {
  EXPECT_EQ(inspect(kEvil, {{"a", "same"}, {"b", "same"}, {"c", "other"}, {"d", "same"}}), 2);
  EXPECT_EQ(collected_.take().skipped, 0u) << "nothing was taken from a table";
}

TEST_F(FileInspectorTest, NamesEveryFileWithAFinding) {
  EXPECT_EQ(inspect(kEvil, {{"a", "EVIL"}, {"b", "EVIL"}}), 2);
  const auto result = collected_.take();
  ASSERT_EQ(result.findings.size(), 2u);
  EXPECT_EQ(result.findings[1].path, "b");
}

TEST_F(FileInspectorTest, LooksAgainWhenTheNameCounts) {
  const std::string rule = "rule evil { condition: filename == \"evil\" }";
  EXPECT_EQ(inspect(rule, {{"a", "same"}, {"evil", "same"}}), 3) << "content once, path twice";
  EXPECT_EQ(collected_.take().findings.size(), 1u);
}

TEST_F(FileInspectorTest, OpensAnArchiveAgainAtAnotherPlace) {
  const std::string archive = test::TarBuilder().file("in", "member").closed();
  EXPECT_EQ(inspect(kEvil, {{"a.tar", archive}, {"b.tar", archive}}), 2) << "its bytes and its member once";
  EXPECT_EQ(collected_.take().members.files, 2u);
}

}  // namespace
}  // namespace portcullis::scanner
