// SPDX-License-Identifier: Apache-2.0
#include "fork_server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <iterator>
#include <map>

namespace portcullis::scanner {
namespace {

using util::ErrorKind;

/// Moves the job's descriptors to their fixed numbers and closes everything else.
bool arrange(const std::vector<util::UniqueFd>& descriptors, const WorkerDescriptors& places) {
  const int targets[] = {places.input, places.result,      places.spool,
                         places.whole, places.known_clean, places.threads};
  static_assert(std::size(targets) == scan::kJobDescriptors);
  int lifted[scan::kJobDescriptors];
  for (std::size_t i = 0; i < scan::kJobDescriptors; ++i) {
    lifted[i] = fcntl(descriptors[i].get(), F_DUPFD_CLOEXEC, kFirstUnusedDescriptor);
    if (lifted[i] < 0) return false;
  }
  for (std::size_t i = 0; i < scan::kJobDescriptors; ++i) {
    if (dup2(lifted[i], targets[i]) < 0) return false;
  }
  return close_range(kFirstUnusedDescriptor, ~0U, 0) == 0;
}

[[noreturn]] void become_worker(pid_t parent, const scan::JobRequest& request,
                                const std::vector<util::UniqueFd>& descriptors,
                                const WorkerMain& worker_main) {
  // A worker must not outlive the fork server; the second look closes the race with its death.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(scan::kExitInternal);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const WorkerDescriptors places;
  if (!arrange(descriptors, places)) _exit(scan::kExitInternal);
  // _exit: what the fork server would flush or destroy at its end is not the worker's.
  _exit(worker_main(request, places));
}

class ForkServer {
 public:
  ForkServer(scan::Channel& control, const WorkerMain& worker_main)
      : control_(control), worker_main_(worker_main) {}
  ~ForkServer() {
    for (const auto& [pid, id] : workers_) kill(pid, SIGKILL);
    while (!workers_.empty() && waitpid(-1, nullptr, 0) > 0) {
    }
  }
  ForkServer(const ForkServer&) = delete;
  ForkServer& operator=(const ForkServer&) = delete;

  util::Result<void> run() {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, nullptr);
    const util::UniqueFd deaths(signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!deaths) return tl::unexpected(util::errno_error("signalfd in the scanner"));
    while (true) {
      pollfd watched[] = {{control_.fd(), POLLIN, 0}, {deaths.get(), POLLIN, 0}};
      if (poll(watched, 2, -1) < 0) {
        if (errno == EINTR) continue;
        return tl::unexpected(util::errno_error("poll in the scanner"));
      }
      if (watched[1].revents != 0) {
        signalfd_siginfo drained;
        while (read(deaths.get(), &drained, sizeof drained) > 0) {
        }
        if (auto told = reap(); !told) return ended(told);
      }
      if (watched[0].revents != 0) {
        auto message = control_.receive();
        if (!message) return tl::unexpected(message.error());
        if (message->bytes.empty()) return {};
        if (auto told = start(*message); !told) return ended(told);
      }
    }
  }

 private:
  /// The server going away is how this process is meant to end.
  static util::Result<void> ended(const util::Result<void>& result) {
    if (result.error().kind == ErrorKind::cancelled) return {};
    return result;
  }

  util::Result<void> start(const scan::Channel::Message& message) {
    const auto request = scan::decode_job_request(message.bytes);
    if (!request || message.descriptors.size() != scan::kJobDescriptors) {
      return util::fail(ErrorKind::corrupt, "the scanner was sent a malformed job request");
    }
    const pid_t self = getpid();
    const pid_t pid = fork();
    if (pid == 0) become_worker(self, *request, message.descriptors, worker_main_);
    if (pid < 0) return refuse(request->id, util::errno_error("fork").message);
    const util::UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (!pidfd) {
      // A worker nobody can kill must not run.
      const auto error = util::errno_error("pidfd_open");
      kill(pid, SIGKILL);
      waitpid(pid, nullptr, 0);
      return refuse(request->id, error.message);
    }
    workers_.emplace(pid, request->id);
    const int handle = pidfd.get();
    return control_.send(scan::encode(scan::Started{request->id}), std::span(&handle, 1));
  }

  util::Result<void> refuse(std::uint64_t id, std::string why) {
    return control_.send(scan::encode(scan::Refused{id, std::move(why)}));
  }

  util::Result<void> reap() {
    int status = 0;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
      const auto found = workers_.find(pid);
      if (found == workers_.end()) continue;
      scan::Exited exited{found->second};
      if (WIFSIGNALED(status)) exited.signal = static_cast<std::uint32_t>(WTERMSIG(status));
      if (WIFEXITED(status)) exited.code = static_cast<std::uint32_t>(WEXITSTATUS(status));
      workers_.erase(found);
      if (auto told = control_.send(scan::encode(exited)); !told) return told;
    }
    return {};
  }

  scan::Channel& control_;
  const WorkerMain& worker_main_;
  std::map<pid_t, std::uint64_t> workers_;
};

}  // namespace

util::Result<void> serve(scan::Channel& control, const WorkerMain& worker_main) {
  return ForkServer(control, worker_main).run();
}

}  // namespace portcullis::scanner
