// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "portcullis/scan/service.hpp"
#include "scanner_process.hpp"

namespace portcullis::scan {

/// Keeps one fork server alive: restarts it with growing pauses when it dies, and replaces it when
/// the rules are to be read again. Jobs hold on to the process they started in. Thread-safe.
class Supervisor {
 public:
  static util::Result<std::unique_ptr<Supervisor>> start(const Options& options, util::Metrics& metrics);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// The live fork server; while there is none, waits a bounded time for the next one.
  util::Result<std::shared_ptr<ScannerProcess>> acquire();
  /// When it fails nothing has changed, for restarts either.
  util::Result<Profile> reload(const RuleOptions& rules);
  Profile profile() const;
  std::string profile_id() const;
  bool ready() const;
  void stop();

 private:
  Supervisor(const Options& options, util::Metrics& metrics) : metrics_(metrics), options_(options) {}
  util::Result<std::shared_ptr<ScannerProcess>> launch(const Options& options);
  Options options() const;
  void adopt_locked(std::shared_ptr<ScannerProcess> process);
  void keep_alive();

  util::Metrics& metrics_;
  std::mutex reload_mutex_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Options options_;
  std::shared_ptr<ScannerProcess> current_;
  std::vector<std::weak_ptr<ScannerProcess>> started_;  ///< those that may still run jobs
  Profile profile_;
  bool stopping_ = false;
  std::thread keeper_;
};

}  // namespace portcullis::scan
