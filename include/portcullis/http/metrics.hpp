// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "portcullis/util/metrics.hpp"

namespace portcullis::http {

/// util::Metrics kept in prometheus-cpp's registry. Thread-safe.
class PrometheusMetrics : public util::Metrics {
 public:
  /// A gauge that is 1 and says something by its labels. What it said before is gone.
  virtual void info(std::string_view name, util::Labels labels) = 0;
  /// Prometheus text exposition format.
  virtual std::string expose() const = 0;
};

std::unique_ptr<PrometheusMetrics> make_prometheus_metrics();

}  // namespace portcullis::http
