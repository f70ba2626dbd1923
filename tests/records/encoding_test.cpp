// SPDX-License-Identifier: Apache-2.0
#include "encoding.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace portcullis::records {
namespace {

using namespace std::string_literals;

struct Row {
  const char* name;
  std::string bytes;
  std::string text;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class Encoding : public testing::TestWithParam<Row> {};

TEST_P(Encoding, IsExactAndReversible) {
  EXPECT_EQ(encode(GetParam().bytes), GetParam().text);
  EXPECT_EQ(decode(GetParam().text), GetParam().bytes);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Encoding,
    testing::Values(Row{"empty", "", ""}, Row{"plain", "usr/bin/x y.sh", "usr/bin/x y.sh"},
                    Row{"nul", "a\0b"s, "a%00b"}, Row{"invalid_utf8", "\xff\xfe", "%FF%FE"},
                    Row{"utf8", "\xc3\xa9", "%C3%A9"}, Row{"percent", "100%", "100%25"},
                    Row{"looks_encoded", "%41", "%2541"}, Row{"comma", "a,b", "a%2Cb"},
                    Row{"newline_and_tab", "\n\t", "%0A%09"}, Row{"delete", "\x7f", "%7F"},
                    Row{"quotes_and_backslash", "'\"\\", "'\"\\"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(EncodingOfAllBytes, IsReversibleAndPrintable) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const auto text = encode(all);
  for (const char c : text) EXPECT_TRUE(c >= ' ' && c <= '~');
  EXPECT_EQ(decode(text), all);
}

TEST(Decoding, RefusesWhatEncodingNeverMakes) {
  for (const std::string text : {"%", "%4", "a%", "%zz", "%ff", "%41", "%20", "\n", "\x80", "a,b", "%%"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(decode(text).has_value());
  }
  EXPECT_THROW(decode_column("%zz"), std::runtime_error);
}

TEST(EncodingOfLists, TellsNoItemFromAnEmptyOne) {
  const std::vector<std::vector<std::string>> lists = {
      {}, {""}, {"", ""}, {"T1496"}, {"T1496", "T1059.004"}, {"a,b", "%2C", "\0"s}};
  std::set<std::string> texts;
  for (const auto& list : lists) {
    EXPECT_EQ(decode_list(encode_list(list)), list);
    texts.insert(encode_list(list));
  }
  EXPECT_EQ(texts.size(), lists.size());
}

TEST(EncodingOfLists, RefusesAnUnfinishedOne) {
  EXPECT_FALSE(decode_list("T1496").has_value());
  EXPECT_FALSE(decode_list("a,%z,").has_value());
}

}  // namespace
}  // namespace portcullis::records
