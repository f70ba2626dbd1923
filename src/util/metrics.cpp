// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/metrics.hpp"

namespace portcullis::util {
namespace {

std::string key_of(std::string_view name, Labels labels) {
  std::string key(name);
  if (labels.size() == 0) return key;
  char separator = '{';
  for (const auto& [label, value] : labels) {
    key += separator;
    key.append(label).append("=").append(value);
    separator = ',';
  }
  key += '}';
  return key;
}

}  // namespace

void MemoryMetrics::count(std::string_view name, Labels labels, double by) {
  const std::scoped_lock lock(mutex_);
  values_[key_of(name, labels)] += by;
}

void MemoryMetrics::gauge(std::string_view name, Labels labels, double value) {
  const std::scoped_lock lock(mutex_);
  values_[key_of(name, labels)] = value;
}

void MemoryMetrics::observe(std::string_view name, Labels labels, double /*seconds*/) { count(name, labels); }

double MemoryMetrics::value(std::string_view key) const {
  const std::scoped_lock lock(mutex_);
  const auto found = values_.find(key);
  return found == values_.end() ? 0 : found->second;
}

}  // namespace portcullis::util
