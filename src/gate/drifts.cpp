// SPDX-License-Identifier: Apache-2.0
#include "drifts.hpp"

#include <algorithm>
#include <span>

#include "portcullis/records/inventory.hpp"
#include "portcullis/util/log.hpp"
#include "structure.hpp"

namespace portcullis::gate {
namespace {

constexpr std::size_t kMostWaiting = 256;
constexpr std::size_t kMostJobs = 256;
constexpr std::size_t kMostPlatforms = 32;
constexpr std::size_t kMostEvents = 100;  ///< looked through for the move before

std::string since(util::TimePoint then, util::TimePoint now) {
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(now - then).count();
  if (hours < 48) return std::to_string(hours) + (hours == 1 ? " hour" : " hours");
  return std::to_string(hours / 24) + " days";
}

}  // namespace

Drifts::Drifts(const Parts& parts) : parts_(parts) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Drifts::moved(TagMove move) {
  std::lock_guard lock(mutex_);
  waiting_.push_back({std::move(move), {}});
  if (waiting_.size() > kMostWaiting) waiting_.pop_front();
}

void Drifts::judged(const Judged& judged) {
  std::lock_guard lock(mutex_);
  if (waiting_.empty()) return;
  const auto& record = judged.record;
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    auto& [move, platforms] = *it;
    const bool is_it = move.host == record.host && move.repository == record.repository &&
                       (platforms.empty() ? move.to == record.manifest
                                          : std::ranges::find(platforms, record.manifest) != platforms.end());
    if (is_it && !judged.children.empty()) {
      for (const auto& child : judged.children) {
        if (platforms.size() < kMostPlatforms && child.artifact_type.empty())
          platforms.push_back(child.digest);
      }
    }
    if (!is_it || !judged.children.empty()) {
      ++it;
      continue;
    }
    if (jobs_.size() < kMostJobs) jobs_.push_back({std::move(move), record});
    it = waiting_.erase(it);
    wake_.notify_one();
  }
}

void Drifts::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Drifts::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (wake_.wait(lock, stop, [this] { return !jobs_.empty(); })) {
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    std::string trouble;
    try {
      if (const auto done = write(job); !done) trouble = done.error().message;
    } catch (const std::exception& error) {
      trouble = error.what();
    }
    if (!trouble.empty()) {
      util::log::error(
          "what changed under a moved tag could not be recorded",
          {{"image", job.move.host + '/' + job.move.repository + ':' + job.move.tag}, {"reason", trouble}});
    }
    lock.lock();
  }
}

std::optional<std::string> Drifts::document(const oci::Digest& digest) const {
  const auto blob = parts_.store->find(digest);
  if (!blob || blob->size > oci::kMaxDocumentBytes) return std::nullopt;
  std::string text(blob->size, '\0');
  const auto got = util::read_full_at(blob->file->get(),
                                      std::as_writable_bytes(std::span<char>(text.data(), text.size())), 0);
  if (!got || *got != text.size()) return std::nullopt;
  return text;
}

util::Result<ImageFacts> Drifts::facts(const records::DecisionRecord& record) const {
  ImageFacts facts;
  facts.setuid.emplace();
  for (const auto& blob : record.blobs) {
    if (blob.place == kConfigPlace) {
      if (const auto text = document(blob.digest)) {
        if (auto config = oci::parse_image_config(*text)) facts.config = *std::move(config);
      }
      continue;
    }
    facts.layers.push_back({blob.digest, blob.size});
    const auto setuid = parts_.records->inventory().setuid_files(blob.digest);
    if (!setuid) return tl::unexpected(setuid.error());
    if (!*setuid) facts.setuid.reset();
    if (facts.setuid) facts.setuid->insert(facts.setuid->end(), (*setuid)->begin(), (*setuid)->end());
    const auto scan = parts_.records->find_scan({blob.digest, blob.media_type, record.profile});
    if (!scan) return tl::unexpected(scan.error());
    if (!*scan) continue;
    for (const auto& finding : (*scan)->result.findings) {
      if (flags_setuid(finding)) facts.flagged_setuid.push_back(finding.path);
    }
  }
  return facts;
}

util::Result<std::optional<records::DecisionRecord>> Drifts::image_before(
    const TagMove& move, const oci::Platform& platform) const {
  auto record = parts_.records->find_decision(move.host, move.repository, move.from);
  if (!record || !*record || !(*record)->blobs.empty()) return record;
  const auto text = document(move.from);
  if (!text) return std::optional<records::DecisionRecord>();
  const auto parsed = oci::parse_document(*text, "");
  const auto* index = parsed ? std::get_if<oci::Index>(&*parsed) : nullptr;
  if (index == nullptr) return std::optional<records::DecisionRecord>();
  const auto same = std::ranges::find_if(index->manifests, [&](const oci::Descriptor& entry) {
    return entry.platform && entry.platform->satisfies(platform);
  });
  if (same == index->manifests.end()) return std::optional<records::DecisionRecord>();
  return parts_.records->find_decision(move.host, move.repository, same->digest);
}

util::Result<void> Drifts::write(const Job& job) const {
  const auto& move = job.move;
  const auto after = facts(job.after);
  if (!after) return tl::unexpected(after.error());
  const auto before = image_before(move, after->config ? after->config->platform : oci::Platform());
  if (!before) return tl::unexpected(before.error());
  // Never judged here, so there is nothing to compare with; that it moved was said.
  if (!*before) return {};
  const auto old = facts(**before);
  if (!old) return tl::unexpected(old.error());
  auto drift = difference(*old, *after);

  records::EventQuery query;
  query.actions = {"tag-moved"};
  query.host = move.host;
  query.repository = move.repository;
  query.until = move.at;
  query.limit = kMostEvents;
  const auto moves = parts_.records->events(query);
  if (!moves) return tl::unexpected(moves.error());
  const auto last = std::find_if(moves->rbegin(), moves->rend(),
                                 [&](const records::Event& event) { return event.reference == move.tag; });

  records::Event event;
  event.at = parts_.clock->now();
  event.action = "tag-drift";
  event.severity =
      drift.fields.contains("drift.setuid.added") ? findings::Severity::medium : findings::Severity::low;
  event.host = move.host;
  event.repository = move.repository;
  event.reference = move.tag;
  event.manifest = job.after.manifest.text();
  event.decision_id = job.after.id;
  event.message = "tag moved: " + drift.summary;
  event.extra = std::move(drift.fields);
  event.extra.emplace("tag.from", move.from.text());
  event.extra.emplace("tag.to", move.to.text());
  if (last != moves->rend()) {
    event.extra.emplace("drift.last_move", util::to_rfc3339(last->at));
    event.message += "; it moved " + since(last->at, move.at) + " before, too";
  }
  return parts_.records->put_event(event);
}

}  // namespace portcullis::gate
