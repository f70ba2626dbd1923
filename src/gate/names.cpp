// SPDX-License-Identifier: Apache-2.0
#include "names.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "portcullis/records/search.hpp"
#include "portcullis/util/log.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::gate {
namespace {

using findings::Action;
using findings::NameVerdict;

constexpr std::size_t kReportIdLength = 8;
/// Events of one minute; what comes on top is answered alike, counted, and not written down.
constexpr std::size_t kMostReports = 1000;
constexpr std::int64_t kMinute = 60'000;
/// ATT&CK: masquerading by a name that resembles a legitimate one.
constexpr const char* kMasquerading = "T1036.005";

std::string_view ending(Action action) { return action == Action::block ? "blocked" : "warned"; }

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

records::Event squat_event(const NameVerdict& verdict) {
  records::Event event;
  event.action = "name-squat";
  event.severity = verdict.severity;
  event.message = verdict.text;
  const bool denied = verdict.operation == policy::kNameDenied;  // as policy names its reasons
  event.rules = {
      {denied ? "deny:name" : "name:" + verdict.component, verdict.severity, {kMasquerading}, {}, {}, {}}};
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

Names::Names(const Parts& parts) : parts_(parts), index_(parts.names) {}

void Names::set(std::shared_ptr<const naming::NameIndex> index) {
  std::lock_guard lock(mutex_);
  index_ = std::move(index);
}

Suspicions Names::judge(const std::string& host, const std::string& repository) const {
  std::shared_ptr<const naming::NameIndex> index;
  {
    std::lock_guard lock(mutex_);
    index = index_;
  }
  return index ? index->judge(host, repository) : Suspicions();
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

std::optional<Problem> Names::blocked_at_once(const policy::Policy& policy, const AskedName& asked,
                                              const Suspicions& suspicions) {
  const auto worst = std::ranges::find(suspicions, NameVerdict::Effect::block, &NameVerdict::effect);
  if (worst == suspicions.end()) return std::nullopt;
  const auto now = parts_.clock->now();
  // A tag has no digest yet: no waiver that names one can be meant.
  const auto digest = oci::Digest::parse(asked.reference);
  policy::Inputs inputs{
      .host = asked.host, .repository = asked.repository, .manifest = digest ? *digest : oci::Digest::of("")};
  inputs.names = suspicions;
  const auto waivers = parts_.records->active_waivers(now);
  if (!waivers) return failure("the waivers cannot be read", waivers.error()).value();
  inputs.waivers = policy::waivers_for_image(*waivers, asked.host, asked.repository, inputs.manifest);
  const auto decision = policy::decide_name(policy, inputs, now);
  if (decision.action != Action::block) return std::nullopt;
  const auto id = report(asked, *worst, Action::block, decision.summary);
  return Problem{Status::blocked, policy::client_line(decision, id), std::nullopt, id};
}

Problem Names::unknown_host(const AskedName& asked, const Suspicions& suspicions) {
  std::string message = "registry " + util::safe_text(asked.host, 80) +
                        " is not configured here and was not contacted; the operator can add it as an "
                        "[[upstream]]";
  const auto host = std::ranges::find(suspicions, std::string_view("registry"), &NameVerdict::component);
  if (host != suspicions.end()) {
    message += "; " + util::safe_text(host->text);
    report(asked, *host, Action::warn, host->text);
  }
  return {Status::refused, std::move(message)};
}

std::string Names::report(const AskedName& asked, const NameVerdict& verdict, Action action,
                          std::string message) {
  const auto now = parts_.clock->now();
  const auto key = asked.client.address + '\n' + asked.client.user + '\n' + asked.host + '/' +
                   asked.repository + '\n' + verdict.component;
  std::string id;
  {
    std::lock_guard lock(mutex_);
    if (const auto minute = util::to_millis(now) / kMinute; minute != minute_) {
      reported_.clear();
      minute_ = minute;
    }
    if (const auto known = reported_.find(key); known != reported_.end()) return known->second;
    parts_.metrics->count("portcullis_name_refusals_total",
                          {{"component", verdict.component}, {"action", findings::to_string(action)}});
    if (reported_.size() >= kMostReports) return {};
    id = util::random_id(kReportIdLength);
    reported_.emplace(key, id);
  }
  auto event = squat_event(verdict);
  event.at = now;
  event.host = asked.host;
  event.repository = asked.repository;
  event.reference = asked.reference;
  event.client_address = asked.client.address;
  event.client_user = asked.client.user;
  event.client_agent = asked.client.agent;
  event.message = std::move(message);
  event.decision_id = id;
  event.extra.emplace("squat.outcome", ending(action));
  util::log::info("name refused", {{"image", asked.host + '/' + asked.repository},
                                   {"reference", asked.reference},
                                   {"client", asked.client.address},
                                   {"user", asked.client.user},
                                   {"reason", event.message},
                                   {"report", id}});
  if (const auto written = parts_.records->put_event(event); !written) {
    parts_.metrics->count("portcullis_records_errors_total", {{"what", "events"}});
    util::log::error("an event could not be recorded",
                     {{"event", event.action}, {"reason", written.error().message}});
    std::lock_guard lock(mutex_);
    reported_.erase(key);
    return {};
  }
  return id;
}

}  // namespace portcullis::gate
