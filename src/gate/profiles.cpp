// SPDX-License-Identifier: Apache-2.0
#include "profiles.hpp"

#include "portcullis/util/log.hpp"

namespace portcullis::gate {
namespace {

constexpr const char* kChanged = "profile-changed";

}  // namespace

Profiles::Profiles(const Parts& parts, const Options& options)
    : parts_(parts), options_(options), present_(parts.scanner->profile_id()) {
  keep_up();
}

std::string Profiles::present() {
  auto id = parts_.scanner->profile_id();
  std::lock_guard lock(mutex_);
  if (id != present_) {
    present_ = id;
    since_ = parts_.clock->now();
    settled_ = false;
  }
  return id;
}

bool Profiles::older_may_stand() {
  present();
  std::lock_guard lock(mutex_);
  if (!rescans() || !since_) return false;
  const auto age = parts_.clock->now() - *since_;
  return age < options_.rescan_max;
}

std::optional<util::TimePoint> Profiles::since() const {
  std::lock_guard lock(mutex_);
  return since_;
}

void Profiles::keep_up() {
  if (!rescans()) return;
  const auto profile = parts_.scanner->profile();
  present();
  const auto now = parts_.clock->now();
  {
    std::lock_guard lock(mutex_);
    if (settled_) return;
  }
  records::EventQuery query;
  query.actions = {kChanged};
  query.limit = 1;
  const auto last = parts_.records->events(query);
  auto trouble = last ? std::nullopt : std::optional(last.error());
  std::optional<util::TimePoint> since;
  if (last && !last->empty()) {
    const auto said = last->back().extra.find("profile");
    if (said != last->back().extra.end() && said->second == profile.id) since = last->back().at;
  }
  if (last && !since) {
    records::Event changed;
    changed.at = now;
    changed.action = kChanged;
    changed.message = "images are scanned with " + std::to_string(profile.rules) + " rules, profile " +
                      profile.id + "; what was decided under another one is scanned again";
    changed.extra = {{"profile", profile.id}, {"rules", std::to_string(profile.rules)}};
    if (auto written = parts_.records->put_event(changed); written) {
      since = now;
    } else {
      trouble = written.error();
    }
  }
  if (trouble) {
    parts_.metrics->count("portcullis_records_errors_total", {{"what", "profile"}});
    util::log::error("the records could not be asked since when the present rules are in use",
                     {{"reason", trouble->message}});
    return;
  }
  std::lock_guard lock(mutex_);
  if (present_ != profile.id) return;
  since_ = since;
  settled_ = true;
}

}  // namespace portcullis::gate
