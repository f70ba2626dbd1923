// SPDX-License-Identifier: Apache-2.0
#include "names.hpp"

#include <algorithm>
#include <cstdio>

#include "events.hpp"
#include "portcullis/records/search.hpp"

namespace portcullis::gate {
namespace {

using findings::Action;
using findings::NameVerdict;

constexpr std::size_t kRemembered = 8192;
/// ATT&CK: masquerading by a name that resembles a legitimate one.
constexpr const char* kMasquerading = "T1036.005";

/// As policy names its reasons.
std::string code_of(const NameVerdict& verdict) {
  return verdict.operation == policy::kNameDenied ? "deny:name" : "name:" + verdict.component;
}

/// Three digits are more than the score is good for.
std::string score_text(double score) {
  char text[16];
  std::snprintf(text, sizeof text, "%.2f", score);
  return text;
}

}  // namespace

bool asks_for_repository(const NameVerdict& verdict) {
  return verdict.component == "namespace" && verdict.effect == NameVerdict::Effect::warn;
}

const findings::Reason* reason_for(const NameVerdict& verdict, const findings::Decision& decision) {
  const auto found = std::ranges::find(decision.reasons, code_of(verdict), &findings::Reason::code);
  return found == decision.reasons.end() ? nullptr : &*found;
}

Suspicions spoken_of(const Suspicions& names, const findings::Decision& decision) {
  Suspicions kept;
  for (const auto& verdict : names) {
    if (reason_for(verdict, decision) != nullptr) kept.push_back(verdict);
  }
  return kept;
}

records::Event squat_event(const NameVerdict& verdict) {
  records::Event event;
  event.action = "name-squat";
  event.severity = verdict.severity;
  event.message = verdict.text;
  event.rules = {{code_of(verdict), verdict.severity, {kMasquerading}, {}, {}, {}}};
  const auto put = [&event](const char* key, const std::string& value) {
    if (!value.empty()) event.extra.emplace(key, value);
  };
  put("squat.component", verdict.component);
  put("squat.operation", verdict.operation);
  put("squat.subject", verdict.subject);
  put("squat.target", verdict.target);
  put("squat.suggestion", verdict.suggestion);
  put("squat.score", score_text(verdict.score));
  return event;
}

records::Event squat_event(const NameVerdict& verdict, const findings::Decision& decision) {
  auto event = squat_event(verdict);
  if (const auto* reason = reason_for(verdict, decision)) event.message = reason->text;
  event.extra.emplace("squat.outcome", ending(decision.action));
  return event;
}

Names::Names(const Parts& parts) : parts_(parts), index_(parts.names) {}

void Names::set(std::shared_ptr<const naming::NameIndex> index) {
  std::lock_guard lock(mutex_);
  index_ = std::move(index);
  known_.clear();
}

std::shared_ptr<const Suspicions> Names::judge(const std::string& host, const std::string& repository) {
  const auto key = host + '/' + repository;
  std::shared_ptr<const naming::NameIndex> index;
  {
    std::lock_guard lock(mutex_);
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    index = index_;
  }
  auto found = std::make_shared<const Suspicions>(index ? index->judge(host, repository) : Suspicions());
  std::lock_guard lock(mutex_);
  if (index != index_) return found;  // others meanwhile: right for who asked before, not for who comes now
  if (known_.size() >= kRemembered) known_.clear();
  known_.emplace(key, found);
  return found;
}

util::Result<bool> Names::served_before(const std::string& host, const std::string& repository) const {
  records::ImageQuery query{.limit = 1};
  query.host = host;
  query.repository = repository;
  query.not_action = Action::block;
  const auto page = parts_.records->search().images(query);
  if (!page) return tl::unexpected(page.error());
  return !page->images.empty();
}

}  // namespace portcullis::gate
