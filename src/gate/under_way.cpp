// SPDX-License-Identifier: Apache-2.0
#include "under_way.hpp"

#include <algorithm>

namespace portcullis::gate {

UnderWay::Stay::~Stay() {
  if (all_ == nullptr) return;
  std::lock_guard lock(all_->mutex_);
  all_->entries_.erase(place_);
}

UnderWay::Stay UnderWay::enter(const Judged& image) {
  auto entry = std::make_shared<const Judged>(image);
  std::lock_guard lock(mutex_);
  return {*this, entries_.insert(entries_.end(), std::move(entry))};
}

UnderWay::Entry UnderWay::find(const ImageKey& key) const {
  std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) {
    const auto& record = entry->record;
    return record.manifest == key.manifest && record.repository == key.repository && record.host == key.host;
  });
  return found == entries_.end() ? nullptr : *found;
}

std::vector<UnderWay::Entry> UnderWay::with_blob(const std::string& host, const std::string& repository,
                                                 const oci::Digest& blob) const {
  std::vector<Entry> found;
  std::lock_guard lock(mutex_);
  std::ranges::copy_if(entries_, std::back_inserter(found), [&](const Entry& entry) {
    return entry->record.repository == repository && entry->record.host == host && entry->part(blob);
  });
  return found;
}

}  // namespace portcullis::gate
