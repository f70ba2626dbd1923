// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "judged.hpp"
#include "portcullis/gate/gate.hpp"

namespace portcullis::gate {

/// Who pulled what. Requests of one client for one manifest in one minute are one pull; pulls are
/// committed in groups by one thread. The queue is bounded: when the records cannot take them any
/// more, add() says no and nothing is served. Thread-safe.
class PullRecorder {
 public:
  using JudgedPtr = std::shared_ptr<const Judged>;

  PullRecorder(const Parts& parts, std::size_t limit);
  ~PullRecorder() { stop(); }

  bool add(const Client& client, const JudgedPtr& judged, const std::string& reference, Method method);
  /// Of a name that is blocked by itself.
  bool add(const Client& client, const std::shared_ptr<const records::NameDecision>& blocked,
           const std::string& reference, Method method);
  /// Until no pull of this image waits to be committed, but not longer than `patience`.
  void settle(const ImageKey& image, std::chrono::milliseconds patience);
  /// Commits what is waiting, as far as the records let it.
  void stop();

 private:
  using Key = std::string;
  using EventMaker = std::function<records::Event(const records::PullRecord&)>;
  /// What a pull was answered: all that is not known from the request.
  struct Verdict {
    const std::string& host;
    const std::string& repository;
    std::optional<oci::Digest> manifest;
    const std::string& id;
    findings::Action action;
  };
  bool add(const Client& client, const Verdict& verdict, const std::string& reference, Method method,
           const EventMaker& announcement);
  void run();
  void report_locked();
  bool flush(std::unique_lock<std::mutex>& lock);
  bool write(const std::map<Key, records::PullRecord>& group);
  void announce(const records::PullRecord& pull, const EventMaker& announcement);

  const Parts& parts_;
  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable flushed_;
  std::map<Key, records::PullRecord> waiting_;
  std::map<Key, EventMaker> unannounced_;  ///< of pulls whose event is not written yet
  std::set<Key> announced_;                ///< in the current minute
  std::int64_t announced_minute_ = 0;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace portcullis::gate
