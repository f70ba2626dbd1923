// SPDX-License-Identifier: Apache-2.0
#include "retro.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "events.hpp"
#include "portcullis/records/search.hpp"
#include "portcullis/records/waivers.hpp"
#include "portcullis/util/safe_text.hpp"

namespace portcullis::gate {
namespace {

using findings::Action;
using records::Puller;

/// Listed with all there is to say; the rest is counted, and in the records.
constexpr std::size_t kMaxListed = 100;
constexpr std::size_t kMaxCounted = 10'000;
constexpr std::size_t kMaxInMessage = 3;
/// Clients whose last answer was a block are asked about one by one.
constexpr std::size_t kMaxLookedInto = 200;
constexpr std::size_t kMaxEventsOfOne = 200;  // of one address

/// Was the client ever served? What is kept of a puller, and of its pulls in one minute, says only what it
/// was answered last; the events say each answer.
util::Result<bool> was_served(records::Records& records, const std::string& manifest, const Puller& puller) {
  records::EventQuery query;
  query.actions = {"pull-allowed", "pull-warned"};
  query.host = puller.host;
  query.repository = puller.repository;
  query.manifest = manifest;
  query.client = puller.address;
  query.limit = kMaxEventsOfOne;
  const auto events = records.events(query);
  if (!events) return tl::unexpected(events.error());
  return std::ranges::any_of(*events, [&](const records::Event& event) {
    return event.client_user == puller.user && event.client_agent == puller.agent;
  });
}

util::Result<std::vector<Puller>> served_clients(const Parts& parts, const records::Event& blocked) {
  const auto manifest = oci::Digest::parse(blocked.manifest);
  if (!manifest) return tl::unexpected(manifest.error());
  records::PullerQuery query;
  query.manifest = *manifest;
  query.host = blocked.host;
  query.repository = blocked.repository;
  query.limit = kMaxCounted;
  auto pullers = parts.records->search().pullers(query);
  if (!pullers) return pullers;
  std::vector<Puller> served;
  std::size_t looked_into = 0;
  for (auto& puller : *pullers) {
    const bool ask = puller.action == Action::block && ++looked_into <= kMaxLookedInto;
    // Beyond that, rather one too many than one too few.
    const auto was = ask ? was_served(*parts.records, blocked.manifest, puller) : util::Result<bool>(true);
    if (!was) return tl::unexpected(was.error());
    if (*was) served.push_back(std::move(puller));
  }
  return served;
}

std::string in_words(const std::string& cause) {
  if (cause == "policy") return "after a change of the policy";
  if (cause == "waiver-expired") return "after its waiver expired";
  if (cause == "waiver-revoked") return "after its waiver was revoked";
  return "after a new scan";
}

std::string list(const std::vector<Puller>& pullers) {
  auto all = nlohmann::json::array();
  for (const auto& puller : pullers) {
    all.push_back({{"address", util::safe_text(puller.address)},
                   {"user", util::safe_text(puller.user)},
                   {"agent", util::safe_text(puller.agent)},
                   {"first", util::to_rfc3339(puller.first)},
                   {"last", util::to_rfc3339(puller.last)},
                   {"requests", puller.requests}});
  }
  return all.dump();
}

std::string name(const Puller& puller) {
  const auto address = util::safe_text(puller.address);
  return puller.user.empty() ? address : util::safe_text(puller.user, 80) + " at " + address;
}

std::string message(const records::Event& blocked, const std::vector<Puller>& pullers) {
  std::string text = "was served, now blocked " + in_words(blocked.extra.at("cause")) + ": " +
                     blocked.message + "; pulled by ";
  for (std::size_t i = 0; i < std::min(pullers.size(), kMaxInMessage); ++i) {
    text += (i == 0 ? "" : ", ") + name(pullers[i]);
  }
  if (pullers.size() > kMaxInMessage) {
    text += " and " + std::to_string(pullers.size() - kMaxInMessage) + " more";
  }
  return text;
}

}  // namespace

util::Result<std::string> cause_of_block(const Parts& parts, const records::DecisionRecord& before,
                                         const Judged& judged) {
  const auto& record = judged.record;
  const auto& reasons = record.decision.reasons;
  if (!reasons.empty() && reasons.front().code.starts_with("deny:")) return "policy";
  for (const auto& id : waivers_of(before.decision)) {
    if (std::ranges::binary_search(judged.waivers, id)) continue;
    const auto waiver = parts.records->waivers().find(id);
    if (!waiver) return tl::unexpected(waiver.error());
    const bool revoked = *waiver && (*waiver)->revoked_at;
    return revoked ? "waiver-revoked" : "waiver-expired";
  }
  return before.profile == record.profile && before.policy != record.policy ? "policy" : "rescan";
}

util::Result<std::optional<records::Event>> retro_alert(const Parts& parts, const records::Event& blocked) {
  auto pullers = served_clients(parts, blocked);
  if (!pullers) return tl::unexpected(pullers.error());
  if (pullers->empty()) return std::nullopt;

  auto alert = blocked;
  alert.action = records::kRetroAlert;
  alert.message = message(blocked, *pullers);
  const auto count = pullers->size();
  std::size_t listed = std::min(count, kMaxListed);
  std::string text;
  do {  // texts are bounded, so that nearly always the first try fits
    pullers->erase(pullers->begin() + static_cast<std::ptrdiff_t>(listed), pullers->end());
    text = list(*pullers);
    listed = pullers->size() / 2;
  } while (text.size() > records::kMaxEventExtraText);
  alert.extra.emplace("pullers", std::move(text));
  alert.extra.emplace("pullers.count", std::to_string(count));
  alert.extra.emplace("pullers.more", std::to_string(count - pullers->size()));
  return alert;
}

}  // namespace portcullis::gate
