// SPDX-License-Identifier: Apache-2.0
#include "health.hpp"

#include <algorithm>
#include <charconv>

namespace portcullis::upstream {
namespace {

using util::ErrorKind;
using SteadyClock = std::chrono::steady_clock;

/// Whatever the registry says: a wrong number must not close it for a day.
constexpr std::chrono::seconds kLongestClosed{60};
constexpr std::size_t kMaxSource = 128;

util::TimePoint now() { return util::SystemClock().now(); }

/// "76;w=21600": a count and the window it is for (draft-ietf-httpapi-ratelimit-headers-03).
struct Quota {
  std::uint64_t count = 0;
  std::optional<std::chrono::seconds> window;
};

std::optional<std::uint64_t> number_at(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

std::optional<Quota> read_quota(std::string_view text) {
  const auto count = number_at(text);
  if (!count) return std::nullopt;
  Quota quota{*count, std::nullopt};
  constexpr std::string_view kWindow = "w=";
  if (const auto at = text.find(kWindow); at != std::string_view::npos) {
    if (const auto seconds = number_at(text.substr(at + kWindow.size())); seconds && *seconds < 1u << 30) {
      quota.window = std::chrono::seconds(*seconds);
    }
  }
  return quota;
}

std::chrono::seconds left_until(SteadyClock::time_point time) {
  return std::chrono::ceil<std::chrono::seconds>(time - SteadyClock::now());
}

}  // namespace

HealthBook::HealthBook(std::string name, util::Metrics& metrics)
    : name_(std::move(name)), metrics_(metrics) {}

void HealthBook::succeeded() {
  const std::lock_guard lock(mutex_);
  health_.last_success = now();
  health_.failures_in_a_row = 0;
  report_locked();
}

void HealthBook::failed(const Failure& failure) {
  switch (failure.kind) {
    case ErrorKind::absent:
    case ErrorKind::denied:
      return succeeded();
    case ErrorKind::unreachable:
    case ErrorKind::limit:
    case ErrorKind::corrupt:
      break;
    default:
      return;  // our own trouble
  }
  const std::lock_guard lock(mutex_);
  health_.last_failure = now();
  health_.last_error = failure.message;
  ++health_.failures_in_a_row;
  report_locked();
}

void HealthBook::report_locked() {
  metrics_.gauge("portcullis_upstream_up", {{"upstream", name_}}, health_.failures_in_a_row == 0 ? 1 : 0);
  metrics_.gauge("portcullis_upstream_failures_in_a_row", {{"upstream", name_}},
                 static_cast<double>(health_.failures_in_a_row));
  if (!health_.last_success) return;
  metrics_.gauge("portcullis_upstream_last_success_timestamp_seconds", {{"upstream", name_}},
                 static_cast<double>(util::to_millis(*health_.last_success)) / 1000);
}

void HealthBook::note_rate_limit(const Head& head) {
  const auto limit = read_quota(head.header("ratelimit-limit"));
  const auto remaining = read_quota(head.header("ratelimit-remaining"));
  if (!limit && !remaining) return;
  const std::lock_guard lock(mutex_);
  auto& known = health_.rate_limit.emplace();
  known.at = now();
  known.source = head.header("docker-ratelimit-source").substr(0, kMaxSource);
  const auto gauge = [this](const char* metric, double value) {
    metrics_.gauge(metric, {{"upstream", name_}}, value);
  };
  if (limit) {
    known.limit = limit->count;
    known.window = limit->window;
    gauge("portcullis_upstream_ratelimit_limit", static_cast<double>(limit->count));
  }
  if (remaining) {
    known.remaining = remaining->count;
    if (!known.window) known.window = remaining->window;
    gauge("portcullis_upstream_ratelimit_remaining", static_cast<double>(remaining->count));
  }
  if (known.window) {
    gauge("portcullis_upstream_ratelimit_window_seconds", static_cast<double>(known.window->count()));
  }
}

void HealthBook::close(const std::string& kind, std::chrono::seconds time) {
  const std::lock_guard lock(mutex_);
  auto& until = closed_until_[kind];
  until = std::max(until, SteadyClock::now() + std::min(time, kLongestClosed));
}

std::optional<std::chrono::seconds> HealthBook::closed(const std::string& kind) const {
  const std::lock_guard lock(mutex_);
  const auto found = closed_until_.find(kind);
  if (found == closed_until_.end()) return std::nullopt;
  const auto left = left_until(found->second);
  if (left <= std::chrono::seconds(0)) return std::nullopt;
  return left;
}

Health HealthBook::status() const {
  const std::lock_guard lock(mutex_);
  Health health = health_;
  for (const auto& [kind, until] : closed_until_) {
    const auto left = left_until(until);
    if (left > health.retry_after.value_or(std::chrono::seconds(0))) health.retry_after = left;
  }
  return health;
}

}  // namespace portcullis::upstream
