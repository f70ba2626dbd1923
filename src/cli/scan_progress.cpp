// SPDX-License-Identifier: Apache-2.0
#include "scan_progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "environment.hpp"
#include "portcullis/util/safe_text.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kRedraw = 100ms;
constexpr auto kFirstDraw = 300ms;  ///< what is done at once needs no bar
constexpr std::size_t kDefaultWidth = 80;
constexpr std::size_t kBarWidth = 20;
constexpr std::size_t kNameWidth = 60;

std::size_t terminal_width() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : kDefaultWidth;
}

/// All bytes taken is not all of them scanned, so it is never the whole.
double part_done(const Activity::State& state) {
  constexpr double kMost = 0.99;
  if (state.total == 0) return 0;
  return std::min(kMost, static_cast<double>(state.bytes) / static_cast<double>(state.total));
}

std::string bar(double part) {
  const auto full = static_cast<std::size_t>(part * kBarWidth);
  std::string text(full, '=');
  if (full < kBarWidth) text += '>';
  text.resize(kBarWidth, ' ');
  return "[" + text + "]";
}

std::string amount(const Activity::State& state) {
  if (state.total == 0) return state.bytes == 0 ? "" : util::format_size(state.bytes);
  return util::format_size(state.bytes) + " of " + util::format_size(state.total);
}

std::string rate_text(double bytes_a_second) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MB/s", bytes_a_second / 1e6);
  return text;
}

std::string time_text(std::chrono::duration<double> running) {
  const auto seconds = static_cast<long>(running.count());
  char text[32];
  std::snprintf(text, sizeof text, "%ld:%02ld", seconds / 60, seconds % 60);
  return text;
}

void append(std::string& line, const std::string& what) {
  if (!what.empty()) line.append(line.empty() ? "" : "  ").append(what);
}

}  // namespace

ProgressStyle progress_style(bool quiet) {
  if (quiet) return ProgressStyle::none;
  const bool terminal = isatty(STDERR_FILENO) == 1 && environment("TERM") != "dumb";
  return terminal ? ProgressStyle::bar : ProgressStyle::lines;
}

std::string progress_line(const Activity::State& state, std::chrono::duration<double> running, double rate,
                          std::size_t width, ProgressStyle style) {
  std::string line;
  if (state.total > 0) {
    const double part = part_done(state);
    if (style == ProgressStyle::bar) line = bar(part);
    append(line, std::to_string(static_cast<int>(part * 100)) + " %");
  }
  append(line, amount(state));
  if (rate > 0) append(line, rate_text(rate));
  if (state.files > 0) append(line, std::to_string(state.files) + " files");
  append(line, time_text(running));
  append(line, util::safe_text(state.doing + (state.source.empty() ? "" : ", " + state.source), kNameWidth));
  if (line.size() > width) line.resize(width);
  return line;
}

std::string describe(const Activity::State& state) {
  std::string text = state.doing.empty() ? "nothing was being done" : state.doing;
  if (!state.source.empty()) text += ", " + state.source;
  std::string details = amount(state);
  if (state.parts > 0) {
    details.append(details.empty() ? "" : ", ")
        .append(std::to_string(state.parts_done) + " of " + std::to_string(state.parts) + " parts done");
  }
  return details.empty() ? text : text + " (" + details + ")";
}

std::chrono::milliseconds Progress::interval() const {
  return style_ == ProgressStyle::bar ? std::chrono::milliseconds(kRedraw)
                                      : std::min<std::chrono::milliseconds>(1s, line_every_);
}

/// Over the last seconds; each step begins at 0.
double Progress::rate(const Activity::State& state, Clock::time_point now) {
  constexpr std::chrono::duration<double> kWindow{1.0};
  constexpr double kWeight = 0.4;
  const std::string step = state.source + '\n' + state.doing;
  if (step != step_ || state.bytes < sampled_bytes_) {
    step_ = step;
    rate_ = 0;
    sampled_ = now;
    sampled_bytes_ = state.bytes;
  }
  const std::chrono::duration<double> passed = now - sampled_;
  if (passed >= kWindow) {
    const double latest = static_cast<double>(state.bytes - sampled_bytes_) / passed.count();
    rate_ = rate_ == 0 ? latest : kWeight * latest + (1 - kWeight) * rate_;
    sampled_ = now;
    sampled_bytes_ = state.bytes;
  }
  return rate_;
}

void Progress::tick(const Activity::State& state) {
  const auto now = Clock::now();
  const double bytes_a_second = rate(state, now);
  switch (style_) {
    case ProgressStyle::none:
      return;
    case ProgressStyle::lines:
      if (now < next_line_) return;
      next_line_ = now + line_every_;
      std::fprintf(stderr, "portcullis: %s\n",
                   progress_line(state, now - begin_, bytes_a_second, 200, style_).c_str());
      return;
    case ProgressStyle::bar:
      break;
  }
  if (now < begin_ + kFirstDraw) return;
  // One column stays free: some terminals wrap after the last.
  const auto line = progress_line(state, now - begin_, bytes_a_second, terminal_width() - 1, style_);
  std::fprintf(stderr, "\r%s\033[K", line.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::clear() {
  if (!drawn_) return;
  std::fprintf(stderr, "\r\033[K");
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace portcullis::cli
