// SPDX-License-Identifier: Apache-2.0
#include "waivers.hpp"

#include <algorithm>

#include "portcullis/policy/waiver_rules.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::policy {
namespace {

bool matches_image(const findings::Waiver& waiver, const Inputs& inputs) {
  const auto name = inputs.host + '/' + inputs.repository;
  return (waiver.repository.empty() || util::glob_match(waiver.repository, name)) &&
         (waiver.digest.empty() || waiver.digest == inputs.manifest.text());
}

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

Waivers::Waivers(const Inputs& inputs, util::TimePoint now) {
  std::copy_if(inputs.waivers.begin(), inputs.waivers.end(), std::back_inserter(usable_),
               [&](const findings::Waiver& waiver) {
                 return waiver.expires > now && has_scope(waiver) && matches_image(waiver, inputs);
               });
  std::sort(usable_.begin(), usable_.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
}

std::string Waivers::find(const Subject& subject) const {
  const auto found = std::find_if(usable_.begin(), usable_.end(),
                                  [&](const findings::Waiver& waiver) { return applies(waiver, subject); });
  return found == usable_.end() ? std::string() : found->id;
}

}  // namespace portcullis::policy
