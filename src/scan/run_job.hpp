// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "scanner_process.hpp"
#include "slots.hpp"

namespace portcullis::scan {

/// What is pumped into a worker, and what it is told about it.
struct JobInput {
  JobRequest request;
  util::ByteSource* source = nullptr;
  std::uint64_t size_hint = 0;
  AnswerTaker* answers = nullptr;         ///< of a question; none for a scan
  findings::LayerFiles* files = nullptr;  ///< Job::files
  Slots::Slot* slot = nullptr;            ///< lent while the source stalls; may be none
  /// Told how many files the scan has taken up so far, on another thread, not after the end of the job.
  std::function<void(std::uint64_t)> on_files = {};
};

/// Descriptors of one job on our side, and those that travel.
struct JobPipes {
  util::Pipe input;
  util::Pipe result;
  util::UniqueFd spool;
  util::UniqueFd whole;
  util::UniqueFd known_clean;
  util::UniqueFd threads;

  /// `known_clean` is a generation, or none; `threads` the descriptor of a share, or -1.
  static util::Result<JobPipes> make(const std::filesystem::path& spool_directory, util::UniqueFd known_clean,
                                     int threads);
  std::array<int, kJobDescriptors> to_send() const;
  /// Once the worker has them, our copies of its ends must go.
  void close_sent();
};

struct JobReport {
  findings::ScanResult result;
  findings::LayerFiles files;
  std::vector<CleanKey> clean;     ///< empty unless complete
  std::vector<CleanKey> disputed;  ///< empty when garbled
};

/// From the start of the worker to the result: pumps the source on the calling thread while a
/// second thread reads the results and watches the clock.
JobReport supervise(RunningWorker& worker, const JobInput& input, JobPipes pipes);

}  // namespace portcullis::scan
