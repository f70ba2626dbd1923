// SPDX-License-Identifier: Apache-2.0
#include "known_clean_store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "portcullis/scan/protocol.hpp"
#include "portcullis/util/log.hpp"

namespace portcullis::scan {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxWaitingKeys = 2 * kMaxCleanKeys;
constexpr int kRest = 10;  ///< a generation that took a second to write is followed by ten without one

util::Result<void> sync_directory(const std::filesystem::path& path) {
  const auto directory = util::open_file(path, O_RDONLY | O_DIRECTORY);
  if (!directory) return tl::unexpected(directory.error());
  if (fsync(directory->get()) != 0) return tl::unexpected(util::errno_error("fsync of " + path.string()));
  return {};
}

}  // namespace

std::unique_ptr<KnownCleanStore> KnownCleanStore::open(const KnownCleanOptions& options,
                                                       util::Metrics& metrics) {
  if (options.use == KnownCleanUse::off || options.directory.empty()) return nullptr;
  auto lock = util::open_file(options.directory / "known-clean.lock", O_RDWR | O_CREAT);
  if (!lock) {
    util::log::warn("known clean files are not kept", {{"reason", lock.error().message}});
    return nullptr;
  }
  if (flock(lock->get(), LOCK_EX | LOCK_NB) != 0) {
    util::log::info("known clean files are not used, another process keeps them in this directory",
                    {{"directory", options.directory.string()}});
    return nullptr;
  }
  return std::unique_ptr<KnownCleanStore>(new KnownCleanStore(options, metrics, std::move(*lock)));
}

KnownCleanStore::KnownCleanStore(const KnownCleanOptions& options, util::Metrics& metrics,
                                 util::UniqueFd lock)
    : options_(options),
      path_(options.directory / "known-clean"),
      new_path_(options.directory / "known-clean.new"),
      lock_(std::move(lock)),
      metrics_(metrics),
      writer_([this] { keep_writing(); }) {}

KnownCleanStore::~KnownCleanStore() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  writer_.join();
}

void KnownCleanStore::adopt(const std::string& profile) {
  const std::lock_guard lock(mutex_);
  if (profile == profile_) return;
  const bool first = std::exchange(profile_, profile).empty();
  auto found = first ? load(path_) : nullptr;  // later the file is of the profile before
  if (found) return set_current_locked(std::move(found));
  drop_locked();
}

std::shared_ptr<const KnownCleanStore::Generation> KnownCleanStore::load(
    const std::filesystem::path& path) const {
  auto file = util::open_file(path, O_RDONLY);
  if (!file) return nullptr;
  auto table = KnownCleanTable::map(file->get(), profile_);
  if (!table) return nullptr;
  return std::make_shared<const Generation>(Generation{std::move(*file), std::move(*table)});
}

util::UniqueFd KnownCleanStore::newest(const std::string& profile) const {
  const std::lock_guard lock(mutex_);
  if (!current_ || profile != profile_ || !revoked_.empty()) return {};
  auto copy = util::duplicate(current_->file.get());
  return copy ? std::move(*copy) : util::UniqueFd();
}

void KnownCleanStore::contribute(const std::string& profile, const std::string& label,
                                 std::vector<CleanKey> keys) {
  const std::lock_guard lock(mutex_);
  if (profile != profile_ || label.empty() || label.size() > kMaxLayerLabel || keys.empty()) return;
  if (waiting_keys_ + keys.size() > kMaxWaitingKeys) return;
  waiting_keys_ += keys.size();
  waiting_.push_back(std::make_shared<const Contribution>(Contribution{label, std::move(keys)}));
  changed_.notify_all();
}

void KnownCleanStore::revoke(const std::string& label) {
  const std::lock_guard lock(mutex_);
  const auto waited = std::erase_if(waiting_, [&](const auto& item) {
    if (item->label != label) return false;
    waiting_keys_ -= item->keys.size();
    return true;
  });
  bool written = false;
  for (std::size_t i = 0; current_ && i < current_->table.layers() && !written; ++i) {
    written = current_->table.label(i) == label;
  }
  if (waited > 0 || written) ++revision_;
  if (!written) return;
  unlink_locked();
  revoked_.insert(label);
  util::log::warn("known clean files of a layer revoked", {{"blob", label}});
  changed_.notify_all();
}

void KnownCleanStore::dispute(const std::string& profile, const std::string& label,
                              const std::vector<CleanKey>& keys) {
  if (keys.empty()) return;
  metrics_.count("portcullis_known_clean_disagreements_total", {}, static_cast<double>(keys.size()));
  const std::lock_guard lock(mutex_);
  const std::string contributor(current_ ? current_->table.contributor(keys.front()) : "");
  util::log::error("a file that was known to be clean is not, all known clean files are dropped",
                   {{"blob", label}, {"files", keys.size()}, {"contributed_by", contributor}});
  if (profile == profile_) drop_locked();
}

void KnownCleanStore::keep_writing() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty() || !revoked_.empty(); });
    // A revocation does not wait: until it is done there is no table.
    changed_.wait_until(lock, next_write_, [this] { return stopping_ || !revoked_.empty(); });
    if (!waiting_.empty() || !revoked_.empty()) write_one(lock);
    if (stopping_) return;
  }
}

void KnownCleanStore::write_one(std::unique_lock<std::mutex>& lock) {
  const auto base = current_;
  const std::uint64_t revision = revision_;
  const GenerationPlan plan{profile_, base ? &base->table : nullptr, waiting_, revoked_, options_.max_bytes};
  const auto begin = Clock::now();
  lock.unlock();
  auto done = write_generation(new_path_, plan);
  lock.lock();
  const auto end = Clock::now();
  next_write_ = end + std::max<Clock::duration>(options_.interval, kRest * (end - begin));
  if (revision != revision_) return;  // overtaken by a revocation or a drop; what is left stays waiting
  if (done) done = commit_locked();
  if (!done) {
    util::log::error("known clean files could not be written, they are dropped",
                     {{"reason", done.error().message}});
    unlink(new_path_.c_str());
    return drop_locked();
  }
  // Nothing but additions came in the meantime, and they came behind these.
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(plan.added.size()));
  for (const auto& item : plan.added) waiting_keys_ -= item->keys.size();
  revoked_.clear();
}

util::Result<void> KnownCleanStore::commit_locked() {
  auto generation = load(new_path_);
  if (!generation) return util::fail(util::ErrorKind::io, "cannot map " + new_path_.string());
  if (std::rename(new_path_.c_str(), path_.c_str()) != 0) {
    return tl::unexpected(util::errno_error("renaming " + new_path_.string()));
  }
  set_current_locked(std::move(generation));
  return sync_directory(options_.directory);
}

void KnownCleanStore::set_current_locked(std::shared_ptr<const Generation> generation) {
  current_ = std::move(generation);
  metrics_.gauge("portcullis_known_clean_entries", {},
                 current_ ? static_cast<double>(current_->table.keys().size()) : 0);
}

void KnownCleanStore::drop_locked() {
  ++revision_;
  waiting_.clear();
  waiting_keys_ = 0;
  revoked_.clear();
  unlink_locked();
  set_current_locked(nullptr);
}

void KnownCleanStore::unlink_locked() {
  if (unlink(path_.c_str()) == 0) {
    if (auto synced = sync_directory(options_.directory); synced) return;
  } else if (errno == ENOENT) {
    return;
  }
  util::log::error("known clean files could not be removed from the disk; remove the file by hand",
                   {{"file", path_.string()}, {"reason", util::errno_error("unlink").message}});
}

}  // namespace portcullis::scan
