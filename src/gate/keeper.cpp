// SPDX-License-Identifier: Apache-2.0
#include "keeper.hpp"

#include "active_waivers.hpp"
#include "events.hpp"
#include "portcullis/records/waivers.hpp"
#include "portcullis/util/log.hpp"

namespace portcullis::gate {
namespace {

/// Waivers that ended while nobody looked: so many of the newest are looked into at the start.
constexpr std::size_t kCatchUp = 500;
constexpr std::size_t kAnnounceAtOnce = 100;
/// Others create waivers too, which may be born and expire between two looks.
constexpr std::chrono::minutes kAnnounceAnyway{1};
constexpr std::size_t kMaxImages = 10'000;
constexpr std::size_t kMaxEvents = 1'000;
/// At the start so much of what others did is gone through, should the last process have ended in the middle.
constexpr std::chrono::minutes kLookBack{10};

}  // namespace

Keeper::Keeper(const Parts& parts, const Options& options, Judge& judge, Standing& standing,
               Profiles& profiles, Rescans& rescans)
    : parts_(parts),
      options_(options),
      judge_(judge),
      standing_(standing),
      profiles_(profiles),
      rescans_(rescans) {}

void Keeper::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Keeper::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Keeper::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    try {
      look();
    } catch (const std::exception& error) {
      util::log::error("looking for changes in the records failed", {{"reason", error.what()}});
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, options_.poll, [] { return false; });
  }
}

void Keeper::look() {
  std::lock_guard lock(looking_);
  profiles_.keep_up();
  waivers();
  if (!caught_up_) catch_up();
  others();
  suspects();
}

void Keeper::trouble(const char* what, const util::Error& error) {
  parts_.metrics->count("portcullis_records_errors_total", {{"what", what}});
  util::log::error("changes in the records cannot be read", {{"what", what}, {"reason", error.message}});
}

void Keeper::waivers() {
  const auto now = parts_.clock->now();
  announce_ = announce_ || standing_.waiver_ran_out(now) ||
              std::chrono::steady_clock::now() - announced_ > kAnnounceAnyway;
  if (announce_) announce_expired();
  auto active = active_waivers(parts_, now);
  if (!active) {
    trouble("waivers", active.error());
    standing_.learn_waivers(std::nullopt);
    return;
  }
  parts_.metrics->gauge("portcullis_waivers_active", {}, static_cast<double>(active->size()));
  const auto gone = standing_.learn_waivers(*std::move(active));
  if (!gone.empty()) decide_again(gone);
}

void Keeper::announce_expired() {
  const auto now = parts_.clock->now();
  const auto expired = parts_.records->waivers().announce_expired(
      now, kAnnounceAtOnce, [now](const findings::Waiver& waiver) { return waiver_expired(waiver, now); });
  if (!expired) return trouble("waivers", expired.error());
  announced_ = std::chrono::steady_clock::now();
  announce_ = expired->size() == kAnnounceAtOnce;
  if (expired->empty()) return;
  parts_.metrics->count("portcullis_waivers_expired_total", {}, static_cast<double>(expired->size()));
  for (const auto& waiver : *expired) {
    util::log::info("waiver expired", {{"waiver", waiver.id}, {"author", waiver.author}});
  }
}

/// Images whose decision leans on a waiver that is not active any more.
void Keeper::decide_again(const std::vector<std::string>& waivers) {
  for (const auto& id : waivers) {
    records::ImageQuery query;
    query.waiver = id;
    query.not_action = findings::Action::block;
    query.order = records::ImageQuery::Order::newest_pull;
    query.limit = kMaxImages;
    const auto images = parts_.records->search().images(query);
    if (!images) {
      caught_up_ = false;
      return trouble("waivers", images.error());
    }
    rescans_.soon(Purpose::decide_again, images->images);
  }
}

void Keeper::catch_up() {
  caught_up_ = true;
  for (const auto state : {records::WaiverState::expired, records::WaiverState::revoked}) {
    records::WaiverQuery query;
    query.state = state;
    query.limit = kCatchUp;
    const auto ended = parts_.records->waivers().list(query, parts_.clock->now());
    if (!ended) {
      caught_up_ = false;
      return trouble("waivers", ended.error());
    }
    std::vector<std::string> ids;
    for (const auto& record : *ended) ids.push_back(record.waiver.id);
    decide_again(ids);
  }
}

/// What another Portcullis on the same records blocked is not served from memory here.
void Keeper::others() {
  records::EventQuery query;
  query.limit = 1;
  const auto newest = parts_.records->events(query);
  if (!newest) return trouble("events", newest.error());
  const auto last = newest->empty() ? 0 : newest->back().sequence;
  if (last_event_ < 0) {
    query.until = parts_.clock->now() - kLookBack;
    const auto before = parts_.records->events(query);
    if (!before) return trouble("events", before.error());
    last_event_ = before->empty() ? 0 : before->back().sequence;
    query.until.reset();
  }
  while (last_event_ < last) {
    query.newest = false;
    query.limit = kMaxEvents;
    query.after_sequence = last_event_;
    query.before_sequence = last + 1;
    query.actions = {"image-blocked"};
    const auto blocked = parts_.records->events(query);
    if (!blocked) return trouble("events", blocked.error());
    const auto policy = judge_.policy();
    for (const auto& event : *blocked) {
      const auto manifest = oci::Digest::parse(event.manifest);
      if (!manifest) continue;
      judge_.forget({event.host, event.repository, *manifest}, event.decision_id);
      if (auto told = judge_.alert_late(event); !told) return trouble("events", told.error());
      std::vector<oci::Digest> bad;
      for (const auto& rule : event.rules) {
        const auto layer = oci::Digest::parse(rule.layer);
        if (layer && rule.severity >= policy->block_at) bad.push_back(*layer);
      }
      const auto profile = event.extra.find("profile");
      if (bad.empty() || profile == event.extra.end()) continue;
      standing_.suspect(bad, profile->second, Standing::News::perhaps, 0);
    }
    last_event_ = blocked->size() < kMaxEvents ? last : blocked->back().sequence;
  }
}

/// Images that share a blob that turned bad.
void Keeper::suspects() {
  for (const auto& blob : standing_.take_new_suspects()) {
    records::ImageQuery query;
    query.digest = blob.text();
    query.not_action = findings::Action::block;
    query.order = records::ImageQuery::Order::newest_pull;
    query.limit = kMaxImages;
    const auto images = parts_.records->search().images(query);
    if (!images) {
      standing_.remind(blob);
      trouble("events", images.error());
      continue;
    }
    rescans_.soon(Purpose::rescan, images->images);
  }
}

}  // namespace portcullis::gate
