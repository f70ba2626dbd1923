// SPDX-License-Identifier: Apache-2.0
#include "patient_write.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "portcullis/util/fd.hpp"

namespace portcullis::notify {
namespace {

using namespace std::chrono_literals;

constexpr int kLookForStopMs = 100;

}  // namespace

util::Result<void> wait_for(int fd, short events, Deadline deadline, const std::stop_token& stop) {
  while (true) {
    if (stop.stop_requested()) return util::fail(util::ErrorKind::cancelled, "shutting down");
    pollfd set{fd, events, 0};
    const int ready = poll(&set, 1, kLookForStopMs);
    if (ready < 0 && errno != EINTR) return tl::unexpected(util::errno_error("poll"));
    if (ready > 0) return {};
    if (std::chrono::steady_clock::now() >= deadline) {
      return util::fail(util::ErrorKind::limit, "the other side took nothing in time");
    }
  }
}

util::Result<void> write_patiently(int fd, std::string_view bytes, Deadline deadline,
                                   const std::stop_token& stop) {
  while (!bytes.empty()) {
    if (auto ready = wait_for(fd, POLLOUT, deadline, stop); !ready) return ready;
    // A pipe that can be written to has room for this much.
    const ssize_t count = ::write(fd, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR && errno != EAGAIN) {
      return tl::unexpected(util::errno_error("write"));
    }
  }
  return {};
}

}  // namespace portcullis::notify
