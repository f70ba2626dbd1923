// SPDX-License-Identifier: Apache-2.0
#include "metric_names.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

namespace portcullis::test {
namespace {

TEST(MetricNames, TheSourceNamesThemInCallsOnly) {
  const auto counted = counted_metrics();
  EXPECT_EQ(counted.failure, "");
  EXPECT_GT(counted.kinds.size(), 60U);
}

TEST(MetricNames, EachMetricHasAHelpTextAndEachTextAMetric) {
  const auto counted = counted_metrics().kinds;
  const auto described = described_metrics();
  for (const auto& [name, kind] : counted) {
    EXPECT_TRUE(described.contains(name)) << name << " has no text in metric_help.cpp";
  }
  for (const auto& [name, text] : described) {
    EXPECT_TRUE(counted.contains(name)) << name << " is described, but nothing counts it";
    EXPECT_TRUE(text.ends_with('.') && text.size() > 10) << name << ": " << text;
  }
}

TEST(MetricNames, FollowTheConventionsOfPrometheus) {
  // Base units, written out; `ratio` is none of ours.
  static const std::regex wrong_unit(
      "_(ms|millis|milliseconds|micros|minutes|hours|days|kb|kib|mb|mib|gb|kilobytes|percent)(_|$)");
  for (const auto& [name, kind] : counted_metrics().kinds) {
    EXPECT_FALSE(std::regex_search(name, wrong_unit)) << name << " is not in base units";
    EXPECT_EQ(name.find("__"), std::string::npos) << name;
    EXPECT_EQ(name.ends_with("_total"), kind == MetricKind::counter) << name;
    EXPECT_EQ(name.ends_with("_info"), kind == MetricKind::info) << name;
    if (kind == MetricKind::histogram) {
      EXPECT_TRUE(name.ends_with("_seconds")) << name;
    }
    for (const auto suffix : {"_bucket", "_sum", "_count"}) EXPECT_FALSE(name.ends_with(suffix)) << name;
  }
}

TEST(MetricNames, AreFoundInAnyText) {
  const std::set<std::string> expected = {"portcullis_pulls_total", "process_open_fds"};
  EXPECT_EQ(metrics_named_in(R"(rate(portcullis_pulls_total{a="b"}[5m]) / process_open_fds # portcullis_)"),
            expected);
  const std::map<std::string, MetricKind> kinds = {{"portcullis_a_seconds", MetricKind::histogram},
                                                   {"portcullis_b", MetricKind::gauge}};
  EXPECT_EQ(metric_of("portcullis_a_seconds_bucket", kinds), "portcullis_a_seconds");
  EXPECT_EQ(metric_of("portcullis_b_count", kinds), "portcullis_b_count");
}

}  // namespace
}  // namespace portcullis::test
