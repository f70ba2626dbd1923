// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
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
  /// Until no pull of this image waits to be committed, but not longer than `patience`.
  void settle(const ImageKey& image, std::chrono::milliseconds patience);
  /// Commits what is waiting, as far as the records let it.
  void stop();

 private:
  using Key = std::string;
  void run();
  bool flush(std::unique_lock<std::mutex>& lock);
  bool write(const std::map<Key, records::PullRecord>& group);
  void announce(const records::PullRecord& pull, const Judged& judged);

  const Parts& parts_;
  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable flushed_;
  std::map<Key, records::PullRecord> waiting_;
  std::map<Key, JudgedPtr> unannounced_;  ///< what was decided on pulls whose event is not written yet
  std::set<Key> announced_;               ///< in the current minute
  std::int64_t announced_minute_ = 0;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace portcullis::gate
