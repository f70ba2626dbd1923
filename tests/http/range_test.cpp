// SPDX-License-Identifier: Apache-2.0
#include "range.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace portcullis::http {
namespace {

using Ranges = std::vector<ByteRange>;

struct Row {
  const char* name;
  std::string header;
  RangeRequest expected;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class RangeTable : public testing::TestWithParam<Row> {};

TEST_P(RangeTable, OverAThousandBytes) {
  const auto got = parse_range(GetParam().header, 1000);
  ASSERT_EQ(got.index(), GetParam().expected.index());
  if (const auto* ranges = std::get_if<Ranges>(&got)) {
    EXPECT_EQ(*ranges, std::get<Ranges>(GetParam().expected));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RangeTable,
    testing::Values(
        Row{"none", "", WholeContent{}}, Row{"first_byte", "bytes=0-0", Ranges{{0, 1}}},
        Row{"closed", "bytes=10-19", Ranges{{10, 10}}}, Row{"open_ended", "bytes=990-", Ranges{{990, 10}}},
        Row{"open_from_zero", "bytes=0-", Ranges{{0, 1000}}}, Row{"suffix", "bytes=-5", Ranges{{995, 5}}},
        Row{"suffix_longer_than_content", "bytes=-5000", Ranges{{0, 1000}}},
        Row{"last_past_the_end", "bytes=990-5000", Ranges{{990, 10}}},
        Row{"last_of_64_bits", "bytes=990-18446744073709551615", Ranges{{990, 10}}},
        Row{"two", "bytes=0-1,10-11", Ranges{{0, 2}, {10, 2}}},
        Row{"order_is_kept", "bytes=10-11, 0-1", Ranges{{10, 2}, {0, 2}}},
        Row{"unit_in_capitals", "Bytes=0-1", Ranges{{0, 2}}},
        Row{"one_of_two_satisfiable", "bytes=0-1,2000-", Ranges{{0, 2}}},
        Row{"eight", "bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14",
            Ranges{{0, 1}, {2, 1}, {4, 1}, {6, 1}, {8, 1}, {10, 1}, {12, 1}, {14, 1}}},
        Row{"nine_is_too_many", "bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16", WholeContent{}},
        Row{"overlapping", "bytes=0-10,10-20", WholeContent{}},
        Row{"past_the_end", "bytes=1000-", Unsatisfiable{}}, Row{"empty_suffix", "bytes=-0", Unsatisfiable{}},
        Row{"all_past_the_end", "bytes=1000-,2000-3000", Unsatisfiable{}},
        Row{"reversed", "bytes=20-10", WholeContent{}}, Row{"other_unit", "lines=0-1", WholeContent{}},
        Row{"no_equals", "bytes 0-1", WholeContent{}}, Row{"no_dash", "bytes=5", WholeContent{}},
        Row{"only_dash", "bytes=-", WholeContent{}}, Row{"nothing_after_equals", "bytes=", WholeContent{}},
        Row{"empty_element", "bytes=0-1,,5-6", WholeContent{}}, Row{"letters", "bytes=a-b", WholeContent{}},
        Row{"minus_minus", "bytes=--5", WholeContent{}}, Row{"plus", "bytes=+1-2", WholeContent{}},
        Row{"past_64_bits", "bytes=99999999999999999999-", WholeContent{}}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(RangeOfNothing, IsUnsatisfiable) {
  EXPECT_TRUE(std::holds_alternative<Unsatisfiable>(parse_range("bytes=0-", 0)));
  EXPECT_TRUE(std::holds_alternative<Unsatisfiable>(parse_range("bytes=-1", 0)));
}

}  // namespace
}  // namespace portcullis::http
