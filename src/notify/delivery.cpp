// SPDX-License-Identifier: Apache-2.0
#include "delivery.hpp"

#include <algorithm>
#include <exception>

#include "backoff.hpp"
#include "portcullis/util/log.hpp"

namespace portcullis::notify {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t kBatch = 100;
constexpr milliseconds kBatchTime = 1s;      // after so long the cursor is moved
constexpr milliseconds kSurelyGone = 1h;     // of failures, before events are given up
constexpr milliseconds kNotOurs = 5s;        // until we ask again
constexpr milliseconds kCursorTouched = 1h;  // a cursor that nobody moves for long is taken for forgotten

/// 1st, 2nd, 4th, 8th, ...: what goes on for days does not fill the log.
bool worth_a_line(int count) { return (count & (count - 1)) == 0; }

}  // namespace

DeliveryLoop::DeliveryLoop(TargetOptions target, std::unique_ptr<Sender> sender, const NotifierParts& parts)
    : target_(std::move(target)), sender_(std::move(sender)), parts_(parts) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

DeliveryLoop::~DeliveryLoop() = default;

void DeliveryLoop::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    milliseconds wait = target_.pace.poll;
    try {
      if (!take_place()) {
        wait = kNotOurs;
      } else {
        switch (round(stop)) {
          case After::more:
            continue;
          case After::trouble:
            wait = retry_time();
            break;
          case After::idle:
            break;
        }
      }
    } catch (const std::exception& error) {  // out of memory
      lose_place();
      wait = kNotOurs;
      util::log::error("notifications stopped for a moment",
                       {{"target", target_.name}, {"reason", error.what()}});
    }
    if (!pause(wait, stop)) break;
  }
  if (position_) parts_.log->let_go(target_.name);
}

bool DeliveryLoop::take_place() {
  if (position_ && steady_clock::now() < held_until_) return true;
  const auto asked = steady_clock::now();
  const auto held = parts_.log->hold(target_.name);
  if (!held || !*held) {
    if (!held) records_trouble(held.error());
    lose_place();
    return false;
  }
  held_until_ = asked + kRenewTime;
  if (position_) return true;
  const auto cursor = parts_.log->cursor(target_.name);
  if (!cursor) {
    records_trouble(cursor.error());
    return false;
  }
  saved_ = cursor->value_or(0);
  position_ = saved_;
  cursor_moved_ = asked;
  records_failures_ = 0;
  return true;
}

void DeliveryLoop::lose_place() {
  position_.reset();
  unsaved_ = 0;
  refusals_ = 0;
  show_backlog(0, 0ms);  // whoever has the target shows it
}

DeliveryLoop::After DeliveryLoop::round(const std::stop_token& stop) {
  const auto events = parts_.log->after(*position_, kBatch);
  if (!events) {
    records_trouble(events.error());
    return After::trouble;
  }
  const bool sent = deliver(*events, stop);
  const bool committed = commit(stop);
  if (!sent || !committed) {
    measure_backlog(*events);
    return After::trouble;
  }
  if (!events->empty() && (events->size() == kBatch || *position_ < events->back().sequence)) {
    measure_backlog(*events);
    return After::more;
  }
  show_backlog(0, 0ms);
  return After::idle;
}

bool DeliveryLoop::deliver(const std::vector<findings::Event>& events, const std::stop_token& stop) {
  const auto began = steady_clock::now();
  for (const auto& event : events) {
    if (stop.stop_requested() || steady_clock::now() - began > kBatchTime) return true;
    if (target_.filter.matches(event) && !deliver_one(event, stop)) return false;
    position_ = event.sequence;
    refusals_ = 0;
  }
  return true;
}

bool DeliveryLoop::is_given_up(const findings::Event& event) const {
  if (!failing_since_) return false;
  const auto now = parts_.clock->now();
  return now - *failing_since_ >= std::min(kSurelyGone, target_.pace.keep_for) &&
         event.at < now - target_.pace.keep_for;
}

/// False: this one is not done with yet.
bool DeliveryLoop::deliver_one(const findings::Event& event, const std::stop_token& stop) {
  if (is_given_up(event)) {
    count("expired");
    if (worth_a_line(++expired_)) {
      util::log::error("events set aside, the target has failed for longer than keep_for",
                       {{"target", target_.name}, {"events", expired_}, {"newest", event.sequence}});
    }
    return true;
  }
  const Delivery delivery = sender_->send(event, stop);
  if (delivery.sent()) {
    if (failures_ > 0) {
      util::log::info("notifications go through again", {{"target", target_.name}, {"failures", failures_}});
    }
    failures_ = 0;
    failing_since_.reset();
    expired_ = 0;
    ++unsaved_;
    return true;
  }
  if (stop.stop_requested()) return false;  // broken off by ourselves
  if (delivery.outcome == Delivery::Outcome::refused && ++refusals_ >= target_.pace.refusals) {
    count("failed");
    failures_ = 0;
    failing_since_.reset();
    set_aside(event, delivery.reason);
    return true;
  }
  note_failure(delivery);
  return false;
}

