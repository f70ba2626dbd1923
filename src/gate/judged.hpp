// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/gate/gate.hpp"

namespace portcullis::gate {

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

  bool blocked() const { return record.decision.action == findings::Action::block; }
  /// What the manifest says of a blob it refers to; null when it does not.
  const records::ImageBlob* part(const oci::Digest& blob) const;
  bool has_config(const oci::Digest& blob) const;
};

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
