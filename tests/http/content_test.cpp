// SPDX-License-Identifier: Apache-2.0
#include "content.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace portcullis::http {
namespace {

/// The bytes of that range, put together from pieces; nothing is larger than `largest` afterwards.
std::string bytes_of(const Content& content, const ByteRange& range, std::size_t* largest = nullptr) {
  const auto part = content.part(range);
  std::string all;
  while (all.size() < part.length) {
    const auto piece = part.made->at(part.offset + all.size());
    if (piece.empty()) throw std::logic_error("an empty piece");
    if (largest) *largest = std::max(*largest, piece.size());
    all += piece.substr(0, part.length - all.size());
  }
  return all;
}

std::string all_of(const Content& content) { return bytes_of(content, {0, content.size()}); }

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
    EXPECT_EQ(bytes_of(*content, range), whole.substr(range.first, range.length)) << range.first;
  }
}

TEST(MismatchingContent, TenGigabytesNeedNoMemory) {
  constexpr std::uint64_t kSize = 10ull << 30;
  const auto content = mismatching_content(oci::Digest::of("x"), kSize, kText);
  EXPECT_EQ(content->size(), kSize);
  std::size_t largest = 0;
  bytes_of(*content, {0, 1 << 20}, &largest);
  EXPECT_LE(largest, 64u * 1024);
  EXPECT_EQ(bytes_of(*content, {kSize - 10, 10}).size(), 10u);
}

}  // namespace
}  // namespace portcullis::http
