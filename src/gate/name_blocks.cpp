// SPDX-License-Identifier: Apache-2.0
#include "name_blocks.hpp"

#include <algorithm>

#include "active_waivers.hpp"
#include "judged.hpp"
#include "portcullis/util/log.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::gate {
namespace {

using findings::Action;
using findings::NameVerdict;

constexpr std::size_t kReportIdLength = 8;
/// Names are a client's to invent: no more new ones than this are written down in a minute.
constexpr std::size_t kMostDecisions = 100;
constexpr std::size_t kRemembered = 1000;
/// Of one minute; what comes on top is no news.
constexpr std::size_t kMostNoticed = 1000;
constexpr std::int64_t kMinute = 60'000;

void say_where(records::Event& event, const AskedName& asked, util::TimePoint now) {
  event.at = now;
  event.host = asked.host;
  event.repository = asked.repository;
  event.reference = asked.reference;
  event.client_address = asked.client.address;
  event.client_user = asked.client.user;
  event.client_agent = asked.client.agent;
}

}  // namespace

std::optional<BlockedName> NameBlocks::find(const policy::Policy& policy, const AskedName& asked,
                                            const Suspicions& suspicions) {
  const auto worst = std::ranges::find(suspicions, NameVerdict::Effect::block, &NameVerdict::effect);
  if (worst == suspicions.end()) return std::nullopt;
  const auto now = parts_.clock->now();
  // A tag has no digest yet: no waiver that names one can be meant.
  const auto digest = oci::Digest::parse(asked.reference);
  policy::Inputs inputs{
      .host = asked.host, .repository = asked.repository, .manifest = digest ? *digest : oci::Digest::of("")};
  inputs.names = suspicions;
  const auto waivers = active_waivers(parts_, now);
  if (!waivers) return BlockedName{failure("the waivers cannot be read", waivers.error()).value()};
  inputs.waivers = policy::waivers_for_image(*waivers, asked.host, asked.repository, inputs.manifest);
  auto decided = policy::decide_name(policy, inputs, now);
  if (decided.action != Action::block) return std::nullopt;
  is_news(asked, *worst, Action::block);
  auto decision = on_record({.host = asked.host,
                             .repository = asked.repository,
                             .reference = asked.reference,
                             .policy = policy.fingerprint(),
                             .decision = decided,
                             .names = spoken_of(suspicions, decided),
                             .at = now},
                            asked);
  const auto id = decision ? decision->id : std::string();
  return BlockedName{{Status::blocked, policy::client_line(decided, id), std::nullopt, id},
                     std::move(decision)};
}

Problem NameBlocks::unknown_host(const AskedName& asked, const Suspicions& suspicions) {
  std::string message = "registry " + util::safe_text(asked.host, 80) +
                        " is not configured here and was not contacted; the operator can add it as an "
                        "[[upstream]]";
  const auto host = std::ranges::find(suspicions, std::string_view("registry"), &NameVerdict::component);
  if (host == suspicions.end()) return {Status::refused, std::move(message)};
  message += "; " + util::safe_text(host->text);
  if (is_news(asked, *host, Action::warn)) {
    auto event = squat_event(*host);
    say_where(event, asked, parts_.clock->now());
    event.extra.emplace("squat.outcome", "warned");
    util::log::info("name refused", {{"image", asked.host + '/' + asked.repository},
                                     {"reference", asked.reference},
                                     {"client", asked.client.address},
                                     {"user", asked.client.user},
                                     {"reason", event.message}});
    if (const auto written = parts_.records->put_event(event); !written) {
      parts_.metrics->count("portcullis_records_errors_total", {{"what", "events"}});
      util::log::error("an event could not be recorded",
                       {{"event", event.action}, {"reason", written.error().message}});
    }
  }
  return {Status::refused, std::move(message)};
}

NameBlocks::DecisionPtr NameBlocks::on_record(records::NameDecision decision, const AskedName& asked) {
  const auto key = asked.host + '/' + asked.repository;
  std::lock_guard lock(deciding_);
  if (const auto known = known_.find(key); known != known_.end()) {
    if (same(known->second->decision, decision.decision)) return known->second;
    known_.erase(known);
  }
  auto made = on_record_locked(std::move(decision), asked);
  if (!made) return nullptr;
  if (known_.size() >= kRemembered) known_.clear();
  known_.emplace(key, made);
  return made;
}

NameBlocks::DecisionPtr NameBlocks::on_record_locked(records::NameDecision decision, const AskedName& asked) {
  const auto trouble = [this](std::string_view what, const util::Error& error) {
    parts_.metrics->count("portcullis_records_errors_total", {{"what", "decisions"}});
    util::log::error(what, {{"reason", error.message}});
    return DecisionPtr();
  };
  auto before = parts_.records->find_name_decision(decision.host, decision.repository);
  if (!before) return trouble("the decision about a name could not be looked up", before.error());
  if (*before && same((*before)->decision, decision.decision)) {
    return std::make_shared<const records::NameDecision>(**std::move(before));
  }
  if (const auto minute = util::to_millis(decision.at) / kMinute; minute != deciding_minute_) {
    deciding_minute_ = minute;
    made_ = 0;
  }
  if (made_ >= kMostDecisions) return nullptr;
  decision.id = util::random_id(kReportIdLength);
  std::vector<records::Event> events;
  for (const auto& verdict : decision.names) {
    auto event = squat_event(verdict, decision.decision);
    say_where(event, asked, decision.at);
    event.decision_id = decision.id;
    event.extra.emplace("policy", decision.policy);
    events.push_back(std::move(event));
  }
  if (const auto written = parts_.records->put_name_decision(decision, events); !written) {
    return trouble("the decision about a name could not be recorded", written.error());
  }
  ++made_;
  parts_.metrics->count("portcullis_decisions_total",
                        {{"action", findings::to_string(decision.decision.action)}});
  return std::make_shared<const records::NameDecision>(std::move(decision));
}

bool NameBlocks::is_news(const AskedName& asked, const NameVerdict& verdict, Action action) {
  const auto key = asked.client.address + '\n' + asked.client.user + '\n' + asked.host + '/' +
                   asked.repository + '\n' + verdict.component;
  {
    std::lock_guard lock(mutex_);
    if (const auto minute = util::to_millis(parts_.clock->now()) / kMinute; minute != minute_) {
      noticed_.clear();
      minute_ = minute;
    }
    if (noticed_.size() >= kMostNoticed || !noticed_.insert(key).second) return false;
  }
  parts_.metrics->count("portcullis_name_refusals_total",
                        {{"component", verdict.component}, {"action", findings::to_string(action)}});
  return true;
}

}  // namespace portcullis::gate
