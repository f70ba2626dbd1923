// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "portcullis/upstream/registry.hpp"
#include "transport.hpp"

namespace portcullis::upstream {

/// How one registry has been lately, told by each answer of it. Thread-safe.
class HealthBook {
 public:
  HealthBook(std::string name, util::Metrics& metrics);

  void succeeded();
  void failed(const Failure& failure);
  /// Notes `ratelimit-*` headers, when there are any.
  void note_rate_limit(const Head& head);

  /// A 429 closes its kind of request for as long as the registry said, a minute at most: asking on
  /// only makes it worse. `kind` is from a small fixed set.
  void close(const std::string& kind, std::chrono::seconds time);
  /// How long a kind of request is closed still; nullopt when it is open.
  std::optional<std::chrono::seconds> closed(const std::string& kind) const;

  Health status() const;

 private:
  void report_locked();

  const std::string name_;
  util::Metrics& metrics_;
  mutable std::mutex mutex_;
  Health health_;
  std::map<std::string, std::chrono::steady_clock::time_point> closed_until_;
};

}  // namespace portcullis::upstream
