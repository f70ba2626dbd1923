// SPDX-License-Identifier: Apache-2.0
//
// Work that nobody waits for: what was served is scanned again after the rules changed, and decided again
// after the policy changed or a waiver ended, so that what turned bad is blocked and announced before
// somebody pulls it again.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "judge.hpp"
#include "portcullis/gate/gate.hpp"
#include "portcullis/records/search.hpp"

namespace portcullis::gate {

/// The list of work is what the records say: images that are not blocked and were decided under other rules
/// or another policy, most recently pulled first. So a restart goes on where it was, and what others on the
/// same records did is not done again. What fails is tried again later, at growing distances. Thread-safe.
class Rescans {
 public:
  /// The upstream that answers for an image; null when it is not configured any more.
  using FindRegistry = std::function<upstream::Registry*(const ImageKey&)>;

  Rescans(const Parts& parts, const Options& options, Judge& judge, Profiles& profiles,
          FindRegistry find_registry);
  ~Rescans() { stop(); }

  void start();
  /// Something changed: look now.
  void wake() { wake_.notify_all(); }
  void stop();

  RescanProgress progress() const;
  /// An operator asks. ErrorKind::limit when too many wait.
  util::Result<void> afresh(const ImageKey& image);
  /// Before anything else; those that are too many wait for their turn or for somebody who asks.
  void soon(Purpose purpose, const std::vector<records::ImageRow>& images);

 private:
  struct Item {
    ImageKey key;
    std::string reference;
    Purpose purpose;
    int failures = 0;
    int own_failures = 0;  ///< not the upstream's
    util::TimePoint not_before{};
  };
  /// One way through the records, again and again until nothing new turns up: images that are pulled
  /// meanwhile move to the front of the list.
  struct Walk {
    records::ImageQuery query;
    Purpose purpose;
    std::deque<Item> page;
    std::size_t found = 0;  ///< in this round
    bool finished = false;
    std::unordered_set<std::size_t> seen;  ///< hashes of names
  };

  void run();
  std::optional<Item> next();
  std::optional<Item> take(std::deque<Item>& queue);
  std::optional<Item> due_again();
  std::optional<Item> take(Walk& walk);
  bool turn_page(Walk& walk);
  void notice_changes();
  void count_left();
  std::optional<Problem> work(const Item& item);
  bool done_already(const Item& item) const;
  void settle(Item item, const std::optional<Problem>& problem);
  std::size_t failed_locked() const;

  const Parts& parts_;
  const Options& options_;
  Judge& judge_;
  Profiles& profiles_;
  const FindRegistry find_registry_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  std::string profile_;
  std::string policy_;
  Walk rescans_;
  Walk decisions_;
  std::deque<Item> asked_;
  std::deque<Item> soon_;
  std::map<std::string, Item> again_;  ///< what failed
  std::set<std::string> in_hand_;
  std::uint64_t done_ = 0;
  std::uint64_t left_ = 0;
  std::string last_failure_;
  std::vector<std::thread> threads_;
};

}  // namespace portcullis::gate
