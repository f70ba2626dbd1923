// SPDX-License-Identifier: Apache-2.0
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <memory>
#include <type_traits>

#include "portcullis/sandbox/sandbox.hpp"

namespace portcullis::sandbox {
namespace {

struct ReleaseFilter {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, ReleaseFilter>;

/// What unpacking and scanning need once everything is open. The signal calls are for thread exit
/// and abort(), which would otherwise look like a violation instead of a crash.
constexpr std::array kAllowed = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(close),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(gettid),
    SCMP_SYS(getpid),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(sched_yield),
    SCMP_SYS(restart_syscall),
};

using Word = scmp_datum_t;

bool allow_memory(scmp_filter_ctx filter) {
  const Word exec = PROT_EXEC;
  const Word exec_or_write = PROT_EXEC | PROT_WRITE;
  // mmap(address, length, protection, flags, ...): private and not executable, or shared and only readable.
  return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
                          SCMP_A2(SCMP_CMP_MASKED_EQ, exec, Word{0}),
                          SCMP_A3(SCMP_CMP_MASKED_EQ, Word{MAP_SHARED}, Word{0})) == 0 &&
         seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                          SCMP_A2(SCMP_CMP_MASKED_EQ, exec_or_write, Word{0})) == 0 &&
         seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                          SCMP_A2(SCMP_CMP_MASKED_EQ, exec, Word{0})) == 0;
}

}  // namespace

util::Result<void> confine_system_calls() {
  auto failed = [](const char* what) {
    return util::fail(util::ErrorKind::internal, std::string("seccomp: ") + what);
  };
  const Filter filter(seccomp_init(SCMP_ACT_KILL_PROCESS));
  if (!filter) return failed("no filter could be made");
  for (const int call : kAllowed) {
    if (seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0) != 0) return failed("a rule was refused");
  }
  if (!allow_memory(filter.get())) return failed("a memory rule was refused");
  // abort() and raise() signal the process itself, nobody else.
  if (seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                       SCMP_A0(SCMP_CMP_EQ, static_cast<Word>(getpid()))) != 0) {
    return failed("the signal rule was refused");
  }
  if (seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1) != 0) return failed("TSYNC is not supported");
  if (const int error = seccomp_load(filter.get()); error != 0) {
    return util::fail(util::ErrorKind::internal,
                      std::string("seccomp: the filter could not be loaded: ") + std::strerror(-error));
  }
  return {};
}

}  // namespace portcullis::sandbox
