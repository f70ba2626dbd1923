// SPDX-License-Identifier: Apache-2.0
#include "portcullis/http/metrics.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace portcullis::http {
namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(PrometheusMetricsTest, CountersGaugesAndHistograms) {
  const auto metrics = make_prometheus_metrics();
  metrics->count("portcullis_scans_total", {{"outcome", "complete"}});
  metrics->count("portcullis_scans_total", {{"outcome", "complete"}}, 2);
  metrics->count("portcullis_scans_total", {{"outcome", "crashed"}});
  metrics->gauge("portcullis_http_connections", {{"listener", "registry"}}, 7);
  metrics->gauge("portcullis_http_connections", {{"listener", "registry"}}, 5);
  metrics->observe("portcullis_scan_seconds", {}, 0.3);
  metrics->observe("portcullis_scan_seconds", {}, 20);
  const auto text = metrics->expose();
  EXPECT_TRUE(has_line(text, "# HELP portcullis_scans_total Layer scans by outcome.")) << text;
  EXPECT_TRUE(has_line(text, "# TYPE portcullis_scans_total counter"));
  EXPECT_TRUE(has_line(text, "portcullis_scans_total{outcome=\"complete\"} 3"));
  EXPECT_TRUE(has_line(text, "portcullis_scans_total{outcome=\"crashed\"} 1"));
  EXPECT_TRUE(has_line(text, "portcullis_http_connections{listener=\"registry\"} 5"));
  EXPECT_TRUE(has_line(text, "portcullis_scan_seconds_bucket{le=\"0.25\"} 0"));
  EXPECT_TRUE(has_line(text, "portcullis_scan_seconds_bucket{le=\"0.5\"} 1"));
  EXPECT_TRUE(has_line(text, "portcullis_scan_seconds_bucket{le=\"+Inf\"} 2"));
  EXPECT_TRUE(has_line(text, "portcullis_scan_seconds_count 2"));
}

TEST(PrometheusMetricsTest, AnInfoSaysOneThingAtATime) {
  const auto metrics = make_prometheus_metrics();
  for (const auto* profile : {"one", "one", "two"})
    metrics->info("portcullis_rules_info", {{"profile", profile}});
  metrics->info("portcullis_build_info", {{"version", "1"}});
  const auto text = metrics->expose();
  EXPECT_TRUE(has_line(text, "portcullis_rules_info{profile=\"two\"} 1")) << text;
  EXPECT_EQ(text.find("profile=\"one\""), std::string::npos);
  EXPECT_TRUE(has_line(text, "portcullis_build_info{version=\"1\"} 1"));
}

TEST(PrometheusMetricsTest, BucketsFitWhatIsMeasured) {
  const auto metrics = make_prometheus_metrics();
  for (const auto* name : {"portcullis_database_transaction_seconds", "portcullis_http_request_seconds",
                           "portcullis_judge_seconds"}) {
    metrics->observe(name, {}, 0.002);
  }
  const auto text = metrics->expose();
  EXPECT_TRUE(has_line(text, "portcullis_database_transaction_seconds_bucket{le=\"0.0025\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "portcullis_http_request_seconds_bucket{le=\"300\"} 1"));
  EXPECT_TRUE(has_line(text, "portcullis_judge_seconds_bucket{le=\"900\"} 1"));
}

TEST(PrometheusMetricsTest, AMetricNobodyDescribedGetsItsNameInWords) {
  const auto metrics = make_prometheus_metrics();
  metrics->count("portcullis_new_things_total");
  EXPECT_TRUE(has_line(metrics->expose(), "# HELP portcullis_new_things_total portcullis new things total."));
}

TEST(PrometheusMetricsTest, OurOwnMistakesNeverThrow) {
  const auto metrics = make_prometheus_metrics();
  metrics->count("portcullis_a_total");
  metrics->gauge("portcullis_a_total", {}, 1);
  metrics->count("not a name");
  metrics->count("portcullis_b_total", {{"bad label", "x"}});
  metrics->count("portcullis_a_total");
  EXPECT_TRUE(has_line(metrics->expose(), "portcullis_a_total 2"));
}

TEST(PrometheusMetricsTest, ThreadsMayCountTogether) {
  const auto metrics = make_prometheus_metrics();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const auto own = std::to_string(i);
      for (int n = 0; n < 1000; ++n) {
        metrics->count("portcullis_shared_total");
        metrics->count("portcullis_own_total", {{"thread", own}});
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const auto text = metrics->expose();
  EXPECT_TRUE(has_line(text, "portcullis_shared_total 4000"));
  EXPECT_TRUE(has_line(text, "portcullis_own_total{thread=\"3\"} 1000"));
}

}  // namespace
}  // namespace portcullis::http
