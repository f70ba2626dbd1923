// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "portcullis/findings/decision.hpp"
#include "portcullis/findings/layer_file.hpp"
#include "portcullis/findings/scan_result.hpp"

namespace portcullis::findings {
namespace {

/// Every value of `all` has its own word and comes back from it; near misses do not.
template <class Enum, std::size_t N, class Parse>
void expect_round_trip(const Enum (&all)[N], Parse parse) {
  std::set<std::string_view> words;
  for (const Enum value : all) {
    const std::string_view word = to_string(value);
    EXPECT_EQ(parse(word), value) << word;
    EXPECT_EQ(parse(std::string(word) + " "), std::nullopt);
    words.insert(word);
  }
  EXPECT_EQ(words.size(), N);
  EXPECT_EQ(parse(""), std::nullopt);
  EXPECT_EQ(parse("unknown"), std::nullopt);
}

TEST(Names, RoundTrips) {
  expect_round_trip(kAllOutcomes, parse_outcome);
  expect_round_trip({Severity::info, Severity::low, Severity::medium, Severity::high, Severity::critical},
                    parse_severity);
  expect_round_trip({FileType::elf, FileType::shared_object, FileType::kernel_module, FileType::pe,
                     FileType::macho, FileType::wasm, FileType::dex, FileType::jar, FileType::script},
                    parse_file_type);
  expect_round_trip({Action::allow, Action::warn, Action::block}, parse_action);
}

TEST(Names, StoredWordsStay) {
  EXPECT_EQ(to_string(Outcome::timed_out), "timed_out");
  EXPECT_EQ(to_string(Severity::critical), "critical");
  EXPECT_EQ(to_string(Source::layer_check), "layer_check");
  EXPECT_EQ(to_string(FileType::shared_object), "shared-object");
  EXPECT_EQ(parse_severity("HIGH"), std::nullopt);
}

TEST(Severity, ThresholdsTakeWhatIsAbove) {
  EXPECT_LT(Severity::info, Severity::low);
  EXPECT_LT(Severity::high, Severity::critical);
}

TEST(Defaults, NothingUndecidedIsServed) {
  EXPECT_EQ(Decision{}.action, Action::block);
  EXPECT_EQ(ScanResult{}.outcome, Outcome::unavailable);
}

}  // namespace
}  // namespace portcullis::findings
