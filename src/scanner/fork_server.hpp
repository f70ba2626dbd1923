// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "portcullis/scan/channel.hpp"
#include "portcullis/scan/protocol.hpp"

namespace portcullis::scanner {

/// Where a worker finds its descriptors. Nothing else is open in it but stderr and /dev/null.
struct WorkerDescriptors {
  int input = 3;
  int result = 4;
  int spool = 5;
  int whole = 6;
  int known_clean = 7;
  int threads = 8;
};
inline constexpr int kFirstUnusedDescriptor = 9;

/// Runs in the worker and returns its exit code.
using WorkerMain = std::function<int(const scan::JobRequest&, const WorkerDescriptors&)>;

/// Forks a worker for each request on `control`, hands out its pidfd and reports how it ended.
/// Single-threaded, so that a fork is safe and cheap; meets no hostile byte. Returns when the server
/// is gone, after killing what still runs.
util::Result<void> serve(scan::Channel& control, const WorkerMain& worker_main);

}  // namespace portcullis::scanner
