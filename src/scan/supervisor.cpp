// SPDX-License-Identifier: Apache-2.0
#include "supervisor.hpp"

#include <algorithm>

#include "portcullis/util/log.hpp"

namespace portcullis::scan {
namespace {

using util::ErrorKind;
using Clock = std::chrono::steady_clock;

constexpr auto kFirstPause = std::chrono::milliseconds(200);
constexpr auto kLongestPause = std::chrono::milliseconds(30'000);
constexpr auto kStableAfter = std::chrono::seconds(60);  ///< alive so long: the next restart is at once
constexpr auto kAcquirePatience = std::chrono::minutes(5);

util::Result<std::shared_ptr<ScannerProcess>> shutting_down() {
  return util::fail(ErrorKind::cancelled, "Portcullis is shutting down");
}

}  // namespace

util::Result<std::unique_ptr<Supervisor>> Supervisor::start(const Options& options, util::Metrics& metrics) {
  std::unique_ptr<Supervisor> supervisor(new Supervisor(options, metrics));
  auto process = supervisor->launch(options);
  if (!process) return tl::unexpected(process.error());
  {
    const std::lock_guard lock(supervisor->mutex_);
    supervisor->adopt_locked(std::move(*process));
  }
  supervisor->keeper_ = std::thread([raw = supervisor.get()] { raw->keep_alive(); });
  return supervisor;
}

Supervisor::~Supervisor() {
  stop();
  if (keeper_.joinable()) keeper_.join();
}

util::Result<std::shared_ptr<ScannerProcess>> Supervisor::launch(const Options& options) {
  return ScannerProcess::start(options, [this] {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  });
}

void Supervisor::adopt_locked(std::shared_ptr<ScannerProcess> process) {
  profile_ = process->profile();
  std::erase_if(started_, [](const auto& old) { return old.expired(); });
  started_.push_back(process);
  current_ = std::move(process);
  changed_.notify_all();
}

util::Result<std::shared_ptr<ScannerProcess>> Supervisor::acquire() {
  std::unique_lock lock(mutex_);
  const auto usable = [this] { return stopping_ || (current_ && current_->alive()); };
  if (!changed_.wait_for(lock, kAcquirePatience, usable)) {
    return util::fail(ErrorKind::unreachable, "the scanner is down; see the log for why it does not start");
  }
  if (stopping_) return shutting_down();
  return current_;
}

Options Supervisor::options() const {
  const std::lock_guard lock(mutex_);
  return options_;
}

util::Result<Profile> Supervisor::reload(const RuleOptions& rules) {
  const std::lock_guard one_at_a_time(reload_mutex_);
  Options fresh = options();
  static_cast<RuleOptions&>(fresh) = rules;
  auto process = launch(fresh);
  if (!process) return tl::unexpected(process.error());
  std::shared_ptr<ScannerProcess> old;  // ends outside the lock, once its last job is done
  const std::lock_guard lock(mutex_);
  if (stopping_) return tl::unexpected(shutting_down().error());
  options_ = std::move(fresh);
  old = std::exchange(current_, nullptr);
  adopt_locked(std::move(*process));
  return profile_;
}

Profile Supervisor::profile() const {
  const std::lock_guard lock(mutex_);
  return profile_;
}

std::string Supervisor::profile_id() const {
  const std::lock_guard lock(mutex_);
  return profile_.id;
}

bool Supervisor::ready() const {
  const std::lock_guard lock(mutex_);
  return !stopping_ && current_ && current_->alive() && profile_.rules > 0;
}

void Supervisor::stop() {
  std::vector<std::weak_ptr<ScannerProcess>> started;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    started = started_;
    changed_.notify_all();
  }
  for (const auto& weak : started) {
    if (const auto process = weak.lock()) process->stop("Portcullis is shutting down");
  }
}

void Supervisor::keep_alive() {
  auto pause = std::chrono::milliseconds(0);
  auto last_start = Clock::now();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !current_ || !current_->alive(); });
    if (stopping_) return;
    auto dead = std::exchange(current_, nullptr);
    if (dead) util::log::error("scanner ended, starting it again");
    lock.unlock();
    dead.reset();  // joins the thread that may be waiting for our lock in on_lost
    lock.lock();
    if (Clock::now() - last_start > kStableAfter) pause = std::chrono::milliseconds(0);
    changed_.wait_for(lock, pause, [this] { return stopping_; });
    if (stopping_) return;
    pause = std::clamp(pause * 2, kFirstPause, kLongestPause);

    const Options options = options_;
    lock.unlock();
    metrics_.count("portcullis_scanner_restarts_total");
    last_start = Clock::now();
    auto process = launch(options);
    if (!process) util::log::error("scanner does not start", {{"error", process.error().message}});
    lock.lock();
    if (process && !stopping_ && !current_) adopt_locked(std::move(*process));
  }
}

}  // namespace portcullis::scan
