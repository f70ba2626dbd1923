// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/metrics.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace portcullis::util {
namespace {

TEST(MemoryMetrics, KeysCarryTheirLabels) {
  MemoryMetrics metrics;
  metrics.count("portcullis_pulls_total");
  metrics.count("portcullis_scans_total", {{"outcome", "complete"}}, 3);
  metrics.gauge("portcullis_cache_bytes", {{"a", "1"}, {"b", "2"}}, 7);
  metrics.gauge("portcullis_cache_bytes", {{"a", "1"}, {"b", "2"}}, 5);
  metrics.observe("portcullis_scan_seconds", {}, 0.5);
  metrics.observe("portcullis_scan_seconds", {}, 90);
  EXPECT_EQ(metrics.value("portcullis_pulls_total"), 1);
  EXPECT_EQ(metrics.value("portcullis_scans_total{outcome=complete}"), 3);
  EXPECT_EQ(metrics.value("portcullis_scans_total"), 0);
  EXPECT_EQ(metrics.value("portcullis_cache_bytes{a=1,b=2}"), 5);
  EXPECT_EQ(metrics.value("portcullis_scan_seconds"), 2);
}

TEST(MemoryMetrics, CountsFromManyThreads) {
  MemoryMetrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&metrics] {
      for (int n = 0; n < 1000; ++n) metrics.count("x", {{"k", "v"}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(metrics.value("x{k=v}"), 8000);
}

}  // namespace
}  // namespace portcullis::util
