// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include "portcullis/util/fd.hpp"

namespace portcullis::cli {

/// SIGTERM, SIGINT and SIGHUP as values. Make one in main's thread before any other thread exists:
/// threads inherit the mask, so the signals reach nobody but wait(). SIGPIPE is ignored from then on.
class Signals {
 public:
  Signals();
  /// From then on they end the process again.
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// The next one.
  int wait();
  /// Readable when there is one; wait() takes it. For poll().
  util::Result<util::UniqueFd> descriptor() const;
  /// From now on a signal ends the process at once, and so does the end of `grace`, which bounds a
  /// shutdown whatever hangs in it. Nothing is lost: everything on disk commits or vanishes.
  void end_at_once_after(std::chrono::seconds grace);
};

}  // namespace portcullis::cli
