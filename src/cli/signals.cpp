// SPDX-License-Identifier: Apache-2.0
#include "signals.hpp"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace portcullis::cli {
namespace {

sigset_t handled() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

Signals::Signals() {
  const sigset_t set = handled();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

Signals::~Signals() {
  const sigset_t set = handled();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

int Signals::wait() {
  const sigset_t set = handled();
  int signal = 0;
  while (sigwait(&set, &signal) != 0) {
  }
  return signal;
}

util::Result<util::UniqueFd> Signals::descriptor() const {
  const sigset_t set = handled();
  util::UniqueFd fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return tl::unexpected(util::errno_error("signalfd"));
  return fd;
}

void Signals::end_at_once_after(std::chrono::seconds grace) {
  const sigset_t set = handled();
  alarm(static_cast<unsigned>(grace.count()));
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace portcullis::cli
