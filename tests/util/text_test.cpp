// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/text.hpp"

#include <gtest/gtest.h>

#include <set>

namespace portcullis::util {
namespace {

using std::chrono::milliseconds;

TEST(ParseSize, Table) {
  struct Row {
    const char* text;
    std::optional<std::uint64_t> bytes;
  };
  constexpr std::uint64_t kKi = 1024;
  const Row rows[] = {
      {"0", 0},
      {"512", 512},
      {"512 B", 512},
      {"64 KiB", 64 * kKi},
      {"20GiB", 20 * kKi * kKi * kKi},
      {"1.5 MB", 1'500'000},
      {"1.5 MiB", 3 * kKi * kKi / 2},
      {"0.125 kib", 128},
      {"1kB", 1000},
      {"2 TB", 2'000'000'000'000},
      {"18446744073709551615", 18446744073709551615u},
      {"16383 PiB", 16383u * kKi * kKi * kKi * kKi * kKi},
      {"18446744073709551616", std::nullopt},
      {"16384 PiB", std::nullopt},
      {"16383.999 PiB", 16383u * kKi * kKi * kKi * kKi * kKi + 999 * (kKi * kKi * kKi * kKi * kKi) / 1000},
      {"", std::nullopt},
      {"-1", std::nullopt},
      {"+1", std::nullopt},
      {" 1", std::nullopt},
      {"1 ", std::nullopt},
      {"1.5", std::nullopt},
      {"1.5 B", std::nullopt},
      {"1. MB", std::nullopt},
      {".5 MB", std::nullopt},
      {"1.2345 MB", std::nullopt},
      {"1  MB", std::nullopt},
      {"5 M", std::nullopt},
      {"0x10", std::nullopt},
      {"1 MB x", std::nullopt},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(parse_size(row.text), row.bytes);
  }
}

TEST(FormatSize, Table) {
  struct Row {
    std::uint64_t bytes;
    const char* text;
  };
  const Row rows[] = {{0, "0 B"},
                      {1023, "1023 B"},
                      {1024, "1.0 KiB"},
                      {1536, "1.5 KiB"},
                      {1024 * 1024 - 1, "1.0 MiB"},
                      {1503238553, "1.4 GiB"},
                      {18446744073709551615u, "16.0 EiB"}};
  for (const Row& row : rows) EXPECT_EQ(format_size(row.bytes), row.text);
}

TEST(ParseDuration, Table) {
  struct Row {
    const char* text;
    std::optional<milliseconds> duration;
  };
  const Row rows[] = {
      {"250ms", milliseconds(250)},
      {"0s", milliseconds(0)},
      {"30s", std::chrono::seconds(30)},
      {"5m", std::chrono::minutes(5)},
      {"24h", std::chrono::hours(24)},
      {"7d", std::chrono::hours(7 * 24)},
      {"36500d", std::chrono::hours(36500 * 24)},
      {"36501d", std::nullopt},
      {"18446744073709551615d", std::nullopt},
      {"", std::nullopt},
      {"30", std::nullopt},
      {"s", std::nullopt},
      {"-1s", std::nullopt},
      {"1.5h", std::nullopt},
      {"5 m", std::nullopt},
      {"1h30m", std::nullopt},
      {"5M", std::nullopt},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(parse_duration(row.text), row.duration);
  }
}

TEST(RandomId, UsesItsAlphabetAndDoesNotRepeat) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = random_id();
    ASSERT_EQ(id.size(), 10u);
    ASSERT_EQ(id.find_first_not_of("abcdefghijkmnpqrstuvwxyz23456789"), std::string::npos) << id;
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 1000u);
  EXPECT_EQ(random_id(0), "");
  EXPECT_EQ(random_id(500).size(), 500u);  // getrandom may answer in pieces past 256 bytes
}

TEST(GlobMatch, Table) {
  struct Row {
    const char* pattern;
    const char* text;
    bool matches;
  };
  const Row rows[] = {
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "docker.io/library/nginx", true},
      {"docker.io/*", "docker.io/library/nginx", true},
      {"docker.io/*", "docker.iox/library", false},
      {"*/nginx", "docker.io/library/nginx", true},
      {"*/nginx", "docker.io/library/nginx2", false},
      {"a?c", "abc", true},
      {"a?c", "ac", false},
      {"a*b*c", "axxbyyc", true},
      {"a*b*c", "axxcyyb", false},
      {"*ab", "aab", true},
      {"a**b", "ab", true},
      {"[ab]", "a", false},
      {"[ab]", "[ab]", true},
      {"A", "a", false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(row.pattern) + " on " + row.text);
    EXPECT_EQ(glob_match(row.pattern, row.text), row.matches);
  }
}

TEST(GlobMatch, ManyStarsEndSoon) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(20'000, 'a')));
}

TEST(Split, KeepsEmptyPieces) {
  using Pieces = std::vector<std::string_view>;
  EXPECT_EQ(split("", '/'), Pieces{""});
  EXPECT_EQ(split("a", '/'), Pieces{"a"});
  EXPECT_EQ(split("a/b", '/'), (Pieces{"a", "b"}));
  EXPECT_EQ(split("/a//", '/'), (Pieces{"", "a", "", ""}));
}

TEST(ToLowerAscii, LeavesOtherBytesAlone) { EXPECT_EQ(to_lower_ascii("AZ[\xc3\x84z"), "az[\xc3\x84z"); }

}  // namespace
}  // namespace portcullis::util
