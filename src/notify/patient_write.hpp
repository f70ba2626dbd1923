// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <stop_token>
#include <string_view>

#include "portcullis/util/result.hpp"

namespace portcullis::notify {

using Deadline = std::chrono::steady_clock::time_point;

/// Waits until `fd` has one of `events` (poll). ErrorKind::limit at the deadline, cancelled after `stop`.
util::Result<void> wait_for(int fd, short events, Deadline deadline, const std::stop_token& stop);

/// All of `bytes`, in pieces that do not block once there is room: a pipe, or a socket that does not block.
util::Result<void> write_patiently(int fd, std::string_view bytes, Deadline deadline,
                                   const std::stop_token& stop);

}  // namespace portcullis::notify
