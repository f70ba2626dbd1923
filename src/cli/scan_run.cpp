// SPDX-License-Identifier: Apache-2.0
#include "scan_run.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

#include "signals.hpp"

namespace portcullis::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// What was told to end has so long.
constexpr std::chrono::seconds kGrace{10};

std::string name_of(int signal) {
  switch (signal) {
    case SIGINT:
      return "SIGINT";
    case SIGTERM:
      return "SIGTERM";
    default:
      return "SIGHUP";
  }
}

/// What the thread that judges and the one that watches share; it outlives a thread that is stuck.
class Shared {
 public:
  explicit Shared(std::vector<Source> sources)
      : sources_(std::move(sources)), done_(eventfd(0, EFD_CLOEXEC)) {}

  util::MemoryMetrics metrics;
  Activity activity{metrics};

  const std::vector<Source>& sources() const { return sources_; }
  int done() const { return done_.get(); }

  void add(std::vector<Report> reports) {
    const std::lock_guard lock(mutex_);
    for (Report& report : reports) {
      // What a part says of its own end is not why it had to end.
      if (activity.cancelled() && report.verdict == Verdict::error) report.message = why_;
      reports_.push_back(std::move(report));
    }
    ++judged_;
  }
  void finish() {
    constexpr eventfd_t kOne = 1;
    eventfd_write(done_.get(), kOne);
  }
  void cancel(std::string why) {
    {
      const std::lock_guard lock(mutex_);
      why_ = std::move(why);
    }
    activity.cancel();
  }
  /// Those that are missing could not be judged.
  std::vector<Report> take() {
    const std::lock_guard lock(mutex_);
    for (; judged_ < sources_.size(); ++judged_) reports_.push_back(could_not_judge(sources_[judged_], why_));
    return std::move(reports_);
  }

 private:
  const std::vector<Source> sources_;
  const util::UniqueFd done_;
  std::mutex mutex_;
  std::vector<Report> reports_;
  std::size_t judged_ = 0;
  std::string why_ = "unexpected end";
};

void judge_all(Shared& shared, ScanSettings settings) {
  auto session = ScanSession::open(std::move(settings), shared.metrics, shared.activity);
  for (const Source& source : shared.sources()) {
    std::vector<Report> reports;
    if (session) {
      reports = (*session)->judge(source);
    } else {
      reports.push_back(could_not_judge(source, session.error().message));
    }
    // Beside other sources, nothing said of one would pass for "clean".
    if (reports.empty()) reports.push_back(could_not_judge(source, "nothing in it was judged"));
    shared.add(std::move(reports));
  }
}

class Watch {
 public:
  Watch(Shared& shared, const RunTerms& terms, Signals& signals)
      : shared_(shared), terms_(terms), signals_(signals), progress_(terms.progress) {
    if (terms.timeout) deadline_ = begin_ + *terms.timeout;
  }

  /// False: it did not end in time although it was told to.
  bool until_done() {
    const auto signal = signals_.descriptor();
    while (true) {
      std::array<pollfd, 2> events{pollfd{shared_.done(), POLLIN, 0},
                                   pollfd{signal ? signal->get() : -1, POLLIN, 0}};
      poll(events.data(), events.size(), static_cast<int>(until_next_look().count()));
      if (events[0].revents != 0) return true;
      const auto now = Clock::now();
      if (events[1].revents != 0) {
        const int number = signals_.wait();
        if (ending_) return false;  // who asks twice does not want to wait
        end("interrupted by " + name_of(number), now);
      }
      if (deadline_ && now >= *deadline_) {
        if (ending_) return false;
        end("not finished within --timeout", now);
      }
      if (!ending_) progress_.tick(shared_.activity.state());
    }
  }

 private:
  std::chrono::milliseconds until_next_look() const {
    auto wait = progress_.interval();
    if (deadline_) {
      wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - Clock::now()));
    }
    return std::max(wait, std::chrono::milliseconds(0));
  }

  void end(const std::string& why, Clock::time_point now) {
    ending_ = true;
    deadline_ = now + kGrace;
    progress_.clear();
    shared_.cancel(why + " while: " + describe(shared_.activity.state()));
  }

  Shared& shared_;
  const RunTerms& terms_;
  Signals& signals_;
  Progress progress_;
  const Clock::time_point begin_ = Clock::now();
  std::optional<Clock::time_point> deadline_;
  bool ending_ = false;
};

}  // namespace

RunResult run_scan(ScanSettings settings, const std::vector<Source>& sources, const RunTerms& terms) {
  Signals signals;
  auto shared = std::make_shared<Shared>(sources);
  std::thread judging([shared, settings = std::move(settings)]() mutable {
    try {
      judge_all(*shared, std::move(settings));
    } catch (const std::exception& error) {
      shared->cancel(std::string("unexpected: ") + error.what());
    }
    shared->finish();
  });
  const bool done = Watch(*shared, terms, signals).until_done();
  if (done) {
    judging.join();
  } else {
    judging.detach();
  }
  return {shared->take(), !done};
}

}  // namespace portcullis::cli
