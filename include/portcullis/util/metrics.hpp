// SPDX-License-Identifier: Apache-2.0
//
// The seam every part counts through. `http` exports it as Prometheus text; tests read the
// in-memory twin. Names follow Prometheus: portcullis_<what>_total, _seconds, _bytes.
#pragma once

#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portcullis::util {

using Label = std::pair<std::string_view, std::string_view>;
using Labels = std::initializer_list<Label>;

/// Thread-safe; never fails, never blocks for long. Label values must come from a bounded set
/// (an enum, a configured name), never from a request or an image.
class Metrics {
 public:
  virtual ~Metrics() = default;
  virtual void count(std::string_view name, Labels labels = {}, double by = 1) = 0;
  virtual void gauge(std::string_view name, Labels labels, double value) = 0;
  virtual void observe(std::string_view name, Labels labels, double seconds) = 0;
};

class MemoryMetrics final : public Metrics {
 public:
  void count(std::string_view name, Labels labels = {}, double by = 1) override;
  void gauge(std::string_view name, Labels labels, double value) override;
  void observe(std::string_view name, Labels labels, double seconds) override;

  /// `key` is the name followed by its labels: `scans_total{outcome=complete}`. 0 when never set;
  /// for an observed name, the number of observations.
  double value(std::string_view key) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, double, std::less<>> values_;
};

}  // namespace portcullis::util
