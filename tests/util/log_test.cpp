// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace portcullis::util::log {
namespace {

using testing::MatchesRegex;

/// What one call prints, with the default configuration put back afterwards.
template <class Call>
std::string printed(Level level, Format format, Call call) {
  configure(level, format);
  testing::internal::CaptureStderr();
  call();
  std::string text = testing::internal::GetCapturedStderr();
  configure(Level::info, Format::text);
  return text;
}

TEST(Log, TextLine) {
  const std::string line = printed(Level::info, Format::text, [] {
    info("pull blocked",
         {{"image", "docker.io/library/x:1"}, {"rule", "has space"}, {"empty", ""}, {"bytes", 17}});
  });
  EXPECT_THAT(line, MatchesRegex("....-..-..T..:..:..\\....Z INFO  pull blocked image=docker.io/library/x:1 "
                                 "rule=\"has space\" empty=\"\" bytes=17\n"));
}

TEST(Log, HostileValuesStayOneLine) {
  const std::string line = printed(Level::info, Format::text, [] {
    warn("odd {} %s", {{"path", "a\nERROR forged=1 \"q\" \\ {}"}});
  });
  EXPECT_THAT(
      line,
      MatchesRegex(".* WARN  odd \\{\\} %s path=\"a\\\\x0aERROR forged=1 \\\\\"q\\\\\" \\\\\\\\ \\{\\}\"\n"));
}

TEST(Log, JsonLine) {
  const std::string line = printed(Level::debug, Format::json, [] {
    debug("odd \"event\"",
          {{"path", "a\n\"\\\xff"}, {"bytes", -5}, {"bad", std::numeric_limits<double>::quiet_NaN()}});
  });
  ASSERT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  const auto object = nlohmann::json::parse(line);
  EXPECT_EQ(object.at("log.level"), "debug");
  EXPECT_EQ(object.at("message"), "odd \"event\"");
  EXPECT_EQ(object.at("path"), "a\\x0a\"\\\\\\xff");
  EXPECT_EQ(object.at("bytes"), -5);
  EXPECT_TRUE(object.at("bad").is_string());
  EXPECT_EQ(object.at("@timestamp").get<std::string>().size(), 24u);
}

TEST(Log, LevelsHold) {
  const auto all = [] {
    debug("d");
    info("i");
    warn("w");
    error("e");
  };
  const auto lines = [&](Level level) {
    const std::string text = printed(level, Format::text, all);
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_EQ(lines(Level::debug), 4);
  EXPECT_EQ(lines(Level::info), 3);
  EXPECT_EQ(lines(Level::warn), 2);
  EXPECT_EQ(lines(Level::error), 1);
  EXPECT_EQ(lines(Level::off), 0);
}

TEST(Log, ParsesItsSettings) {
  EXPECT_EQ(parse_level("warn"), Level::warn);
  EXPECT_EQ(parse_level("off"), Level::off);
  EXPECT_EQ(parse_level("WARN"), std::nullopt);
  EXPECT_EQ(parse_format("json"), Format::json);
  EXPECT_EQ(parse_format("text"), Format::text);
  EXPECT_EQ(parse_format("xml"), std::nullopt);
}

}  // namespace
}  // namespace portcullis::util::log
