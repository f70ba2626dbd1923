// SPDX-License-Identifier: Apache-2.0
#include "standing.hpp"

#include <algorithm>

#include "portcullis/policy/policy.hpp"

namespace portcullis::gate {
namespace {

constexpr std::size_t kMaxSuspects = 100'000;

bool same_waiver(const findings::Waiver& a, const findings::Waiver& b) {
  return a.id == b.id && a.expires == b.expires && a.rule == b.rule && a.repository == b.repository &&
         a.digest == b.digest && a.file_hash == b.file_hash;
}

}  // namespace

bool Standing::holds(const Judged& judged, util::TimePoint now) const {
  const auto generation = this->generation();
  if (judged.looked_at.get() == generation) return true;
  std::lock_guard lock(mutex_);
  const auto& record = judged.record;
  const auto seen = judged.looked_at.get();
  if (std::ranges::any_of(record.blobs, [&](const auto& b) { return suspected_locked(b.digest, seen); })) {
    return false;
  }
  // Nobody can say whether its waiver was revoked.
  if (!waivers_known_) return !judged.leans_on_waiver();
  auto applicable = policy::waivers_for_image(waivers_, record.host, record.repository, record.manifest);
  std::erase_if(applicable, [now](const findings::Waiver& waiver) { return waiver.expires <= now; });
  if (!std::ranges::equal(applicable, judged.waivers, {}, &findings::Waiver::id)) return false;
  judged.looked_at.set(generation);
  return true;
}

std::vector<std::string> Standing::learn_waivers(std::optional<std::vector<findings::Waiver>> active) {
  std::vector<std::string> gone;
  std::lock_guard lock(mutex_);
  if (!active) {
    if (waivers_known_) ++generation_;
    waivers_known_ = false;
    return gone;
  }
  std::ranges::sort(*active, {}, &findings::Waiver::id);
  if (waivers_known_ && std::ranges::equal(*active, waivers_, same_waiver)) return gone;
  for (const auto& before : waivers_) {
    const auto found = std::ranges::lower_bound(*active, before.id, {}, &findings::Waiver::id);
    if (found == active->end() || found->id != before.id) gone.push_back(before.id);
  }
  waivers_ = *std::move(active);
  waivers_known_ = true;
  ++generation_;
  return gone;
}

std::uint64_t Standing::suspect(const std::vector<oci::Digest>& blobs, const std::string& profile, News news,
                                std::uint64_t generation) {
  std::lock_guard lock(mutex_);
  const auto before = generation_.load();
  const auto next = before + 1;
  bool changed = false;
  for (const auto& blob : blobs) {
    const auto known = suspects_.find(blob);
    if (known != suspects_.end() && known->second.profile == profile && news == News::perhaps) continue;
    if (known == suspects_.end() && suspects_.size() >= kMaxSuspects) {
      suspects_.clear();
      all_suspect_before_ = next;
    }
    suspects_.insert_or_assign(blob, Suspect{next, profile});
    if (new_suspects_.size() < kMaxSuspects) new_suspects_.insert(blob);
    changed = true;
  }
  if (changed) generation_.store(next, std::memory_order_release);
  return changed && generation == before ? next : generation;
}

bool Standing::suspected_locked(const oci::Digest& blob, std::uint64_t generation) const {
  if (generation < all_suspect_before_) return true;
  const auto found = suspects_.find(blob);
  return found != suspects_.end() && found->second.since > generation;
}

std::vector<oci::Digest> Standing::take_new_suspects() {
  std::lock_guard lock(mutex_);
  std::vector<oci::Digest> taken(new_suspects_.begin(), new_suspects_.end());
  new_suspects_.clear();
  return taken;
}

void Standing::remind(const oci::Digest& blob) {
  std::lock_guard lock(mutex_);
  new_suspects_.insert(blob);
}

bool Standing::waiver_ran_out(util::TimePoint now) const {
  std::lock_guard lock(mutex_);
  return std::ranges::any_of(waivers_, [now](const auto& waiver) { return waiver.expires <= now; });
}

}  // namespace portcullis::gate
