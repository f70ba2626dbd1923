// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <thread>

#include "portcullis/notify/notifier.hpp"
#include "sender.hpp"

namespace portcullis::notify {

/// Serves one target on a thread of its own. The destructor ends it.
class DeliveryLoop {
 public:
  DeliveryLoop(TargetOptions target, std::unique_ptr<Sender> sender, const NotifierParts& parts);
  ~DeliveryLoop();

  void reopen() { sender_->reopen(); }
  void request_stop() { thread_.request_stop(); }

 private:
  enum class After { idle, more, trouble };

  void run(const std::stop_token& stop);
  After round(const std::stop_token& stop);
  /// The events from the cursor on; false when one could not be sent.
  bool deliver(const std::vector<findings::Event>& events, const std::stop_token& stop);
  bool deliver_one(const findings::Event& event, const std::stop_token& stop);
  /// Flushes, and moves the cursor to where we are. What could not be flushed is sent again.
  bool commit(const std::stop_token& stop);
  bool take_place();
  void lose_place();

  bool is_given_up(const findings::Event& event) const;
  void note_failure(const Delivery& delivery);
  void set_aside(const findings::Event& event, const std::string& reason);
  void count(const char* outcome, double by = 1);
  void show_backlog(std::int64_t waiting, std::chrono::milliseconds age);
  /// Before the first event that is not sent yet.
  void measure_backlog(const std::vector<findings::Event>& events);
  void records_trouble(const util::Error& error);

  /// In pieces, so that the target stays ours. False when it is time to end.
  bool pause(std::chrono::milliseconds time, const std::stop_token& stop);
  bool rest(std::chrono::milliseconds time, const std::stop_token& stop);
  std::chrono::milliseconds retry_time();

  const TargetOptions target_;
  const std::unique_ptr<Sender> sender_;
  const NotifierParts parts_;

  std::optional<std::int64_t> position_;  ///< the last event that is done with; none: not ours now
  std::int64_t saved_ = 0;                ///< the cursor
  std::int64_t unsaved_ = 0;              ///< events sent since
  int failures_ = 0;                      ///< in a row
  std::optional<util::TimePoint> failing_since_;
  int refusals_ = 0;  ///< of the event after position_
  int expired_ = 0;   ///< set aside since the target failed
  int records_failures_ = 0;
  std::chrono::milliseconds asked_{0};
  bool behind_ = false;
  std::chrono::steady_clock::time_point held_until_{};
  std::chrono::steady_clock::time_point cursor_moved_{};
  std::minstd_rand random_{std::random_device{}()};

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  ///< last: it uses the rest
};

}  // namespace portcullis::notify
