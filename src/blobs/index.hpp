// SPDX-License-Identifier: Apache-2.0
//
// What is committed, in order of last use. In memory only; not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "portcullis/oci/digest.hpp"
#include "portcullis/util/fd.hpp"

namespace portcullis::blobs {

class Index {
 public:
  using Clock = std::chrono::steady_clock;

  struct Entry {
    std::uint64_t size = 0;
    std::weak_ptr<util::UniqueFd> file;        ///< alive while somebody has the blob open
    std::optional<Clock::time_point> touched;  ///< when its use was last written to the file's mtime
    std::list<oci::Digest>::iterator place;
  };

  /// Adds it as the most recently used; one that is there already is only moved.
  Entry& add(const oci::Digest& digest, std::uint64_t size);
  /// Does not count as a use. nullptr when absent; valid until the entry is removed.
  Entry* find(const oci::Digest& digest);
  bool contains(const oci::Digest& digest) const { return entries_.count(digest) != 0; }
  void use(Entry& entry) { order_.splice(order_.end(), order_, entry.place); }
  bool remove(const oci::Digest& digest);

  /// The blobs to give up so that at most `max_bytes` stay: least recently used first, none that
  /// is open (taking its name would free nothing) and not `keep`. They are removed from the index.
  std::vector<oci::Digest> shrink(std::uint64_t max_bytes, const oci::Digest& keep);

  std::uint64_t bytes() const { return bytes_; }
  const std::unordered_map<oci::Digest, Entry>& entries() const { return entries_; }

 private:
  std::unordered_map<oci::Digest, Entry> entries_;
  std::list<oci::Digest> order_;  ///< least recently used first
  std::uint64_t bytes_ = 0;
};

}  // namespace portcullis::blobs
