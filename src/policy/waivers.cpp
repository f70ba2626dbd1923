// SPDX-License-Identifier: Apache-2.0
#include "waivers.hpp"

#include <algorithm>

#include "portcullis/policy/waiver_rules.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::policy {
namespace {

bool has_scope(const findings::Waiver& waiver) { return scope_terms(waiver) >= 2 && !waiver.id.empty(); }

bool applies(const findings::Waiver& waiver, const Subject& subject) {
  if (!waiver.file_hash.empty() && waiver.file_hash != subject.file_hash) return false;
  switch (subject.kind) {
    case Subject::Kind::finding:
      if (!waiver.rule.empty() && !util::glob_match(waiver.rule, subject.id)) return false;
      return subject.severity < findings::Severity::high || !waiver.digest.empty() ||
             !waiver.file_hash.empty();
    case Subject::Kind::cooldown:
      return waiver.rule == subject.id;
    case Subject::Kind::outcome:
      return waiver.rule == subject.id && !waiver.digest.empty();
  }
  return false;
}

}  // namespace

std::vector<findings::Waiver> waivers_for_image(const std::vector<findings::Waiver>& waivers,
                                                const std::string& host, const std::string& repository,
                                                const oci::Digest& manifest) {
  std::vector<findings::Waiver> found;
  if (waivers.empty()) return found;
  const auto name = host + '/' + repository;
  std::copy_if(waivers.begin(), waivers.end(), std::back_inserter(found),
               [&](const findings::Waiver& waiver) {
                 return has_scope(waiver) &&
                        (waiver.repository.empty() || util::glob_match(waiver.repository, name)) &&
                        (waiver.digest.empty() || waiver.digest == manifest.text());
               });
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return found;
}

Waivers::Waivers(const Inputs& inputs, util::TimePoint now)
    : usable_(waivers_for_image(inputs.waivers, inputs.host, inputs.repository, inputs.manifest)) {
  std::erase_if(usable_, [now](const findings::Waiver& waiver) { return waiver.expires <= now; });
}

std::string Waivers::find(const Subject& subject) const {
  const auto found = std::find_if(usable_.begin(), usable_.end(),
                                  [&](const findings::Waiver& waiver) { return applies(waiver, subject); });
  return found == usable_.end() ? std::string() : found->id;
}

}  // namespace portcullis::policy
