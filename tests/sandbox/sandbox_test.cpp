// SPDX-License-Identifier: Apache-2.0
//
// Each row runs in a forked child that locks itself down like a worker and then misbehaves.
#include "portcullis/sandbox/sandbox.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

namespace portcullis::sandbox {
namespace {

constexpr int kFine = 0;
constexpr int kNotConfined = 90;
constexpr int kOutOfMemory = 91;

int run_confined(const std::function<int()>& deed, Limits limits = {}) {
  const pid_t child = fork();
  if (child == 0) {
    if (!confine_process(limits) || !confine_system_calls()) _exit(kNotConfined);
    _exit(deed());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

struct Row {
  const char* name;
  std::function<int()> deed;
  int signal;  ///< the death it must meet; 0: it must end with kFine
};

class Confined : public testing::TestWithParam<Row> {};

TEST_P(Confined, MeetsItsEnd) {
  const int status = run_confined(GetParam().deed);
  if (GetParam().signal != 0) {
    ASSERT_TRUE(WIFSIGNALED(status)) << "status " << status;
    EXPECT_EQ(WTERMSIG(status), GetParam().signal);
  } else {
    ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), kFine);
  }
}

std::vector<Row> rows() {
  return {
      {"memory_is_allowed", [] { return std::vector<char>(8 << 20, 'x').back() == 'x' ? kFine : 1; }, 0},
      {"open", [] { return open("/etc/passwd", O_RDONLY); }, SIGSYS},
      {"create", [] { return open("/tmp/portcullis-sandbox-test", O_CREAT | O_WRONLY, 0600); }, SIGSYS},
      {"socket", [] { return socket(AF_INET, SOCK_STREAM, 0); }, SIGSYS},
      {"unix_socket", [] { return socket(AF_UNIX, SOCK_STREAM, 0); }, SIGSYS},
      {"fork", [] { return static_cast<int>(fork()); }, SIGSYS},
      {"exec", [] { return execl("/bin/true", "true", nullptr); }, SIGSYS},
      {"kill_another", [] { return kill(getppid(), 0); }, SIGSYS},
      {"signal_another_thread_group", [] { return static_cast<int>(syscall(SYS_tgkill, 1, 1, 0)); }, SIGSYS},
      {"ptrace", [] { return static_cast<int>(syscall(SYS_ptrace, 0, 0, 0, 0)); }, SIGSYS},
      {"executable_mapping",
       [] {
         return mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != nullptr;
       },
       SIGSYS},
      {"make_executable",
       [] {
         void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
         return mprotect(page, 4096, PROT_READ | PROT_EXEC);
       },
       SIGSYS},
      {"shared_writable_mapping",
       [] {
         return mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != nullptr;
       },
       SIGSYS},
      {"abort_is_a_crash_not_a_violation",
       [] {
         std::abort();
         return 1;
       },
       SIGABRT},
      {"a_wild_pointer_is_a_crash",
       [] {
         volatile std::uintptr_t wild = 8;
         return *reinterpret_cast<volatile int*>(wild);
       },
       SIGSEGV},
  };
}

INSTANTIATE_TEST_SUITE_P(Rows, Confined, testing::ValuesIn(rows()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Sandbox, MemoryBeyondTheLimitIsRefused) {
  Limits limits;
  limits.memory_bytes = 32u << 20;
  const int status = run_confined(
      [] {
        void* block = mmap(nullptr, 256u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return block == MAP_FAILED ? kOutOfMemory : kFine;
      },
      limits);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), kOutOfMemory);
}

TEST(Sandbox, WhatIsThereAlreadyDoesNotCount) {
  std::vector<char> inherited(64u << 20, 'x');  // like the rules of the fork server
  Limits limits;
  limits.memory_bytes = 32u << 20;
  const int status = run_confined(
      [] {
        void* block = mmap(nullptr, 16u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return block == MAP_FAILED ? kOutOfMemory : kFine;
      },
      limits);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), kFine);
}

TEST(Sandbox, CpuTimeIsBounded) {
  Limits limits;
  limits.cpu_time = std::chrono::seconds(1);
  const int status = run_confined(
      [] {
        std::atomic<unsigned> spin{0};
        while (spin.load() < 2) spin = 1;
        return 0;
      },
      limits);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGXCPU);
}

TEST(Sandbox, BindsThreadsThatWereStartedBefore) {
  const pid_t child = fork();
  if (child == 0) {
    if (!confine_process({})) _exit(kNotConfined);
    int gate[2];
    if (pipe(gate) != 0) _exit(kNotConfined);
    std::thread early([&] {
      char byte = 0;
      if (read(gate[0], &byte, 1) == 1) socket(AF_INET, SOCK_STREAM, 0);
    });
    if (!confine_system_calls()) _exit(kNotConfined);
    if (write(gate[1], "x", 1) != 1) _exit(kNotConfined);
    early.join();
    _exit(kFine);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGSYS);
}

TEST(Sandbox, SaysWhatTheKernelGives) {
  const auto words = protections();
  ASSERT_EQ(words.size(), 3u);
  EXPECT_EQ(words[0].rfind("seccomp: any system call", 0), 0u) << words[0];
  EXPECT_EQ(words[1].rfind("Landlock", 0), 0u) << words[1];
}

}  // namespace
}  // namespace portcullis::sandbox
