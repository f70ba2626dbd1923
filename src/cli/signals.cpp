// SPDX-License-Identifier: Apache-2.0
#include "signals.hpp"

#include <signal.h>
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

int Signals::wait() {
  const sigset_t set = handled();
  int signal = 0;
  while (sigwait(&set, &signal) != 0) {
  }
  return signal;
}

void Signals::end_at_once_after(std::chrono::seconds grace) {
  const sigset_t set = handled();
  alarm(static_cast<unsigned>(grace.count()));
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace portcullis::cli
