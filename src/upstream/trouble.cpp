// SPDX-License-Identifier: Apache-2.0
#include "trouble.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <ctime>
#include <random>

namespace portcullis::upstream {
namespace {

using util::ErrorKind;

constexpr std::chrono::milliseconds kFirstWait{200};
constexpr std::chrono::milliseconds kLongestWait{5'000};
/// A longer Retry-After is for our caller to honour.
constexpr std::chrono::seconds kLongestRetryAfter{10};

/// Seconds, or an HTTP date (RFC 9110, 10.2.3).
std::optional<std::chrono::seconds> retry_after(const Head& head) {
  constexpr std::uint64_t kDay = 24 * 3600;
  if (const auto seconds = head.number("retry-after")) {
    return std::chrono::seconds(std::min(*seconds, kDay));
  }
  const std::string& text = head.header("retry-after");
  if (text.empty()) return std::nullopt;
  const std::time_t date = curl_getdate(text.c_str(), nullptr);
  if (date < 0) return std::nullopt;
  const auto wait = static_cast<std::int64_t>(date - std::time(nullptr));
  return std::chrono::seconds(std::clamp<std::int64_t>(wait, 0, kDay));
}

}  // namespace

Trouble judge_status(const Head& head) {
  Trouble out;
  Failure& failure = out.failure;
  failure.status = head.status;
  failure.message = "HTTP " + std::to_string(head.status);
  if (head.status == 404 || head.status == 410) {
    failure.kind = ErrorKind::absent;
    failure.message = "not found (" + failure.message + ")";
  } else if (head.status == 401 || head.status == 403) {
    failure.kind = ErrorKind::denied;
    failure.message = "access denied (" + failure.message + ")";
  } else if (head.status == 429) {
    failure.kind = ErrorKind::limit;
    failure.rate_limited = true;
    failure.retry_after = retry_after(head);
    failure.message =
        "rate limit reached (" + failure.message + "); configure credentials for this upstream, or wait";
    const bool soon = failure.retry_after && *failure.retry_after <= kLongestRetryAfter;
    out.retry = soon ? Retry::yes : Retry::no;
  } else if (head.status >= 500 || head.status == 408) {
    failure.kind = ErrorKind::unreachable;
    failure.message = "server error (" + failure.message + ")";
    failure.retry_after = retry_after(head);
    const bool hopeless =
        head.status == 501 || (failure.retry_after && *failure.retry_after > kLongestRetryAfter);
    out.retry = hopeless ? Retry::no : Retry::yes;
  } else {
    failure.kind = ErrorKind::corrupt;
    failure.message = "unexpected answer (" + failure.message + ")";
  }
  return out;
}

bool Backoff::again(const Trouble& trouble) {
  if (trouble.retry == Retry::no || --left_ <= 0) return false;
  thread_local std::minstd_rand random{std::random_device{}()};
  const int doubled = std::min(attempts_ - left_ - 1, 8);
  const auto full = std::min(kFirstWait * (1 << doubled), kLongestWait);
  std::uniform_int_distribution<std::chrono::milliseconds::rep> jitter(0, full.count());
  auto wait = std::chrono::milliseconds(jitter(random));
  if (trouble.failure.retry_after) {
    wait = std::max<std::chrono::milliseconds>(wait, *trouble.failure.retry_after);
  }
  return transport_.sleep(wait);
}

}  // namespace portcullis::upstream
