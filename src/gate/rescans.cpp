// SPDX-License-Identifier: Apache-2.0
#include "rescans.hpp"

#include <algorithm>

#include "portcullis/util/log.hpp"

namespace portcullis::gate {
namespace {

constexpr std::size_t kPage = 50;
constexpr std::size_t kMaxAsked = 1'000;
constexpr std::size_t kMaxSoon = 20'000;
constexpr std::size_t kMaxAgain = 10'000;
constexpr std::size_t kMaxSeen = 500'000;
/// A scan that ends badly is tried so often before its end counts.
constexpr int kLuckyTries = 3;
constexpr std::chrono::minutes kFirstWait{1};
constexpr std::chrono::hours kLongestWait{1};
/// For what the upstream says it does not have, or does not give us.
constexpr std::chrono::hours kLongestWaitForGone{24};

records::ImageQuery not_blocked() {
  records::ImageQuery query;
  query.not_action = findings::Action::block;
  query.order = records::ImageQuery::Order::newest_pull;
  query.limit = kPage;
  return query;
}

bool is_gone(const Problem& problem) {
  return problem.status == Status::absent || problem.status == Status::denied;
}

std::chrono::milliseconds wait_after(int failures, const Problem& problem) {
  const std::chrono::milliseconds longest = is_gone(problem) ? kLongestWaitForGone : kLongestWait;
  const std::chrono::milliseconds wait = kFirstWait * (1 << std::min(failures - 1, 12));
  return std::min(wait, longest);
}

}  // namespace

Rescans::Rescans(const Parts& parts, const Options& options, Judge& judge, Profiles& profiles,
                 FindRegistry find_registry)
    : parts_(parts),
      options_(options),
      judge_(judge),
      profiles_(profiles),
      find_registry_(std::move(find_registry)),
      rescans_{not_blocked(), Purpose::rescan, {}, 0, options.concurrent_rescans == 0, {}},
      decisions_{not_blocked(), Purpose::decide_again, {}, 0, false, {}} {}

void Rescans::start() {
  // Decisions are made again even where nothing is scanned again.
  const auto count = std::max<std::size_t>(options_.concurrent_rescans, 1);
  for (std::size_t i = 0; i < count; ++i) threads_.emplace_back([this] { run(); });
}

void Rescans::stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  judge_.stop();
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void Rescans::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    auto item = next();
    if (!item) {
      wake_.wait_for(lock, options_.poll);
      continue;
    }
    const auto name = item->key.text();
    in_hand_.insert(name);
    lock.unlock();
    const auto problem = work(*item);
    lock.lock();
    in_hand_.erase(name);
    if (!stopped_) settle(*std::move(item), problem);
  }
}

void Rescans::notice_changes() {
  if (auto policy = judge_.policy_fingerprint(); policy != policy_) {
    policy_ = std::move(policy);
    decisions_ = {not_blocked(), Purpose::decide_again, {}, 0, false, {}};
    decisions_.query.not_policy = policy_;
  }
  if (auto profile = profiles_.present(); profile != profile_) {
    profile_ = std::move(profile);
    rescans_ = {not_blocked(), Purpose::rescan, {}, 0, options_.concurrent_rescans == 0, {}};
    rescans_.query.not_profile = profile_;
    std::erase_if(again_, [](const auto& entry) { return entry.second.purpose == Purpose::rescan; });
    done_ = 0;
    last_failure_.clear();
    count_left();
  }
}

void Rescans::count_left() {
  if (options_.concurrent_rescans == 0) return;
  if (const auto left = parts_.records->search().count_images(rescans_.query)) left_ = *left;
  parts_.metrics->gauge("portcullis_rescans_left", {}, static_cast<double>(left_));
}

std::optional<Rescans::Item> Rescans::next() {
  notice_changes();
  if (auto item = take(asked_)) return item;
  if (auto item = take(soon_)) return item;
  if (auto item = take(decisions_)) return item;
  if (auto item = due_again()) return item;
  return take(rescans_);
}

std::optional<Rescans::Item> Rescans::take(std::deque<Item>& queue) {
  const auto found =
      std::ranges::find_if(queue, [this](const Item& item) { return !in_hand_.contains(item.key.text()); });
  if (found == queue.end()) return std::nullopt;
  auto item = std::move(*found);
  queue.erase(found);
  return item;
}

std::optional<Rescans::Item> Rescans::due_again() {
  const auto now = parts_.clock->now();
  const auto due =
      std::ranges::find_if(again_, [now](const auto& entry) { return entry.second.not_before <= now; });
  if (due == again_.end()) return std::nullopt;
  auto item = std::move(due->second);
  again_.erase(due);
  return item;
}

std::optional<Rescans::Item> Rescans::take(Walk& walk) {
  while (walk.page.empty()) {
    if (walk.finished || !turn_page(walk)) return std::nullopt;
  }
  auto item = std::move(walk.page.front());
  walk.page.pop_front();
  return item;
}

