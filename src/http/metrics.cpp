// SPDX-License-Identifier: Apache-2.0
#include "portcullis/http/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <exception>
#include <map>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "metric_help.hpp"
#include "portcullis/util/log.hpp"

namespace portcullis::http {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

/// Transactions of a database.
const Buckets kQuick = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};
/// Requests: from the memory of this machine to a client that is held for 25 s and a large blob.
const Buckets kExchange = {0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60, 300};
/// Scans and judgements: from a config to a layer of many gigabytes.
const Buckets kWork = {0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900};

const Buckets& buckets_of(std::string_view name) {
  if (name.starts_with("portcullis_database_")) return kQuick;
  if (name.starts_with("portcullis_scan_") || name.starts_with("portcullis_judge_")) return kWork;
  return kExchange;
}

prometheus::Labels own(util::Labels labels) {
  prometheus::Labels copy;
  for (const auto& [label, value] : labels) copy.emplace(label, value);
  return copy;
}

/// Series by name and labels as given, so that a second use costs one look-up.
template <class Series>
class SeriesCache {
 public:
  template <class Make>
  Series& get(std::string_view name, util::Labels labels, Make make) {
    std::string key(name);
    for (const auto& [label, value] : labels) {
      key.append(1, '\0').append(label).append(1, '\0').append(value);
    }
    const std::lock_guard lock(mutex_);
    const auto found = series_.find(key);
    if (found != series_.end()) return *found->second;
    auto& made = make(std::string(name), help_text(name), own(labels));
    series_.emplace(std::move(key), &made);
    return made;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, Series*> series_;
};

class Exporter final : public PrometheusMetrics {
 public:
  void count(std::string_view name, util::Labels labels, double by) override {
    guarded(name, [&] {
      counters_
          .get(name, labels,
               [&](const auto& own_name, const auto& help, const auto& own_labels) -> prometheus::Counter& {
                 return prometheus::BuildCounter().Name(own_name).Help(help).Register(registry_).Add(
                     own_labels);
               })
          .Increment(by);
    });
  }

  void gauge(std::string_view name, util::Labels labels, double value) override {
    guarded(name, [&] {
      gauges_
          .get(
              name, labels,
              [&](const auto& own_name, const auto& help, const auto& own_labels) -> prometheus::Gauge& {
                return prometheus::BuildGauge().Name(own_name).Help(help).Register(registry_).Add(own_labels);
              })
          .Set(value);
    });
  }

  void observe(std::string_view name, util::Labels labels, double seconds) override {
    guarded(name, [&] {
      histograms_
          .get(name, labels,
               [&](const auto& own_name, const auto& help, const auto& own_labels) -> prometheus::Histogram& {
                 return prometheus::BuildHistogram().Name(own_name).Help(help).Register(registry_).Add(
                     own_labels, buckets_of(own_name));
               })
          .Observe(seconds);
    });
  }

  void info(std::string_view name, util::Labels labels) override {
    guarded(name, [&] {
      auto& family =
          prometheus::BuildGauge().Name(std::string(name)).Help(help_text(name)).Register(registry_);
      const std::lock_guard lock(info_mutex_);
      auto& said = info_[std::string(name)];
      auto& says = family.Add(own(labels));
      says.Set(1);
      if (said != nullptr && said != &says) family.Remove(said);
      said = &says;
    });
  }

  std::string expose() const override { return prometheus::TextSerializer().Serialize(registry_.Collect()); }

 private:
  /// prometheus-cpp throws for a name it cannot take or that has another type already: our own
  /// mistake, and no reason to fail a pull.
  template <class Action>
  static void guarded(std::string_view name, Action action) {
    try {
      action();
    } catch (const std::exception& e) {
      util::log::error("metric not counted", {{"metric", name}, {"error", e.what()}});
    }
  }

  prometheus::Registry registry_;
  SeriesCache<prometheus::Counter> counters_;
  SeriesCache<prometheus::Gauge> gauges_;
  SeriesCache<prometheus::Histogram> histograms_;
  std::mutex info_mutex_;
  std::map<std::string, prometheus::Gauge*> info_;  ///< what each says at present
};

}  // namespace

std::unique_ptr<PrometheusMetrics> make_prometheus_metrics() { return std::make_unique<Exporter>(); }

}  // namespace portcullis::http
