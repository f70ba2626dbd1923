// SPDX-License-Identifier: Apache-2.0
//
// Live events for whoever watches. One thread reads the records for all of them, only while somebody
// watches; each stream has a place of its own in the sequence, so one that comes back goes on where it was.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "portcullis/api/api.hpp"
#include "portcullis/records/records.hpp"

namespace portcullis::api {

struct FeedTimes {
  std::chrono::milliseconds poll{500};
  std::chrono::milliseconds heartbeat{15'000};
  /// A stream ends after this and its client comes back by itself: then its token is looked at again.
  std::chrono::milliseconds life{300'000};
};

struct EventFilter {
  std::set<std::string> actions = {};  ///< empty: all
  findings::Severity min_severity = findings::Severity::info;

  bool admits(const records::Event& event) const;
};

class EventFeed {
 public:
  EventFeed(records::Records& records, std::size_t max_streams, FeedTimes times = {});
  ~EventFeed();

  /// From the event after `after` on. nullptr when there are too many streams.
  std::shared_ptr<EventStream> open(EventFilter filter, std::int64_t after);
  /// The number of the newest event.
  util::Result<std::int64_t> newest();
  void stop();

 private:
  class Stream;
  using Streams = std::vector<std::shared_ptr<Stream>>;

  void run(const std::stop_token& stop);
  Streams watching();
  /// True when there is more to read than was read.
  bool feed(const Streams& streams);

  records::Records& records_;
  const std::size_t max_streams_;
  const FeedTimes times_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<std::weak_ptr<Stream>> streams_;
  bool stopped_ = false;
  std::jthread thread_;  ///< last: it uses the rest
};

}  // namespace portcullis::api