bool DeliveryLoop::commit(const std::stop_token& stop) {
  const bool stale = steady_clock::now() - cursor_moved_ > kCursorTouched;
  if (*position_ == saved_ && !stale) return true;
  if (const Delivery flushed = sender_->flush(stop); !flushed.sent()) {
    position_ = saved_;
    unsaved_ = 0;
    if (!stop.stop_requested()) note_failure(flushed);
    return false;
  }
  if (const auto saved = parts_.log->save(target_.name, *position_); !saved) {
    position_ = saved_;
    unsaved_ = 0;
    records_trouble(saved.error());
    return false;
  }
  saved_ = *position_;
  cursor_moved_ = steady_clock::now();
  records_failures_ = 0;
  if (unsaved_ > 0) count("sent", static_cast<double>(std::exchange(unsaved_, 0)));
  return true;
}

void DeliveryLoop::note_failure(const Delivery& delivery) {
  ++failures_;
  if (!failing_since_) failing_since_ = parts_.clock->now();
  asked_ = delivery.wait.value_or(0ms);
  count("failed");
  if (!worth_a_line(failures_)) return;
  util::log::warn("notification failed, trying again",
                  {{"target", target_.name}, {"failures", failures_}, {"reason", delivery.reason}});
}

void DeliveryLoop::set_aside(const findings::Event& event, const std::string& reason) {
  count("set_aside");
  util::log::error(
      "event set aside, this target will not get it",
      {{"target", target_.name}, {"event", event.sequence}, {"action", event.action}, {"reason", reason}});
}

void DeliveryLoop::count(const char* outcome, double by) {
  parts_.metrics->count("portcullis_notify_events_total", {{"target", target_.name}, {"outcome", outcome}},
                        by);
}

void DeliveryLoop::measure_backlog(const std::vector<findings::Event>& events) {
  const auto next = std::find_if(events.begin(), events.end(),
                                 [&](const auto& event) { return event.sequence > *position_; });
  const auto newest = parts_.log->newest();
  if (!newest || events.empty()) return;
  // After the last one of a batch the age is that of what comes next: nearly the same.
  const auto at = next != events.end() ? next->at : events.back().at;
  show_backlog(*newest - *position_, parts_.clock->now() - at);
}

void DeliveryLoop::show_backlog(std::int64_t waiting, milliseconds age) {
  waiting = std::max<std::int64_t>(waiting, 0);
  if (waiting == 0) age = 0ms;
  parts_.metrics->gauge("portcullis_notify_waiting_events", {{"target", target_.name}},
                        static_cast<double>(waiting));
  parts_.metrics->gauge("portcullis_notify_behind_seconds", {{"target", target_.name}},
                        std::max(std::chrono::duration<double>(age).count(), 0.0));
  const bool behind = waiting >= target_.pace.behind_events || age >= target_.pace.behind_time;
  if (behind == std::exchange(behind_, behind)) return;
  if (behind) {
    util::log::warn("notifications are behind",
                    {{"target", target_.name}, {"waiting", waiting}, {"oldest_seconds", age.count() / 1000}});
  } else if (position_) {
    util::log::info("notifications are up to date again", {{"target", target_.name}});
  }
}

void DeliveryLoop::records_trouble(const util::Error& error) {
  if (!worth_a_line(++records_failures_)) return;
  util::log::error("notifications wait for the records",
                   {{"target", target_.name}, {"failures", records_failures_}, {"reason", error.message}});
}

milliseconds DeliveryLoop::retry_time() {
  const double chance = std::uniform_real_distribution<double>(0, 1)(random_);
  return backoff(std::max(failures_, records_failures_), target_.pace.first_retry, target_.pace.longest_retry,
                 chance, std::exchange(asked_, 0ms));
}

bool DeliveryLoop::pause(milliseconds time, const std::stop_token& stop) {
  const auto until = steady_clock::now() + time;
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    if (left <= 0ms) return !stop.stop_requested();
    if (!rest(std::min(left, kRenewTime), stop)) return false;
    if (position_ && !take_place()) return true;
  }
}

bool DeliveryLoop::rest(milliseconds time, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace portcullis::notify