/// False when the records cannot be asked.
bool Rescans::turn_page(Walk& walk) {
  const auto found = parts_.records->search().images(walk.query);
  if (!found) {
    parts_.metrics->count("portcullis_records_errors_total", {{"what", "rescans"}});
    util::log::error("the records cannot say what is to be scanned again",
                     {{"reason", found.error().message}});
    return false;
  }
  for (const auto& row : found->images) {
    const ImageKey key{row.host, row.repository, row.manifest};
    const auto name = key.text();
    if (in_hand_.contains(name) || again_.contains(name)) continue;
    const auto hash = std::hash<std::string>()(name);
    if (walk.seen.contains(hash)) continue;
    if (walk.seen.size() < kMaxSeen) walk.seen.insert(hash);
    ++walk.found;
    walk.page.push_back({key, row.tags.empty() ? "" : row.tags.front(), walk.purpose});
  }
  walk.query.after = found->next;
  if (found->next.empty()) {
    walk.finished = walk.found == 0;
    walk.found = 0;
  }
  if (walk.purpose == Purpose::rescan) count_left();
  return true;
}

bool Rescans::done_already(const Item& item) const {
  if (item.purpose != Purpose::rescan || item.failures > 0) return false;
  const auto decision = parts_.records->find_decision(item.key.host, item.key.repository, item.key.manifest);
  return decision && *decision && (*decision)->profile == profiles_.present();
}

std::optional<Problem> Rescans::work(const Item& item) {
  auto* registry = find_registry_(item.key);
  // Nobody can pull it here any more.
  if (registry == nullptr || done_already(item)) return std::nullopt;
  const bool luck_counts = item.purpose == Purpose::rescan && item.own_failures >= kLuckyTries - 1;
  try {
    const auto verdict = judge_.judge(*registry, item.key, item.reference,
                                      luck_counts ? Purpose::rescan_finally : item.purpose);
    if (!verdict) return verdict.error();
    if (item.purpose != Purpose::decide_again) {
      parts_.metrics->count("portcullis_rescans_total",
                            {{"result", verdict->judged->blocked() ? "blocked" : "served"}});
    }
  } catch (const std::exception& error) {
    return Problem{Status::failed, std::string("internal error: ") + error.what(), std::nullopt};
  }
  return std::nullopt;
}

void Rescans::settle(Item item, const std::optional<Problem>& problem) {
  const bool rescan = item.purpose == Purpose::rescan;
  if (!problem) {
    if (rescan) {
      ++done_;
      left_ -= std::min<std::uint64_t>(left_, 1);
    }
  } else {
    parts_.metrics->count("portcullis_rescans_total", {{"result", "failed"}});
    last_failure_ = util::safe_text(item.key.text() + ": " + problem->message);
    util::log::warn("an image could not be judged again, trying later",
                    {{"image", item.key.text()}, {"reason", problem->message}});
    // What cannot be fetched is not served before somebody asks, and then it is decided.
    const bool drop = item.purpose == Purpose::decide_again && is_gone(*problem);
    ++item.failures;
    item.own_failures += problem->status == Status::failed ? 1 : 0;
    item.not_before = parts_.clock->now() + wait_after(item.failures, *problem);
    if (!drop && again_.size() < kMaxAgain) again_.insert_or_assign(item.key.text(), std::move(item));
  }
  parts_.metrics->gauge("portcullis_rescans_left", {}, static_cast<double>(left_));
  parts_.metrics->gauge("portcullis_rescans_waiting", {}, static_cast<double>(again_.size()));
}

util::Result<void> Rescans::afresh(const ImageKey& image) {
  std::lock_guard lock(mutex_);
  if (std::ranges::any_of(asked_, [&](const Item& item) { return item.key.text() == image.text(); }))
    return {};
  if (asked_.size() >= kMaxAsked) {
    return util::fail(util::ErrorKind::limit,
                      std::to_string(kMaxAsked) + " images wait to be scanned again; ask again later");
  }
  asked_.push_back({image, "", Purpose::afresh});
  again_.erase(image.text());
  wake_.notify_all();
  return {};
}

void Rescans::soon(Purpose purpose, const std::vector<records::ImageRow>& images) {
  std::lock_guard lock(mutex_);
  for (const auto& row : images) {
    if (soon_.size() >= kMaxSoon) {
      util::log::warn("too many images wait to be judged again; the rest is when somebody asks for them",
                      {{"waiting", soon_.size()}});
      break;
    }
    soon_.push_back(
        {{row.host, row.repository, row.manifest}, row.tags.empty() ? "" : row.tags.front(), purpose});
  }
  wake_.notify_all();
}

std::size_t Rescans::failed_locked() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      again_, [](const auto& entry) { return entry.second.purpose == Purpose::rescan; }));
}

RescanProgress Rescans::progress() const {
  RescanProgress progress;
  progress.since = profiles_.since();
  if (progress.since) progress.until = *progress.since + options_.rescan_max;
  std::lock_guard lock(mutex_);
  progress.profile = profile_;
  progress.done = done_;
  progress.left = left_;
  progress.total = done_ + left_;
  progress.failed = failed_locked();
  progress.last_failure = last_failure_;
  progress.current.assign(in_hand_.begin(), in_hand_.end());
  return progress;
}

}  // namespace portcullis::gate
