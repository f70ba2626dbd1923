// SPDX-License-Identifier: Apache-2.0
#include "running_worker.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

namespace portcullis::scan {

void RunningWorker::started(util::UniqueFd pidfd) {
  const std::lock_guard lock(mutex_);
  pidfd_ = std::move(pidfd);
  if (forced_) kill_locked();
  changed_.notify_all();
}

void RunningWorker::refused(std::string message) {
  const std::lock_guard lock(mutex_);
  refusal_ = std::move(message);
  changed_.notify_all();
}

void RunningWorker::exited(WorkerStatus status) {
  const std::lock_guard lock(mutex_);
  if (!status_) status_ = status;
  changed_.notify_all();
}

util::Result<void> RunningWorker::wait_started(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [this] { return pidfd_ || refusal_ || status_; });
  if (pidfd_) return {};
  if (refusal_) return util::fail(util::ErrorKind::io, "the scanner could not start a worker: " + *refusal_);
  if (status_) return util::fail(util::ErrorKind::unreachable, "the scanner ended");
  return util::fail(util::ErrorKind::unreachable, "the scanner did not answer");
}

std::optional<WorkerStatus> RunningWorker::wait_exited(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [this] { return status_.has_value(); });
  return status_;
}

void RunningWorker::end(findings::Outcome outcome, std::string reason) {
  const std::lock_guard lock(mutex_);
  if (forced_ || status_) return;
  forced_ = ForcedEnd{outcome, std::move(reason)};
  kill_locked();
}

std::optional<ForcedEnd> RunningWorker::forced() const {
  const std::lock_guard lock(mutex_);
  return forced_;
}

void RunningWorker::kill_locked() {
  if (pidfd_) syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
}

}  // namespace portcullis::scan
