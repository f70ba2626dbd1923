// SPDX-License-Identifier: Apache-2.0
#include "run_job.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <vector>

#include "job_clock.hpp"
#include "portcullis/util/files.hpp"

namespace portcullis::scan {
namespace {

using findings::Outcome;

constexpr std::size_t kPumpBuffer = 256 * 1024;
constexpr auto kWatchStep = std::chrono::milliseconds(100);  ///< how late a deadline may be noticed
/// A source that gives nothing for so long has stalled: its worker idles, and another may work.
constexpr auto kStalled = std::chrono::seconds(1);

void check_clock(RunningWorker& worker, const JobClock& clock) {
  if (!clock.expired()) return;
  worker.end(Outcome::timed_out,
             "the scan took more than " + std::to_string(clock.allowance().count()) + " seconds");
}

/// Reads the result pipe to its end and then waits for the worker's, all under the job's clock.
WorkerStatus watch(RunningWorker& worker, int results, JobClock& clock, ResultReader& reader,
                   const JobInput& input) {
  std::vector<char> buffer(64 * 1024);
  while (true) {
    pollfd entry{results, POLLIN, 0};
    const int ready = poll(&entry, 1, static_cast<int>(kWatchStep.count()));
    if (ready > 0) {
      const ssize_t size = read(results, buffer.data(), buffer.size());
      if (size == 0 || (size < 0 && errno != EINTR)) break;
      if (size > 0) {
        clock.pause();  // a member's bytes may have to wait for whoever wants them
        const bool taken = reader.feed({buffer.data(), static_cast<std::size_t>(size)});
        clock.resume();
        if (!taken) worker.end(Outcome::garbled, "the worker sent " + reader.problem());
        if (taken && input.on_files) input.on_files(reader.files_taken());
      }
    }
    check_clock(worker, clock);
    if (input.slot != nullptr && clock.paused() > kStalled) input.slot->lend();
  }
  while (true) {
    if (const auto status = worker.wait_exited(kWatchStep)) return *status;
    check_clock(worker, clock);
  }
}

/// Moves the source into the pipe. True when all of it went through.
bool pump(RunningWorker& worker, util::ByteSource& source, int pipe, JobClock& clock, Slots::Slot* slot,
          std::uint64_t& sent) {
  std::vector<std::byte> buffer(kPumpBuffer);
  while (true) {
    clock.pause();
    const auto size = source.read(buffer);
    clock.resume();
    if (slot != nullptr) slot->take_back();
    if (!size) {
      worker.end(Outcome::unavailable, size.error().message);
      return false;
    }
    if (*size == 0) return true;
    // A worker that stopped reading has ended, or said all it has to say: its own end tells more.
    if (!util::write_full(pipe, std::span<const std::byte>(buffer).first(*size))) return false;
    sent += *size;
    clock.set_bytes(sent);
  }
}

}  // namespace

util::Result<JobPipes> JobPipes::make(const std::filesystem::path& spool_directory,
                                      util::UniqueFd known_clean, int threads) {
  auto in = util::make_pipe();
  if (!in) return tl::unexpected(in.error());
  auto out = util::make_pipe();
  if (!out) return tl::unexpected(out.error());
  auto spool = util::unnamed_file(spool_directory);
  if (!spool) return tl::unexpected(spool.error());
  auto whole = util::unnamed_file(spool_directory);
  if (!whole) return tl::unexpected(whole.error());
  auto nothing = util::open_file("/dev/null", O_RDONLY);
  if (!nothing) return tl::unexpected(nothing.error());
  util::UniqueFd share(fcntl(threads >= 0 ? threads : nothing->get(), F_DUPFD_CLOEXEC, 0));
  if (!share) return tl::unexpected(util::errno_error("duplicating a descriptor for a worker"));
  if (!known_clean) known_clean = std::move(*nothing);
  fcntl(in->write_end.get(), F_SETPIPE_SZ, 1 << 20);  // fewer switches; the default works too
  return JobPipes{std::move(*in),    std::move(*out),        std::move(*spool),
                  std::move(*whole), std::move(known_clean), std::move(share)};
}

std::array<int, kJobDescriptors> JobPipes::to_send() const {
  return {input.read_end.get(), result.write_end.get(), spool.get(),
          whole.get(),          known_clean.get(),      threads.get()};
}

void JobPipes::close_sent() {
  input.read_end.reset();
  result.write_end.reset();
  spool.reset();
  whole.reset();
  known_clean.reset();
  threads.reset();
}

JobReport supervise(RunningWorker& worker, const JobInput& input, JobPipes pipes) {
  pipes.close_sent();
  JobClock clock(input.request.limits);
  clock.set_bytes(input.size_hint);
  ResultReader reader = input.answers != nullptr ? ResultReader(*input.answers)
                                                 : ResultReader(input.request.limits.max_findings);
  JobFacts facts;
  std::thread watcher([&, results = pipes.result.read_end.get()] {
    facts.status = watch(worker, results, clock, reader, input);
  });
  facts.input_ended =
      pump(worker, *input.source, pipes.input.write_end.get(), clock, input.slot, facts.bytes_sent);
  pipes.input.write_end.reset();
  watcher.join();
  facts.forced = worker.forced();
  JobReport report;
  report.result = conclude(facts, reader);
  report.files = conclude_files(facts, report.result, reader);
  if (report.result.outcome == Outcome::complete) report.clean = reader.clean_keys();
  if (report.result.outcome != Outcome::garbled) report.disputed = reader.disputes();
  return report;
}

}  // namespace portcullis::scan
