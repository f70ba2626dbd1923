// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/safe_text.hpp"

#include <gtest/gtest.h>

namespace portcullis::util {
namespace {

TEST(SafeText, Table) {
  struct Row {
    std::string_view hostile;
    const char* safe;
  };
  using namespace std::string_view_literals;
  const Row rows[] = {
      {"", ""},
      {"usr/bin/x y~", "usr/bin/x y~"},
      {"a\\b", "a\\\\b"},
      {"a\r\nX-Evil: 1", "a\\x0d\\x0aX-Evil: 1"},
      {"\x1b[31m", "\\x1b[31m"},
      {"a\0b"sv, "a\\x00b"},
      {"\x7f\x80\xff", "\\x7f\\x80\\xff"},
      {"\xe2\x80\xae", "\\xe2\\x80\\xae"},  // right-to-left override
  };
  for (const Row& row : rows) EXPECT_EQ(safe_text(row.hostile), row.safe);
}

TEST(SafeText, ExactlyTheLimitIsNotCut) {
  EXPECT_EQ(safe_text(std::string(200, 'a')), std::string(200, 'a'));
  EXPECT_EQ(safe_text(std::string(201, 'a')), std::string(197, 'a') + "...");
}

TEST(SafeText, CutsBeforeAWholeEscape) {
  EXPECT_EQ(safe_text("abcdefg\n", 10), "abcdefg...");
  EXPECT_EQ(safe_text("abcde\n\n", 10), "abcde...");
  EXPECT_EQ(safe_text("\\\\\\\\\\\\", 10), "\\\\\\\\\\\\...");
}

TEST(SafeText, NeverLongerThanTheLimitAndAlwaysPrintable) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  for (std::size_t limit = 0; limit < 900; ++limit) {
    const std::string safe = safe_text(all, limit);
    ASSERT_LE(safe.size(), limit);
    for (const char c : safe) ASSERT_TRUE(c >= 0x20 && c <= 0x7e);
  }
}

}  // namespace
}  // namespace portcullis::util
