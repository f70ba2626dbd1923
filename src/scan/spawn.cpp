// SPDX-License-Identifier: Apache-2.0
#include "spawn.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "portcullis/scan/protocol.hpp"

namespace portcullis::scan {
namespace {

/// A copy above the numbers the child uses, so that one dup2 cannot overwrite the source of the next.
util::Result<util::UniqueFd> lifted(int fd) {
  const int copy = fcntl(fd, F_DUPFD_CLOEXEC, kControlFd + 1);
  if (copy < 0) return tl::unexpected(util::errno_error("duplicating a descriptor for the scanner"));
  return util::UniqueFd(copy);
}

/// posix_spawn's two parameter objects, with their destructors.
struct SpawnSettings {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;

  SpawnSettings(int control, int error_output) {
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, error_output, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, control, kControlFd);
    posix_spawn_file_actions_addclosefrom_np(&actions, kControlFd + 1);

    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);  // Ctrl-C is for the server, which then drains
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
};

}  // namespace

util::Result<Spawned> spawn_scanner(const std::filesystem::path& program,
                                    const std::vector<std::string>& arguments, int control,
                                    int error_output) {
  auto control_copy = lifted(control);
  if (!control_copy) return tl::unexpected(control_copy.error());
  auto error_copy = lifted(error_output);
  if (!error_copy) return tl::unexpected(error_copy.error());

  std::vector<std::string> texts{program.string()};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& text : texts) argv.push_back(text.data());
  argv.push_back(nullptr);
  char* environment[] = {nullptr};

  SpawnSettings settings(control_copy->get(), error_copy->get());
  Spawned child;
  const int error = posix_spawn(&child.pid, program.c_str(), &settings.actions, &settings.attributes,
                                argv.data(), environment);
  if (error != 0) {
    errno = error;
    return tl::unexpected(util::errno_error("starting the scanner " + program.string()));
  }
  // It is our child and nobody reaps it but us, so the pid still means it.
  child.pidfd = util::UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, child.pid, 0)));
  if (!child.pidfd) {
    auto failure = util::errno_error("pidfd_open on the scanner");
    kill(child.pid, SIGKILL);
    return tl::unexpected(std::move(failure));
  }
  return child;
}

}  // namespace portcullis::scan
