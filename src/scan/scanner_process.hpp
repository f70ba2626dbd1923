// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "portcullis/scan/channel.hpp"
#include "portcullis/scan/protocol.hpp"
#include "running_worker.hpp"

namespace portcullis::scan {

/// One portcullis-scanner and the control channel to it. Its rules never change; new rules mean a
/// new process. Destroying it ends the process and its workers. Thread-safe.
class ScannerProcess {
 public:
  /// Spawns it (empty environment, no descriptor but stderr and the control channel) and waits
  /// until its rules are compiled. `on_lost` is called once, on the control thread, when the process
  /// ends without having been asked to; it must only signal somebody.
  static util::Result<std::shared_ptr<ScannerProcess>> start(const Options& options,
                                                             std::function<void()> on_lost);
  ~ScannerProcess();
  ScannerProcess(const ScannerProcess&) = delete;
  ScannerProcess& operator=(const ScannerProcess&) = delete;

  const Profile& profile() const { return profile_; }
  bool alive() const { return !lost_; }

  /// Returns when the worker runs. `request.id` is set here. The descriptors stay the caller's.
  util::Result<std::shared_ptr<RunningWorker>> submit(JobRequest request,
                                                      const std::array<int, kJobDescriptors>& descriptors);
  /// Ends the process and all its workers with `reason`; what runs gets Outcome::unavailable.
  void stop(const std::string& reason);
  /// The job is over; its worker has been reaped or lost.
  void forget(const std::shared_ptr<RunningWorker>& worker);

 private:
  ScannerProcess(Channel control, util::UniqueFd pidfd, pid_t pid, std::function<void()> on_lost);

  util::Result<void> await_ready(const Options& options);
  void listen();
  void dispatch(Channel::Message message);
  void end_all(const std::string& reason);
  std::shared_ptr<RunningWorker> find(std::uint64_t id);
  void reap();

  Channel control_;
  util::UniqueFd pidfd_;
  pid_t pid_;
  std::function<void()> on_lost_;
  Profile profile_;
  std::atomic<bool> lost_ = false;
  std::atomic<bool> closing_ = false;
  std::mutex send_mutex_;
  std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<RunningWorker>> workers_;
  std::uint64_t next_id_ = 1;
  std::thread stderr_pump_;
  std::thread listener_;
};

}  // namespace portcullis::scan
