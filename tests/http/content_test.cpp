// SPDX-License-Identifier: Apache-2.0
#include "content.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace portcullis::http {
namespace {

/// Collects what is sent and remembers the largest piece.
class Collecting final : public BodySink {
 public:
  explicit Collecting(std::uint64_t keep = 1 << 20) : keep_(keep) {}
  bool text(std::string_view bytes) override {
    largest = std::max(largest, bytes.size());
    total += bytes.size();
    if (kept.size() < keep_) kept += bytes;
    return total < stop_after;
  }
  bool file(int, std::uint64_t, std::uint64_t) override { return false; }

  std::string kept;
  std::size_t largest = 0;
  std::uint64_t total = 0;
  std::uint64_t stop_after = ~0ull;

 private:
  std::uint64_t keep_;
};

std::string all_of(const Content& content) {
  Collecting sink;
  EXPECT_TRUE(content.send(sink, {0, content.size()}));
  return sink.kept;
}

const std::string kText = R"({"errors":[{"code":"DENIED"}]})";

TEST(MismatchingContent, BeginsWithTheTextAndHasTheSize) {
  const auto content = mismatching_content(oci::Digest::of("x"), 5000, kText);
  const auto bytes = all_of(*content);
  EXPECT_EQ(bytes.size(), 5000u);
  EXPECT_TRUE(bytes.starts_with(kText));
}

TEST(MismatchingContent, IsPaddingAloneWhenTheTextDoesNotFit) {
  for (std::uint64_t size = 1; size < kText.size(); ++size) {
    const auto bytes = all_of(*mismatching_content(oci::Digest::of("x"), size, kText));
    EXPECT_EQ(bytes.size(), size);
    EXPECT_FALSE(kText.starts_with(bytes));
  }
}

TEST(MismatchingContent, AnEmptyBlobIsAnsweredWithSomething) {
  EXPECT_EQ(all_of(*mismatching_content(oci::Digest::of(""), 0, kText)), kText);
  EXPECT_EQ(all_of(*mismatching_content(oci::Digest::of(""), 0, "")).size(), 1u);
}

/// Whoever knew the padding and made a blob of it is not served his blob either.
TEST(MismatchingContent, NeverMatchesEvenWhatItWouldHaveBeen) {
  for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{2}, kText.size() - 1, kText.size(),
                                   kText.size() + 1, std::uint64_t{4096}}) {
    SCOPED_TRACE(size);
    const auto usual = all_of(*mismatching_content(oci::Digest::of("x"), size, kText));
    const auto bytes = all_of(*mismatching_content(oci::Digest::of(usual), size, kText));
    EXPECT_EQ(bytes.size(), size);
    EXPECT_NE(bytes, usual);
  }
  const auto long_digest = *oci::Digest::parse(
      "sha512:"
      "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931"
      "bd4"
      "7417a81a538327af927da3e");
  EXPECT_EQ(all_of(*mismatching_content(long_digest, 100, kText)).size(), 100u);
}

TEST(MismatchingContent, EveryRangeIsAPieceOfTheWhole) {
  const auto content = mismatching_content(oci::Digest::of("x"), 100'000, kText);
  const auto whole = all_of(*content);
  for (const ByteRange range :
       {ByteRange{0, 1}, {5, 10}, {kText.size() - 1, 2}, {kText.size(), 61}, {31'200, 500}, {99'999, 1}}) {
    Collecting sink;
    EXPECT_TRUE(content->send(sink, range));
    EXPECT_EQ(sink.kept, whole.substr(range.first, range.length)) << range.first;
  }
}

TEST(MismatchingContent, TenGigabytesNeedNoMemory) {
  constexpr std::uint64_t kSize = 10ull << 30;
  const auto content = mismatching_content(oci::Digest::of("x"), kSize, kText);
  EXPECT_EQ(content->size(), kSize);
  Collecting sink;
  sink.stop_after = 64 << 20;
  EXPECT_FALSE(content->send(sink, {0, kSize})) << "a client that hangs up ends it";
  EXPECT_LT(sink.total, 65u << 20);
  EXPECT_LE(sink.largest, 64u * 1024);
  Collecting tail;
  EXPECT_TRUE(content->send(tail, {kSize - 10, 10}));
  EXPECT_EQ(tail.kept.size(), 10u);
}

}  // namespace
}  // namespace portcullis::http
