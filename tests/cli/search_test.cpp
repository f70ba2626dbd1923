// SPDX-License-Identifier: Apache-2.0
#include "search_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace portcullis::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

const util::TimePoint kThen{std::chrono::milliseconds(1'795'000'000'000)};

SearchReport hostile_report() {
  const std::string evil = "a\x1b[2J\"\nb\xff";
  const auto digest = oci::Digest::of("x");
  SearchReport report;
  report.images = {{.host = evil,
                    .repository = evil,
                    .manifest = digest,
                    .tags = {evil, evil},
                    .decision_id = evil,
                    .summary = evil,
                    .decided = kThen,
                    .last_pull = kThen}};
  report.files = {{digest, evil, evil, 7, evil}};
  report.pullers = {{.host = evil,
                     .repository = evil,
                     .manifest = digest,
                     .address = evil,
                     .user = evil,
                     .agent = evil,
                     .first = kThen,
                     .last = kThen,
                     .requests = 2}};
  return report;
}

TEST(SearchReport, HostileTextIsHarmlessInEveryFormat) {
  const std::string text = render_text(hostile_report());
  const std::string json = render_json(hostile_report());
  for (const std::string& rendered : {text, json}) {
    for (const char c : rendered) EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f)) << static_cast<int>(c);
  }
  EXPECT_THAT(text, HasSubstr("  a\\x1b[2J\"\\x0ab\\xff  user a\\x1b[2J\"\\x0ab\\xff"));
  const auto parsed = nlohmann::json::parse(json);
  EXPECT_EQ(parsed.at("files").at(0).at("path"), "a\\x1b[2J\"\\x0ab\\xff");
  EXPECT_EQ(parsed.at("pullers").at(0).at("requests"), 2);
}

TEST(SearchReport, SaysWhatIsNotThereAndWhatWasNotAsked) {
  const std::string nothing = render_text(SearchReport{});
  EXPECT_THAT(nothing, HasSubstr("Images\n  none\n"));
  EXPECT_THAT(nothing, HasSubstr("0 images\n"));
  EXPECT_THAT(nothing, Not(HasSubstr("Pulled by")));
  EXPECT_FALSE(nlohmann::json::parse(render_json(SearchReport{})).contains("pullers"));

  auto report = hostile_report();
  report.truncated = true;
  report.images[0].last_pull = std::nullopt;
  report.files->at(0) = {oci::Digest::of("x"), "opt/x", std::string(64, 'a'), 0, ""};
  report.pullers->clear();
  const std::string text = render_text(report);
  EXPECT_THAT(text, HasSubstr("never pulled"));
  EXPECT_THAT(text, HasSubstr("  opt/x\n    in layer sha256:"));
  EXPECT_THAT(text, HasSubstr("Pulled by\n  nobody\n"));
  EXPECT_THAT(text, HasSubstr("1 image, 1 file, 0 clients; there is more: raise --limit\n"));
  const auto json = nlohmann::json::parse(render_json(report));
  EXPECT_TRUE(json.at("files").at(0).at("size").is_null()) << "only a finding names it";
  EXPECT_EQ(json.at("truncated"), true);
}

}  // namespace
}  // namespace portcullis::cli
