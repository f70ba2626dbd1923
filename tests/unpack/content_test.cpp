// SPDX-License-Identifier: Apache-2.0
#include "content.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "support/image_builder.hpp"
#include "support/tar_builder.hpp"
#include "unpack/unpacked.hpp"

namespace portcullis::unpack {
namespace {

using findings::Outcome;

std::string noise(std::size_t size, unsigned seed) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>((seed = seed * 1103515245 + 12345) >> 16);
  return text;
}

struct Row {
  std::size_t size;
  std::size_t piece;
  bool known;
};

TEST(ContentWriter, GivesBackWhatWasWritten) {
  constexpr std::uint64_t kMemory = 10'000;
  for (const Row& row : {Row{0, 1, true}, Row{0, 1, false}, Row{10'000, 999, true}, Row{10'000, 999, false},
                         Row{10'001, 10'001, true}, Row{10'001, 1, false}, Row{3'500'000, 65536, true},
                         Row{3'500'000, 65535, false}, Row{4096 * 1000, 100'000, false}}) {
    SCOPED_TRACE(std::to_string(row.size) + " in pieces of " + std::to_string(row.piece));
    const TestSpool spool;
    const std::string expected = noise(row.size, 7);
    ContentWriter writer(spool.spool(), kMemory,
                         row.known ? std::optional<std::uint64_t>(row.size) : std::nullopt);
    for (std::size_t at = 0; at < row.size; at += row.piece)
      ASSERT_TRUE(writer.append(util::as_bytes(std::string_view(expected).substr(at, row.piece))));
    auto content = writer.finish();
    ASSERT_TRUE(content);
    EXPECT_TRUE(text_of(**content) == expected);
    EXPECT_EQ(spool.allocated() > 0, row.size > kMemory);
    content->reset();
    EXPECT_EQ(spool.allocated(), 0u) << "the last owner gives the disk space back";
  }
}

TEST(ContentWriter, GivesTheSpoolBackWhenDropped) {
  const TestSpool spool;
  {
    ContentWriter writer(spool.spool(), 10, std::nullopt);
    ASSERT_TRUE(writer.append(util::as_bytes(noise(100'000, 1))));
    EXPECT_GT(spool.allocated(), 0u);
  }
  EXPECT_EQ(spool.allocated(), 0u);
}

TEST(ContentWriter, SharesTheSpoolBetweenThreads) {
  const TestSpool spool;
  std::vector<std::thread> threads;
  std::vector<std::string> wrong(4);
  for (unsigned t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      std::vector<std::shared_ptr<Content>> kept;
      std::vector<std::string> expected;
      for (unsigned round = 0; round < 30; ++round) {
        expected.push_back(noise(20'000 + round * 3'000, t * 100 + round));
        ContentWriter writer(spool.spool(), 4096, std::nullopt);
        for (std::size_t at = 0; at < expected.back().size(); at += 5000)
          if (!writer.append(util::as_bytes(std::string_view(expected.back()).substr(at, 5000))))
            wrong[t] = "append";
        kept.push_back(*writer.finish());
        if (round % 3 == 0) kept[round / 2].reset();
      }
      for (std::size_t i = 0; i < kept.size(); ++i)
        if (kept[i] && text_of(*kept[i]) != expected[i]) wrong[t] = "content";
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& what : wrong) EXPECT_EQ(what, "");
  EXPECT_EQ(spool.allocated(), 0u);
}

TEST(LargeFiles, GoThroughTheSpoolAndStayWhole) {
  const std::string big = noise(5'000'000, 3);
  const std::string layer =
      test::TarBuilder().file("small", "s").file("big", big).file("big2", big).file("after", "a").closed();
  Limits limits;
  limits.memory_file = 100'000;
  const TestSpool spool;
  StringSource source(layer, 70'001);
  {
    Unpacked result;
    const Ending ending = unpack_layer(source, {}, limits, spool.spool(), result);
    EXPECT_EQ(ending.code, Outcome::complete) << ending.reason;
    EXPECT_TRUE(result.content("big") == big);
    EXPECT_TRUE(result.content("big2") == big);
    EXPECT_EQ(result.content("after"), "a");
    EXPECT_GE(spool.allocated(), 2 * big.size());
  }
  EXPECT_EQ(spool.allocated(), 0u);
}

TEST(LargeFiles, OverFourGibibytesAreMappedWhole) {
  // One file just over 4 GiB, mostly zeros that are never kept in memory.
  constexpr std::uint64_t kZeros = (4ull << 30);
  const std::string tail = "behind four gibibytes";
  std::string header = test::tar_header({.name = "huge", .size = kZeros + tail.size()});
  Limits limits;
  const TestSpool spool;
  if (std::getenv("PORTCULLIS_LARGE_TESTS") == nullptr)
    GTEST_SKIP() << "writes 4 GiB; set PORTCULLIS_LARGE_TESTS=1 to run it";
  ZerosSource source(std::move(header), kZeros, tail);
  Unpacked result;
  const Ending ending = unpack_layer(source, {}, limits, spool.spool(), result);
  EXPECT_EQ(ending.code, Outcome::complete) << ending.reason;
  ASSERT_EQ(result.files.size(), 1u);
  const auto bytes = result.files[0].content->bytes();
  EXPECT_EQ(bytes.size(), kZeros + tail.size());
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()) + kZeros, tail.size()), tail);
}

TEST(LargeFiles, ThatDoNotFitTheDiskAreALimit) {
  // /dev/full refuses every write the way a full disk does.
  const auto full = util::open_file("/dev/full", O_RDWR);
  ASSERT_TRUE(full);
  Limits limits;
  limits.memory_file = 10;
  const std::string layer = test::TarBuilder().file("big", std::string(100, 'b')).closed();
  StringSource source(layer);
  Unpacked result;
  const Ending ending = unpack_layer(source, {}, limits, Spool(full->get()), result);
  EXPECT_EQ(ending.code, Outcome::limit);
  EXPECT_EQ(ending.rule, "spool");
  EXPECT_NE(ending.reason.find("No space left"), std::string::npos) << ending.reason;
  EXPECT_TRUE(result.files.empty());
}

/// Wants one of the files.
struct Picky final : Visitor {
  bool entry(const Entry& entry) override {
    entries.push_back(entry);
    return true;
  }
  bool wants(const Entry& entry) override { return entry.path == "wanted"; }
  bool file(File file) override {
    EXPECT_EQ(file.entry.path, "wanted");
    EXPECT_EQ(text_of(*file.content), "w");
    ++files;
    return true;
  }
  std::vector<Entry> entries;
  int files = 0;
};

TEST(Unpacking, ContentThatIsNotWantedIsCheckedAndNotKept) {
  const std::string large(20 << 20, 'x');
  const std::string tar = test::TarBuilder()
                              .file("large", large)
                              .directory("d/")
                              .pax({{"path", "wanted"}})
                              .file("short", "w")
                              .file("empty", "")
                              .closed();
  const auto pick = [](const std::string& layer, Picky& picky) {
    const TestSpool spool;
    StringSource source(layer);
    const Ending ending = unpack_layer(source, {}, {}, spool.spool(), picky);
    EXPECT_EQ(spool.allocated(), 0u);
    return ending;
  };
  Picky picky;
  const Ending whole = pick(tar, picky);
  EXPECT_EQ(whole.code, Outcome::complete) << whole.reason;
  EXPECT_EQ(whole.counts.files, 3u);
  EXPECT_EQ(picky.files, 1);
  ASSERT_EQ(picky.entries.size(), 4u);
  EXPECT_EQ(picky.entries[0].content, 512u);
  EXPECT_EQ(picky.entries[1].content, std::nullopt) << "a directory has none";
  EXPECT_EQ(tar.substr(picky.entries[2].content.value(), 1), "w");
  Picky cut;
  EXPECT_EQ(pick(tar.substr(0, 10 << 20), cut).code, Outcome::unscannable);
  Picky compressed;
  EXPECT_EQ(pick(test::compress(tar, oci::Compression::gzip), compressed).code, Outcome::complete);
  EXPECT_EQ(compressed.entries.at(0).content, std::nullopt);
}

}  // namespace
}  // namespace portcullis::unpack
