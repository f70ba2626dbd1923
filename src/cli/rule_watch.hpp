// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace portcullis::cli {

class Reloader;

/// What the rule files at `paths` look like from outside: names, sizes, times and inodes. Two looks that are
/// alike mean that nothing was written in between; a directory that cannot be read has a look of its own.
std::string look_at_rules(const std::vector<std::filesystem::path>& paths);

/// Has the rules loaded again when their files have changed and then stayed the same for a whole interval, so
/// that an update in many steps is taken as one. It looks now and then instead of being told: that also
/// works on network file systems and for directories that are swapped as a whole. It looks at files only when
/// Reloader::watches() says so, and always at the settings of rules on record.
class RuleWatch {
 public:
  explicit RuleWatch(Reloader& reloader);

 private:
  void run(const std::stop_token& stop);

  Reloader& reloader_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  ///< last: it uses the rest
};

}  // namespace portcullis::cli
