// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "judged.hpp"

namespace portcullis::gate {

/// Manifests that were fetched and whose judgement is not on record yet: what they refer to is known,
/// what becomes of them is not (a decision in here says nothing). At most as many as images are judged
/// at once. Thread-safe.
class UnderWay {
 public:
  using Entry = std::shared_ptr<const Judged>;

  /// Keeps the entry until it is destroyed; the UnderWay outlives it.
  class Stay {
   public:
    Stay() = default;
    Stay(UnderWay& all, std::list<Entry>::iterator place) : all_(&all), place_(place) {}
    Stay(Stay&& other) noexcept { *this = std::move(other); }
    Stay& operator=(Stay&& other) noexcept {
      std::swap(all_, other.all_);
      std::swap(place_, other.place_);
      return *this;
    }
    ~Stay();

   private:
    UnderWay* all_ = nullptr;
    std::list<Entry>::iterator place_;
  };

  Stay enter(const Judged& image);
  /// Null when it is not being judged, or its manifest was not fetched yet.
  Entry find(const ImageKey& key) const;
  /// Those of this repository that refer to the blob.
  std::vector<Entry> with_blob(const std::string& host, const std::string& repository,
                               const oci::Digest& blob) const;

 private:
  mutable std::mutex mutex_;
  std::list<Entry> entries_;
};

}  // namespace portcullis::gate
