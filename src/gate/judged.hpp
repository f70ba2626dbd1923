// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/gate/gate.hpp"

namespace portcullis::gate {

/// Up to where what a decision rests on was looked at (see Standing). Not part of the verdict: whoever looks
/// again moves it on.
class Generation {
 public:
  Generation() : value_(0) {}
  explicit Generation(std::uint64_t value) : value_(value) {}
  Generation(const Generation& other) : value_(other.get()) {}
  Generation& operator=(const Generation& other) {
    value_ = other.get();
    return *this;
  }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }
  void set(std::uint64_t value) const { value_.store(value, std::memory_order_relaxed); }

 private:
  mutable std::atomic<std::uint64_t> value_;
};

/// A manifest or index with its decision on record: everything an answer needs, without I/O.
struct Judged {
  records::DecisionRecord record;
  std::string media_type = {};
  std::shared_ptr<const std::string> body = {};
  std::vector<oci::Descriptor> children = {};  ///< of an index
  /// An image manifest that nobody can make an image of without fetching its config.
  bool needs_its_config = false;
  /// When time alone may change the decision (a waiver runs out, a cooldown ends).
  std::optional<util::TimePoint> valid_until = {};
  std::vector<std::string> waivers = {};  ///< ids of those that might have applied, in order
  Generation looked_at = {};
  /// What events say of it.
  findings::Severity severity = findings::Severity::info;
  std::vector<findings::EventRule> rules = {};

  bool blocked() const { return record.decision.action == findings::Action::block; }
  bool leans_on_waiver() const;
  /// What the manifest says of a blob it refers to; null when it does not.
  const records::ImageBlob* part(const oci::Digest& blob) const;
  bool has_config(const oci::Digest& blob) const;
};

/// Do they say the same of the image?
bool same(const findings::Decision& a, const findings::Decision& b);

/// What names one decision.
struct ImageKey {
  std::string host;
  std::string repository;
  oci::Digest manifest;

  std::string text() const { return host + '/' + repository + '@' + manifest.text(); }
};

/// Current decisions in memory, least recently used out first. Thread-safe.
class JudgedCache {
 public:
  JudgedCache(std::size_t max_entries, std::size_t max_bytes)
      : max_entries_(max_entries), max_bytes_(max_bytes) {}

  std::shared_ptr<const Judged> find(const std::string& key);
  void put(const std::string& key, std::shared_ptr<const Judged> judged);
  /// Forgets it, unless it is the decision with this id.
  void drop_other(const std::string& key, const std::string& decision_id);
  void clear();

 private:
  using Order = std::list<std::string>;
  struct Slot {
    std::shared_ptr<const Judged> judged;
    Order::iterator place;
  };
  void drop(std::map<std::string, Slot>::iterator slot);

  std::mutex mutex_;
  const std::size_t max_entries_;
  const std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  Order order_;  ///< most recently used first
  std::map<std::string, Slot> slots_;
};

}  // namespace portcullis::gate
