// SPDX-License-Identifier: Apache-2.0
#include "waivers.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "portcullis/policy/waiver_rules.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::policy {
namespace {

/// Why it can apply to nothing in this image at any time; nullopt when it can.
std::optional<WaiverFate> refused(const findings::Waiver& waiver, std::string_view name,
                                  const oci::Digest& manifest) {
  if (waiver.id.empty() || scope_terms(waiver) < 2) return WaiverFate::too_wide;
  if (!waiver.repository.empty() && !util::glob_match(waiver.repository, name)) {
    return WaiverFate::other_image;
  }
  if (!waiver.digest.empty() && waiver.digest != manifest.text()) return WaiverFate::other_image;
  return std::nullopt;
}

WaiverFate against(const findings::Waiver& waiver, const Subject& subject) {
  using enum WaiverFate;
  if (!waiver.file_hash.empty() && waiver.file_hash != subject.file_hash) return matches_nothing;
  switch (subject.kind) {
    case Subject::Kind::finding: {
      if (!waiver.rule.empty() && !util::glob_match(waiver.rule, subject.id)) return matches_nothing;
      const bool names_bytes = !waiver.digest.empty() || !waiver.file_hash.empty();
      return subject.severity < findings::Severity::high || names_bytes ? used : needs_digest;
    }
    case Subject::Kind::name:
      if (waiver.rule.empty()) return waiver.digest.empty() ? matches_nothing : used;
      if (!is_about_names(waiver.rule)) return matches_nothing;
      return util::glob_match(waiver.rule, subject.id) ? used : matches_nothing;
    case Subject::Kind::cooldown:
      return waiver.rule == subject.id ? used : matches_nothing;
    case Subject::Kind::outcome:
      if (waiver.rule != subject.id) return matches_nothing;
      return waiver.digest.empty() ? needs_digest : used;
  }
  return matches_nothing;
}

/// What happens to a waiver that meets several reasons: the most that was said of it.
void note(WaiverFate& fate, WaiverFate met) {
  using enum WaiverFate;
  const auto weight = [](WaiverFate f) { return f == used ? 3 : f == spare ? 2 : f == needs_digest ? 1 : 0; };
  if (weight(met) > weight(fate)) fate = met;
}

}  // namespace

std::string_view to_string(WaiverFate fate) noexcept {
  using enum WaiverFate;
  switch (fate) {
    case used:
      return "used";
    case spare:
      return "spare";
    case matches_nothing:
      return "matches-nothing";
    case expired:
      return "expired";
    case other_image:
      return "other-image";
    case too_wide:
      return "too-wide";
    case needs_digest:
      return "needs-digest";
  }
  return "unknown";
}

std::vector<findings::Waiver> waivers_for_image(const std::vector<findings::Waiver>& waivers,
                                                const std::string& host, const std::string& repository,
                                                const oci::Digest& manifest) {
  std::vector<findings::Waiver> found;
  if (waivers.empty()) return found;
  const auto name = host + '/' + repository;
  std::ranges::copy_if(waivers, std::back_inserter(found),
                       [&](const findings::Waiver& waiver) { return !refused(waiver, name, manifest); });
  std::ranges::stable_sort(found, {}, &findings::Waiver::id);
  return found;
}

Waivers::Waivers(const Inputs& inputs, util::TimePoint now) {
  const auto name = inputs.host + '/' + inputs.repository;
  for (const auto& waiver : inputs.waivers) {
    auto fate = refused(waiver, name, inputs.manifest).value_or(WaiverFate::matches_nothing);
    if (fate == WaiverFate::matches_nothing && waiver.expires <= now) fate = WaiverFate::expired;
    all_.push_back({&waiver, fate});
  }
  std::ranges::stable_sort(all_, {}, [](const Held& held) { return std::string_view(held.waiver->id); });
}

std::string Waivers::find(const Subject& subject) {
  const findings::Waiver* first = nullptr;
  for (auto& [waiver, fate] : all_) {
    if (fate == WaiverFate::expired || fate == WaiverFate::too_wide || fate == WaiverFate::other_image)
      continue;
    auto met = against(*waiver, subject);
    if (met == WaiverFate::used && first != nullptr) met = WaiverFate::spare;
    if (met == WaiverFate::used) first = waiver;
    note(fate, met);
  }
  return first == nullptr ? std::string() : first->id;
}

std::vector<WaiverUse> Waivers::uses() const {
  std::vector<WaiverUse> uses;
  uses.reserve(all_.size());
  for (const auto& held : all_) uses.push_back({held.waiver->id, held.fate});
  return uses;
}

}  // namespace portcullis::policy
