// SPDX-License-Identifier: Apache-2.0
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "landlock.hpp"
#include "portcullis/sandbox/sandbox.hpp"
#include "portcullis/util/fd.hpp"

namespace portcullis::sandbox {
namespace {

/// `grace` separates the soft limit (a signal that names it) from the hard one (SIGKILL).
util::Result<void> limit(__rlimit_resource_t resource, rlim_t value, const char* name, rlim_t grace = 0) {
  rlimit current{};
  if (getrlimit(resource, &current) != 0) return tl::unexpected(util::errno_error(name));
  const rlim_t bounded = current.rlim_max == RLIM_INFINITY ? value : std::min(value, current.rlim_max);
  const rlimit wanted{bounded, std::min(current.rlim_max, bounded + grace)};
  if (setrlimit(resource, &wanted) != 0) return tl::unexpected(util::errno_error(name));
  return {};
}

/// What RLIMIT_DATA counts today: private writable memory. The sixth field of statm, in pages.
std::uint64_t data_bytes_now() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0, resident = 0, shared = 0, text = 0, library = 0, data = 0;
  statm >> size >> resident >> shared >> text >> library >> data;
  return data * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

util::Result<void> confine_process(const Limits& limits) {
  const std::uint64_t memory = data_bytes_now() + limits.memory_bytes;
  if (auto done = limit(RLIMIT_DATA, memory, "RLIMIT_DATA"); !done) return done;
  if (auto done = limit(RLIMIT_CORE, 0, "RLIMIT_CORE"); !done) return done;
  if (auto done = limit(RLIMIT_FSIZE, limits.largest_file, "RLIMIT_FSIZE"); !done) return done;
  // CPU time stops what a wall clock cannot see: a worker that spins while its input is slow.
  if (limits.cpu_time.count() > 0) {
    const auto seconds = static_cast<rlim_t>(limits.cpu_time.count());
    if (auto done = limit(RLIMIT_CPU, seconds, "RLIMIT_CPU", 5); !done) return done;
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return tl::unexpected(util::errno_error("no_new_privs"));
  // Nobody but root may look into a worker: it holds other people's files.
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return tl::unexpected(util::errno_error("PR_SET_DUMPABLE"));
  if (const int abi = landlock_abi(); abi > 0) return landlock_deny_everything(abi);
  return {};
}

std::vector<std::string> protections() {
  std::vector<std::string> words;
  const bool kills = seccomp_api_get() >= 3;  // level 3: KILL_PROCESS and logging
  words.emplace_back(kills ? "seccomp: any system call outside the short list kills the worker"
                           : "seccomp: MISSING or too old on this kernel, workers will refuse to run");
  if (const int abi = landlock_abi(); abi > 0) {
    words.push_back("Landlock (ABI " + std::to_string(abi) + "): no file" +
                    (abi >= 4 ? std::string(", no TCP") : std::string()) + " is reachable");
  } else {
    words.emplace_back("Landlock: not available on this kernel, seccomp stands alone");
  }
  words.emplace_back("limits: memory, CPU time, file size; no core dumps; no new privileges");
  return words;
}

}  // namespace portcullis::sandbox
