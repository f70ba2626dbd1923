// SPDX-License-Identifier: Apache-2.0
//
// The metrics that the source counts, read from the source.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace portcullis::test {

enum class MetricKind { counter, gauge, histogram, info };

/// By name, with what is done to it: count(), gauge(), observe() or info() with the name as its first
/// argument. `failure` says what a name stands in that is none of these, or in two of them.
struct CountedMetrics {
  std::map<std::string, MetricKind> kinds;
  std::string failure;
};
CountedMetrics counted_metrics();

/// Name and help text, as src/http/metric_help.cpp has them.
std::map<std::string, std::string> described_metrics();

/// What looks like the name of a metric of ours in a text: PromQL, an alert file, a page.
std::set<std::string> metrics_named_in(std::string_view text);

/// The metric that a series belongs to: `x_seconds_bucket` is of the histogram `x_seconds`.
std::string metric_of(const std::string& series, const std::map<std::string, MetricKind>& kinds);

}  // namespace portcullis::test
