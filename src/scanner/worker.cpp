// SPDX-License-Identifier: Apache-2.0
#include "worker.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "scan_job.hpp"

namespace portcullis::scanner {

sandbox::Limits sandbox_limits(const scan::Limits& limits, std::uint32_t threads) {
  const std::uint64_t bytes = limits.unpacked_bytes + limits.nested_bytes;
  const auto longest =
      limits.base_time + std::chrono::seconds(bytes / std::max<std::uint64_t>(limits.floor_rate, 1));
  // Every thread but the first comes with a stack of its own, used or not.
  constexpr std::uint64_t kStack = 8u << 20;
  return {.memory_bytes = limits.memory_bytes + (threads - 1) * kStack,
          .cpu_time = longest * threads,
          .largest_file = bytes};
}

void end_when_out_of_memory() {
  std::set_new_handler([] { _exit(scan::kExitOutOfMemory); });
  // libarchive calls exit() when it gets no memory for a name, and then only; a worker ends by _exit().
  std::atexit([] { _exit(scan::kExitOutOfMemory); });
}

int run_worker(const engine::RuleSet& rules, std::string_view version, const scan::JobRequest& request,
               const WorkerDescriptors& at) {
  end_when_out_of_memory();
  // The order is the whole point. Warm-up was before the fork. Landlock binds only threads that come
  // after it, the system call filter all there are: so process, threads, filter, and only then the
  // first byte of input.
  if (auto done = sandbox::confine_process(sandbox_limits(request.limits, threads_of(request))); !done) {
    return give_up(done.error().message);
  }
  return run_scan(rules, version, request, at, sandbox::confine_system_calls);
}

}  // namespace portcullis::scanner
