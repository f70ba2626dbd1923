// SPDX-License-Identifier: Apache-2.0
#include "pulls.hpp"

#include <algorithm>
#include <chrono>

#include "events.hpp"
#include "portcullis/util/log.hpp"

namespace portcullis::gate {
namespace {

constexpr std::chrono::milliseconds kGroupTime{200};
constexpr std::chrono::milliseconds kRetryTime{2000};
constexpr std::int64_t kMinute = 60'000;
/// Pulls in one transaction. What piled up while the database was away must not become one that takes
/// longer than a transaction may, and then fails for ever.
constexpr std::size_t kGroupSize = 500;

}  // namespace

PullRecorder::PullRecorder(const Parts& parts, std::size_t limit) : parts_(parts), limit_(limit) {
  thread_ = std::thread([this] { run(); });
}

bool PullRecorder::add(const Client& client, const JudgedPtr& judged, const std::string& reference,
                       Method method) {
  const auto now = parts_.clock->now();
  const auto& record = judged->record;
  const std::int64_t minute = util::to_millis(now) / kMinute;
  const Key key = client.address + '\n' + client.user + '\n' + client.agent + '\n' + record.host + '/' +
                  record.repository + '@' + record.manifest.text() + '\n' + record.id + '\n' +
                  std::to_string(minute);
  std::lock_guard lock(mutex_);
  if (stopped_) return false;
  if (announced_minute_ != minute) {
    announced_.clear();
    announced_minute_ = minute;
  }
  auto slot = waiting_.find(key);
  const bool inserted = slot == waiting_.end();
  if (inserted) {
    if (waiting_.size() >= limit_) {
      parts_.metrics->count("portcullis_refused_total", {{"reason", "pull_queue_full"}});
      return false;
    }
    const records::PullRecord fresh{record.host,
                                    record.repository,
                                    reference,
                                    record.manifest,
                                    record.decision.action,
                                    true,
                                    client.address,
                                    client.user,
                                    client.agent,
                                    record.id,
                                    now,
                                    now,
                                    0};
    slot = waiting_.emplace(key, fresh).first;
    if (announced_.insert(key).second) unannounced_.emplace(key, judged);
  }
  auto& pull = slot->second;
  pull.check_only = pull.check_only && method == Method::head;
  pull.last = now;
  ++pull.requests;
  if (inserted) wake_.notify_one();
  return true;
}

void PullRecorder::stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void PullRecorder::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    wake_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
    wake_.wait_for(lock, kGroupTime, [this] { return stopped_ || waiting_.size() >= kGroupSize; });
    flush(lock);
  }
  while (!waiting_.empty() && flush(lock)) continue;
}

/// False when the records did not take the group.
bool PullRecorder::flush(std::unique_lock<std::mutex>& lock) {
  // The group stays in `waiting_` until it is committed, so that the bound counts it too.
  std::map<Key, records::PullRecord> group;
  std::map<Key, JudgedPtr> unannounced;
  for (const auto& pull : waiting_) {
    if (group.size() == kGroupSize) break;
    group.insert(pull);
    if (auto judged = unannounced_.extract(pull.first)) unannounced.insert(std::move(judged));
  }
  if (group.empty()) return true;
  lock.unlock();
  const bool written = write(group);
  if (written) {
    for (const auto& [key, judged] : unannounced) announce(group.at(key), *judged);
  }
  lock.lock();
  if (!written) {
    unannounced_.merge(unannounced);
    wake_.wait_for(lock, kRetryTime, [this] { return stopped_; });
    return false;
  }
  for (const auto& [key, pull] : group) {
    const auto slot = waiting_.find(key);
    if (slot->second.requests == pull.requests) {
      waiting_.erase(slot);
    } else {
      slot->second.requests -= pull.requests;  // came in meanwhile; the records add it up
    }
  }
  flushed_.notify_all();
  return true;
}

bool PullRecorder::write(const std::map<Key, records::PullRecord>& group) {
  std::vector<records::PullRecord> pulls;
  pulls.reserve(group.size());
  for (const auto& [key, pull] : group) pulls.push_back(pull);
  const auto written = parts_.records->put_pulls(pulls);
  if (written) return true;
  parts_.metrics->count("portcullis_records_errors_total", {{"what", "pulls"}});
  util::log::error("pull records could not be committed, they wait",
                   {{"waiting", pulls.size()}, {"reason", written.error().message}});
  return false;
}

void PullRecorder::settle(const ImageKey& image, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  flushed_.wait_for(lock, patience, [&] {
    return std::ranges::none_of(waiting_, [&](const auto& entry) {
      const auto& pull = entry.second;
      return pull.manifest == image.manifest && pull.repository == image.repository &&
             pull.host == image.host;
    });
  });
}

void PullRecorder::announce(const records::PullRecord& pull, const Judged& judged) {
  const auto event = pull_event(pull, judged);
  if (pull.action != findings::Action::allow) {
    util::log::info(pull.action == findings::Action::block ? "pull blocked" : "pull served with findings",
                    {{"image", pull.host + '/' + pull.repository},
                     {"reference", pull.reference},
                     {"client", pull.client_address},
                     {"user", pull.client_user},
                     {"reason", event.message},
                     {"report", pull.decision_id}});
  }
  if (const auto written = parts_.records->put_event(event); !written) {
    parts_.metrics->count("portcullis_records_errors_total", {{"what", "events"}});
    util::log::error("an event could not be recorded",
                     {{"event", event.action}, {"reason", written.error().message}});
  }
}

}  // namespace portcullis::gate
