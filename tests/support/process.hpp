// SPDX-License-Identifier: Apache-2.0
//
// Programs that a test starts. They never outlive it: each one gets SIGKILL when the thread that
// started it ends (PR_SET_PDEATHSIG), and the destructor ends it before that.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/util/fd.hpp"

namespace portcullis::test {

struct Command {
  std::vector<std::string> argv = {};           ///< argv[0] is looked up in PATH
  std::map<std::string, std::string> env = {};  ///< on top of the environment of the test
  std::filesystem::path cwd = {};               ///< empty: that of the test
  std::filesystem::path out_file = {};          ///< appended to; empty: /dev/null
  std::filesystem::path err_file = {};          ///< may be the same file as out_file
  std::string input = {};                       ///< what it reads on stdin
};

/// One running program. Not thread-safe. Throws std::system_error when it cannot be started.
class Process {
 public:
  explicit Process(const Command& command);
  /// Output goes to these instead of the files that `command` names.
  Process(const Command& command, util::UniqueFd out, util::UniqueFd err);
  ~Process();
  Process(Process&&) noexcept;
  Process& operator=(Process&&) = delete;

  pid_t pid() const { return pid_; }
  bool running() { return !wait_for(std::chrono::milliseconds(0)).has_value(); }
  /// Its exit code, 128 + signal when a signal ended it; nullopt when it still runs.
  std::optional<int> wait_for(std::chrono::milliseconds timeout);
  void signal(int number) const;
  /// SIGTERM, and SIGKILL after `grace`. True when SIGTERM was enough.
  bool terminate(std::chrono::milliseconds grace = std::chrono::seconds(10));

 private:
  pid_t pid_ = -1;
  util::UniqueFd pidfd_;
  std::optional<int> exit_code_;
};

struct RunResult {
  int exit_code = -1;  ///< -1 when it was killed because of the timeout
  bool timed_out = false;
  std::string out;
  std::string err;
};

/// Runs to the end and captures both outputs. Safe to call from several threads.
RunResult run(const Command& command, std::chrono::milliseconds timeout = std::chrono::seconds(60));
RunResult run(std::vector<std::string> argv, std::chrono::milliseconds timeout = std::chrono::seconds(60));

/// As run(), but anything other than exit code 0 throws with both outputs in the message: for
/// steps that prepare a test.
RunResult run_ok(const Command& command, std::chrono::milliseconds timeout = std::chrono::seconds(60));

}  // namespace portcullis::test
