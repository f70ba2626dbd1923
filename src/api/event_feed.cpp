// SPDX-License-Identifier: Apache-2.0
#include "event_feed.hpp"

#include <utility>

#include "portcullis/util/log.hpp"
#include "render.hpp"

namespace portcullis::api {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kEventsAtOnce = 200;
/// What waits for a client that is slow. Beyond it the stream ends; the client asks again from its place.
constexpr std::size_t kMostWaiting = 1u << 20;

}  // namespace

bool EventFilter::admits(const records::Event& event) const {
  return event.severity >= min_severity && (actions.empty() || actions.contains(event.action));
}

class EventFeed::Stream final : public EventStream {
 public:
  Stream(EventFilter filter, std::int64_t after, const FeedTimes& times)
      : filter_(std::move(filter)), times_(times), position_(after) {
    // Sent at once, so that the client knows that it is connected, and from where.
    text_ = "retry: 2000\nid: " + std::to_string(after) + "\n: watching\n\n";
  }

  bool has_news() const override {
    const std::lock_guard lock(mutex_);
    return ended_ || !text_.empty();
  }
  std::string take() override {
    const std::lock_guard lock(mutex_);
    return std::exchange(text_, {});
  }
  bool ended() const override {
    const std::lock_guard lock(mutex_);
    return ended_ && text_.empty();
  }

  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }

  std::int64_t position() const {
    const std::lock_guard lock(mutex_);
    return position_;
  }

  /// The events that follow position().
  void add(const std::vector<records::Event>& events) {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    if (now - opened_ >= times_.life) ended_ = true;
    if (ended_) return;
    const auto before = text_.size();
    for (const auto& event : events) {
      position_ = event.sequence;
      if (!filter_.admits(event)) continue;
      text_ += "id: " + std::to_string(event.sequence) + "\ndata: " + to_json(event).dump() + "\n\n";
    }
    if (text_.size() != before) spoke_ = now;
    if (now - spoke_ >= times_.heartbeat) {
      // With the place, so that who comes back does not begin with what the filter left out.
      text_ += "id: " + std::to_string(position_) + "\n: still here\n\n";
      spoke_ = now;
    }
    if (text_.size() > kMostWaiting) ended_ = true;
  }

 private:
  const EventFilter filter_;
  const FeedTimes times_;
  const Clock::time_point opened_ = Clock::now();
  mutable std::mutex mutex_;
  std::int64_t position_;
  std::string text_;
  Clock::time_point spoke_ = Clock::now();
  bool ended_ = false;
};

EventFeed::EventFeed(records::Records& records, std::size_t max_streams, FeedTimes times)
    : records_(records),
      max_streams_(max_streams),
      times_(times),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

EventFeed::~EventFeed() { stop(); }

void EventFeed::stop() {
  thread_.request_stop();
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  for (const auto& watched : streams_) {
    if (const auto stream = watched.lock()) stream->end();
  }
}

std::shared_ptr<EventStream> EventFeed::open(EventFilter filter, std::int64_t after) {
  const std::lock_guard lock(mutex_);
  std::erase_if(streams_, [](const auto& watched) { return watched.expired(); });
  if (stopped_ || streams_.size() >= max_streams_) return nullptr;
  auto stream = std::make_shared<Stream>(std::move(filter), after, times_);
  streams_.push_back(stream);
  wake_.notify_all();
  return stream;
}

util::Result<std::int64_t> EventFeed::newest() {
  return records_.events({.limit = 1}).map([](const std::vector<records::Event>& events) {
    return events.empty() ? std::int64_t{0} : events.back().sequence;
  });
}

EventFeed::Streams EventFeed::watching() {
  Streams streams;
  for (const auto& watched : streams_) {
    if (auto stream = watched.lock()) streams.push_back(std::move(stream));
  }
  return streams;
}

void EventFeed::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Streams streams;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, stop, [this] { return !watching().empty(); });
      streams = watching();
    }
    const bool more = feed(streams);
    streams.clear();  // dropped here, if their clients left meanwhile
    if (more) continue;
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, times_.poll, [] { return false; });
  }
}

/// Most of them are at the same place, so one query serves them.
bool EventFeed::feed(const Streams& streams) {
  bool more = false;
  std::map<std::int64_t, std::vector<records::Event>> by_place;
  for (const auto& stream : streams) {
    const auto place = stream->position();
    auto found = by_place.find(place);
    if (found == by_place.end()) {
      auto events = records_.events({.after_sequence = place, .limit = kEventsAtOnce, .newest = false});
      if (!events) {
        util::log::warn("events cannot be read for those who watch", {{"reason", events.error().message}});
        stream->end();  // its client asks again and is told what is the matter
        return false;
      }
      more |= events->size() == kEventsAtOnce;
      found = by_place.emplace(place, *std::move(events)).first;
    }
    stream->add(found->second);
  }
  return more;
}

}  // namespace portcullis::api
