// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "scan_activity.hpp"

namespace portcullis::cli {

enum class ProgressStyle {
  none,
  lines,  ///< one every ten seconds, for logs
  bar,    ///< one that is drawn again and again, for terminals
};
/// What the standard error can take.
ProgressStyle progress_style(bool quiet);

/// One line, without a line end, at most `width` characters.
std::string progress_line(const Activity::State& state, std::chrono::duration<double> running, double rate,
                          std::size_t width, ProgressStyle style);
/// "judging layer ... (412.0 MiB of 1.0 GiB, 3 of 7 parts)": what was being done when it had to end.
std::string describe(const Activity::State& state);

/// Shows on the standard error how a scan goes on. For one thread.
class Progress {
 public:
  /// `line_every`: of ProgressStyle::lines.
  explicit Progress(ProgressStyle style, std::chrono::milliseconds line_every = std::chrono::seconds(10))
      : style_(style), line_every_(line_every) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// How long it may take to the next tick().
  std::chrono::milliseconds interval() const;
  void tick(const Activity::State& state);
  /// Leaves the place to what is written next.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  double rate(const Activity::State& state, Clock::time_point now);

  const ProgressStyle style_;
  const std::chrono::milliseconds line_every_;
  const Clock::time_point begin_ = Clock::now();
  Clock::time_point next_line_ = begin_ + line_every_;
  bool drawn_ = false;
  std::string step_;  ///< of the sample below
  Clock::time_point sampled_ = begin_;
  std::uint64_t sampled_bytes_ = 0;
  double rate_ = 0;  ///< bytes a second, smoothed
};

}  // namespace portcullis::cli
