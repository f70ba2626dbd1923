// SPDX-License-Identifier: Apache-2.0
#include "notifications.hpp"

#include <algorithm>

#include "portcullis/util/log.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::cli {
namespace {

constexpr std::string_view kPrefix = "notify/";
constexpr std::chrono::hours kForgottenAfter{24 * 7};  // a cursor that is in use is moved every hour

std::string stored_name(const std::string& target) { return std::string(kPrefix) + target; }

}  // namespace

RecordsEventLog::RecordsEventLog(records::Records& records, const util::Clock& clock, Sharing sharing)
    : records_(records), clock_(clock), sharing_(sharing), holder_(util::random_id(20)) {}

util::Result<std::vector<findings::Event>> RecordsEventLog::after(std::int64_t sequence, std::size_t limit) {
  return records_.events({.after_sequence = sequence, .limit = limit, .newest = false});
}

util::Result<std::int64_t> RecordsEventLog::newest() {
  const auto last = records_.events({.limit = 1});
  if (!last) return tl::unexpected(last.error());
  return last->empty() ? 0 : last->back().sequence;
}

util::Result<std::optional<std::int64_t>> RecordsEventLog::cursor(const std::string& target) {
  const auto cursors = records_.cursors();
  if (!cursors) return tl::unexpected(cursors.error());
  for (const auto& cursor : *cursors) {
    if (cursor.name == stored_name(target)) return cursor.sequence;
  }
  return std::nullopt;
}

util::Result<void> RecordsEventLog::save(const std::string& target, std::int64_t sequence) {
  return records_.put_cursor(stored_name(target), sequence, clock_.now());
}

util::Result<bool> RecordsEventLog::hold(const std::string& target) {
  if (sharing_ == Sharing::alone) return true;
  const auto now = clock_.now();
  return records_.take_lease({stored_name(target), holder_, now + notify::kHoldTime}, now);
}

void RecordsEventLog::let_go(const std::string& target) {
  if (sharing_ == Sharing::alone) return;
  // When it fails the lease ends by itself.
  static_cast<void>(records_.give_up_lease(stored_name(target), holder_));
}

void forget_old_targets(records::Records& records, const std::vector<notify::TargetOptions>& targets,
                        util::TimePoint now) {
  const auto cursors = records.cursors();
  if (!cursors) return;  // whoever starts next meets the same and says so
  for (const auto& cursor : *cursors) {
    if (!cursor.name.starts_with(kPrefix) || cursor.updated > now - kForgottenAfter) continue;
    const auto name = cursor.name.substr(kPrefix.size());
    const auto same = [&](const auto& target) { return target.name == name; };
    if (std::any_of(targets.begin(), targets.end(), same)) continue;
    const auto removed = records.remove_cursor(cursor.name);
    util::log::warn("notification target is configured no more, forgotten",
                    {{"target", name},
                     {"last_served", util::to_rfc3339(cursor.updated)},
                     {"result", removed ? "done" : removed.error().message}});
  }
}

util::Result<Notifications> start_notifications(const config::Config& config, records::Records& records,
                                                const util::Clock& clock, util::Metrics& metrics) {
  forget_old_targets(records, config.notify, clock.now());
  Notifications all;
  const auto sharing = config.records.url.empty() ? Sharing::alone : Sharing::fleet;
  all.log = std::make_unique<RecordsEventLog>(records, clock, sharing);
  auto notifier =
      notify::start_notifier(config.notify, {all.log.get(), &clock, &metrics, config.admin_public_url});
  if (!notifier) return tl::unexpected(notifier.error());
  all.notifier = *std::move(notifier);
  return all;
}

}  // namespace portcullis::cli
