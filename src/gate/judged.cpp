// SPDX-License-Identifier: Apache-2.0
#include "judged.hpp"

#include <algorithm>

#include "structure.hpp"

namespace portcullis::gate {

const records::ImageBlob* Judged::part(const oci::Digest& blob) const {
  const auto found = std::ranges::find(record.blobs, blob, &records::ImageBlob::digest);
  return found == record.blobs.end() ? nullptr : &*found;
}

bool Judged::has_config(const oci::Digest& blob) const {
  const auto* found = part(blob);
  return found != nullptr && found->place == kConfigPlace;
}

bool Judged::leans_on_waiver() const {
  return std::ranges::any_of(record.decision.reasons,
                             [](const findings::Reason& reason) { return !reason.waiver.empty(); });
}

bool same(const findings::Decision& a, const findings::Decision& b) {
  return a.action == b.action && a.would_block == b.would_block && a.summary == b.summary &&
         std::ranges::equal(a.reasons, b.reasons, [](const findings::Reason& x, const findings::Reason& y) {
           return x.action == y.action && x.code == y.code && x.text == y.text && x.waiver == y.waiver;
         });
}

std::shared_ptr<const Judged> JudgedCache::find(const std::string& key) {
  std::lock_guard lock(mutex_);
  const auto slot = slots_.find(key);
  if (slot == slots_.end()) return nullptr;
  order_.splice(order_.begin(), order_, slot->second.place);
  return slot->second.judged;
}

void JudgedCache::put(const std::string& key, std::shared_ptr<const Judged> judged) {
  std::lock_guard lock(mutex_);
  if (auto old = slots_.find(key); old != slots_.end()) drop(old);
  order_.push_front(key);
  bytes_ += judged->body->size();
  slots_.emplace(key, Slot{std::move(judged), order_.begin()});
  while (slots_.size() > max_entries_ || (bytes_ > max_bytes_ && slots_.size() > 1)) {
    drop(slots_.find(order_.back()));
  }
}

void JudgedCache::drop_other(const std::string& key, const std::string& decision_id) {
  std::lock_guard lock(mutex_);
  const auto slot = slots_.find(key);
  if (slot != slots_.end() && slot->second.judged->record.id != decision_id) drop(slot);
}

void JudgedCache::clear() {
  std::lock_guard lock(mutex_);
  slots_.clear();
  order_.clear();
  bytes_ = 0;
}

void JudgedCache::drop(std::map<std::string, Slot>::iterator slot) {
  bytes_ -= slot->second.judged->body->size();
  order_.erase(slot->second.place);
  slots_.erase(slot);
}

}  // namespace portcullis::gate
