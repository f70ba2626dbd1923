// SPDX-License-Identifier: Apache-2.0
//
// The lock-down of a worker, in two steps, because of what binds whom: Landlock binds the calling
// thread and threads it starts later, so it comes before the scan threads; the seccomp filter is put
// on all threads at once (TSYNC), so it comes after them. Only then may the first hostile byte be
// read. Neither step can be undone.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "portcullis/util/result.hpp"

namespace portcullis::sandbox {

struct Limits {
  /// Anonymous memory on top of what the process has when confine_process() is called, so that the
  /// rules inherited from the fork server do not count. File mappings never count.
  std::uint64_t memory_bytes = 1ull << 30;
  std::chrono::seconds cpu_time{0};  ///< 0: unlimited
  std::uint64_t largest_file = 0;    ///< the spool; 0: no file may be written
};

/// Resource limits, no new privileges, no core dump, and Landlock with nothing allowed. A kernel without
/// Landlock is accepted (seccomp then stands alone, see protections()); everything else must work.
util::Result<void> confine_process(const Limits& limits);

/// From here on a system call outside the short list kills the process with SIGSYS: no open, no
/// socket, no clone, no exec; no executable and no shared writable mapping.
util::Result<void> confine_system_calls();

/// What the two steps give on this kernel, in words for the operator: "seccomp: ...", "Landlock
/// (ABI 4): ...", or what is missing. Changes nothing.
std::vector<std::string> protections();

}  // namespace portcullis::sandbox
