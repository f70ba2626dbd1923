// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "job_end.hpp"
#include "portcullis/util/fd.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::scan {

/// One worker as the server sees it. Thread-safe: the control thread reports what became of the
/// process, the job's threads wait for that, and anyone may end it.
class RunningWorker {
 public:
  // Told by the control thread.
  void started(util::UniqueFd pidfd);
  void refused(std::string message);
  void exited(WorkerStatus status);

  /// Until the fork server answered. Fails when it refused or died, or after `patience`.
  util::Result<void> wait_started(std::chrono::milliseconds patience);
  /// Nullopt when it still runs after `patience`.
  std::optional<WorkerStatus> wait_exited(std::chrono::milliseconds patience);

  /// Kills the worker and remembers why, unless a reason is already remembered: the first end that
  /// is noticed wins.
  void end(findings::Outcome outcome, std::string reason);
  std::optional<ForcedEnd> forced() const;

 private:
  void kill_locked();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  util::UniqueFd pidfd_;
  std::optional<std::string> refusal_;
  std::optional<WorkerStatus> status_;
  std::optional<ForcedEnd> forced_;
};

}  // namespace portcullis::scan
