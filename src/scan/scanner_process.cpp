// SPDX-License-Identifier: Apache-2.0
#include "scanner_process.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "spawn.hpp"

namespace portcullis::scan {
namespace {

using util::ErrorKind;

constexpr auto kReadyPatience = std::chrono::minutes(5);  ///< tens of thousands of rules, a slow disk
constexpr auto kStartPatience = std::chrono::seconds(30);
constexpr auto kEndPatience = std::chrono::seconds(2);
constexpr std::size_t kMaxSetAside = 20'000;

/// Names as many files as a line holds.
std::string strictly_refused(const std::vector<SetAside>& files) {
  constexpr std::size_t kNamed = 8;
  std::string text = std::to_string(files.size()) + " rule files cannot be used, and rules.strict is on: ";
  for (std::size_t i = 0; i < std::min(files.size(), kNamed); ++i) {
    text.append(i == 0 ? "" : "; ").append(files[i].file).append(": ").append(files[i].message);
  }
  if (files.size() > kNamed) text += "; and " + std::to_string(files.size() - kNamed) + " more";
  return text;
}

bool readable(int fd, std::chrono::milliseconds patience) {
  pollfd entry{fd, POLLIN, 0};
  int result;
  while ((result = poll(&entry, 1, static_cast<int>(patience.count()))) < 0 && errno == EINTR) {
  }
  return result > 0;
}

}  // namespace

ScannerProcess::ScannerProcess(Channel control, util::UniqueFd pidfd, pid_t pid,
                               std::function<void()> on_lost)
    : control_(std::move(control)), pidfd_(std::move(pidfd)), pid_(pid), on_lost_(std::move(on_lost)) {}

util::Result<std::shared_ptr<ScannerProcess>> ScannerProcess::start(const Options& options,
                                                                    std::function<void()> on_lost) {
  auto channels = Channel::make_pair();
  if (!channels) return tl::unexpected(channels.error());
  auto errors = util::make_pipe();
  if (!errors) return tl::unexpected(errors.error());
  auto child =
      spawn_scanner(options.scanner, to_arguments(options), channels->second.fd(), errors->write_end.get());
  if (!child) return tl::unexpected(child.error());

  std::shared_ptr<ScannerProcess> process(new ScannerProcess(
      std::move(channels->first), std::move(child->pidfd), child->pid, std::move(on_lost)));
  // Our copies of the child's ends must go, or its death would not be seen here.
  { const Channel theirs = std::move(channels->second); }
  errors->write_end.reset();
  process->stderr_pump_ = std::thread(pump_to_log, std::move(errors->read_end));
  if (auto ready = process->await_ready(options); !ready) {
    process->lost_ = true;
    return tl::unexpected(ready.error());
  }
  process->listener_ = std::thread([raw = process.get()] { raw->listen(); });
  return process;
}

ScannerProcess::~ScannerProcess() {
  closing_ = true;
  control_.shut_down();
  if (listener_.joinable()) listener_.join();
  reap();
  if (stderr_pump_.joinable()) stderr_pump_.join();
}

void ScannerProcess::reap() {
  if (!readable(pidfd_.get(), kEndPatience))
    syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

util::Result<void> ScannerProcess::await_ready(const Options& options) {
  const std::string who = "the scanner " + options.scanner.string();
  while (true) {
    if (!readable(control_.fd(), kReadyPatience)) {
      return util::fail(ErrorKind::unreachable, who + " did not get ready in time");
    }
    auto message = control_.receive();
    if (!message) return tl::unexpected(message.error());
    if (message->bytes.empty()) {
      return util::fail(ErrorKind::unreachable, who + " ended while starting; its messages are in the log");
    }
    auto decoded = decode_scanner_message(message->bytes);
    if (!decoded) return util::fail(ErrorKind::corrupt, who + " does not speak this version's protocol");
    if (auto* aside = std::get_if<SetAside>(&*decoded)) {
      if (profile_.set_aside.size() < kMaxSetAside) profile_.set_aside.push_back(std::move(*aside));
    } else if (const auto* fatal = std::get_if<Fatal>(&*decoded)) {
      return util::fail(ErrorKind::invalid, fatal->message);
    } else if (auto* ready = std::get_if<Ready>(&*decoded)) {
      profile_.id = profile_id(ready->rule_hash, ready->version, options.limits);
      profile_.rules = ready->rules;
      profile_.files = ready->files;
      profile_.protections = std::move(ready->protections);
      profile_.modules = std::move(ready->modules);
      profile_.idle_patterns = std::move(ready->idle_patterns);
      if (options.on_set_aside == OnSetAside::refuse && !profile_.set_aside.empty()) {
        return util::fail(ErrorKind::invalid, strictly_refused(profile_.set_aside));
      }
      return {};
    } else {
      return util::fail(ErrorKind::corrupt, who + " spoke of jobs before it was ready");
    }
  }
}

void ScannerProcess::listen() {
  while (true) {
    auto message = control_.receive();
    if (!message || message->bytes.empty()) break;
    dispatch(std::move(*message));
  }
  end_all("the scanner ended while the scan was running");
  if (!closing_) on_lost_();
}

void ScannerProcess::dispatch(Channel::Message message) {
  auto decoded = decode_scanner_message(message.bytes);
  if (!decoded) return control_.shut_down();
  if (const auto* started = std::get_if<Started>(&*decoded)) {
    if (message.descriptors.size() != 1) return control_.shut_down();
    // A job that was given up in the meantime has a worker nobody would ever end.
    auto worker = find(started->id);
    if (!worker) {
      worker = std::make_shared<RunningWorker>();
      worker->end(findings::Outcome::unavailable, "given up");
    }
    worker->started(std::move(message.descriptors.front()));
  } else if (const auto* refused = std::get_if<Refused>(&*decoded)) {
    if (auto worker = find(refused->id)) worker->refused(refused->message);
  } else if (const auto* exited = std::get_if<Exited>(&*decoded)) {
    if (auto worker = find(exited->id)) worker->exited({false, exited->code, exited->signal});
  }
}

void ScannerProcess::end_all(const std::string& reason) {
  lost_ = true;
  std::map<std::uint64_t, std::shared_ptr<RunningWorker>> running;
  {
    const std::lock_guard lock(mutex_);
    running = workers_;
  }
  for (auto& [id, worker] : running) {
    worker->end(findings::Outcome::unavailable, reason);
    worker->exited({.lost = true});
  }
}

void ScannerProcess::stop(const std::string& reason) {
  closing_ = true;
  end_all(reason);
  control_.shut_down();
}

std::shared_ptr<RunningWorker> ScannerProcess::find(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = workers_.find(id);
  return found == workers_.end() ? nullptr : found->second;
}

util::Result<std::shared_ptr<RunningWorker>> ScannerProcess::submit(
    JobRequest request, const std::array<int, kJobDescriptors>& descriptors) {
  auto worker = std::make_shared<RunningWorker>();
  {
    const std::lock_guard lock(mutex_);
    request.id = next_id_++;
    workers_.emplace(request.id, worker);
  }
  // end_all() may have taken its copy of the map just before.
  if (lost_) worker->exited({.lost = true});
  auto sent = [&] {
    const std::lock_guard lock(send_mutex_);
    return control_.send(encode(request), descriptors);
  }();
  if (sent) sent = worker->wait_started(kStartPatience);
  if (!sent) {
    worker->end(findings::Outcome::unavailable, sent.error().message);
    forget(worker);
    return tl::unexpected(sent.error());
  }
  return worker;
}

void ScannerProcess::forget(const std::shared_ptr<RunningWorker>& worker) {
  const std::lock_guard lock(mutex_);
  std::erase_if(workers_, [&](const auto& item) { return item.second == worker; });
}

}  // namespace portcullis::scan
