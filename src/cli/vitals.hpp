// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "portcullis/http/metrics.hpp"
#include "portcullis/http/server.hpp"
#include "portcullis/records/records.hpp"
#include "portcullis/scan/service.hpp"
#include "portcullis/util/clock.hpp"

namespace portcullis::cli {

/// Where the figures come from. What is referred to outlives the vitals.
struct VitalSources {
  std::filesystem::path data;
  std::string version;
  scan::Service& scanner;
  records::Records& records;
  const util::Clock& clock;
  std::function<std::vector<http::Readiness>()> readiness;
};

/// The gauges that nobody sets by doing something: readiness, rules in use, waivers, disk, memory. Taken
/// now and then on a thread of its own, so that no number of scrapes asks the database. The first time
/// is in the constructor: a server that listens has them.
class Vitals {
 public:
  Vitals(VitalSources sources, http::PrometheusMetrics& metrics,
         std::chrono::milliseconds interval = std::chrono::seconds(10));

 private:
  void run(const std::stop_token& stop);
  void take();
  void take_rules();
  void take_waivers();
  void take_disk();
  void take_process();

  const VitalSources sources_;
  http::PrometheusMetrics& metrics_;
  const std::chrono::milliseconds interval_;
  double cpu_seconds_ = 0;  ///< counted so far
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  ///< last: it uses the rest
};

}  // namespace portcullis::cli
