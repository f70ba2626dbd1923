// SPDX-License-Identifier: Apache-2.0
#include "pulls.hpp"

#include <algorithm>
#include <chrono>

#include "events.hpp"
#include "portcullis/util/log.hpp"
#include "refusals.hpp"

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
  const auto& record = judged->record;
  return add(client, {record.host, record.repository, record.manifest, record.id, record.decision.action},
             reference, method,
             [judged](const records::PullRecord& pull) { return pull_event(pull, *judged); });
}

bool PullRecorder::add(const Client& client, const std::shared_ptr<const records::NameDecision>& blocked,
                       const std::string& reference, Method method) {
  return add(
      client, {blocked->host, blocked->repository, std::nullopt, blocked->id, blocked->decision.action},
      reference, method, [blocked](const records::PullRecord& pull) { return pull_event(pull, *blocked); });
}

bool PullRecorder::add(const Client& client, const Verdict& verdict, const std::string& reference,
                       Method method, const EventMaker& announcement) {
  const auto now = parts_.clock->now();
  const std::int64_t minute = util::to_millis(now) / kMinute;
  const Key key = client.address + '\n' + client.user + '\n' + client.agent + '\n' + verdict.host + '/' +
                  verdict.repository + '@' + (verdict.manifest ? verdict.manifest->text() : "") + '\n' +
                  verdict.id + '\n' + std::to_string(minute);
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
      parts_.metrics->count("portcullis_refused_total", {{"reason", kPullQueueFull}});
      return false;
    }
    const records::PullRecord fresh{verdict.host,
                                    verdict.repository,
                                    reference,
                                    verdict.manifest,
                                    verdict.action,
                                    true,
                                    client.address,
                                    client.user,
                                    client.agent,
                                    verdict.id,
                                    now,
                                    now,
                                    0};
    slot = waiting_.emplace(key, fresh).first;
    report_locked();
    if (announced_.insert(key).second) {
      unannounced_.emplace(key, announcement);
      // A host that is not configured is a client's to invent, and no label.
      if (parts_.registries.contains(verdict.host)) {
        parts_.metrics->count("portcullis_pulls_total",
                              {{"upstream", verdict.host}, {"action", findings::to_string(verdict.action)}});
      }
    }
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
  std::map<Key, EventMaker> unannounced;
  for (const auto& pull : waiting_) {
    if (group.size() == kGroupSize) break;
    group.insert(pull);
    if (auto maker = unannounced_.extract(pull.first)) unannounced.insert(std::move(maker));
  }
  if (group.empty()) return true;
  lock.unlock();
  const bool written = write(group);
  if (written) {
    for (const auto& [key, maker] : unannounced) announce(group.at(key), maker);
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
  report_locked();
  flushed_.notify_all();
  return true;
}

void PullRecorder::report_locked() {
  parts_.metrics->gauge("portcullis_pull_queue_depth", {}, static_cast<double>(waiting_.size()));
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

void PullRecorder::announce(const records::PullRecord& pull, const EventMaker& announcement) {
  const auto event = announcement(pull);
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
