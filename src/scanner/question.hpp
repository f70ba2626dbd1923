// SPDX-License-Identifier: Apache-2.0
//
// Jobs that are questions, not scans: what is in an image archive, what do the rules say about
// themselves. They run in a worker like any other, on its one thread, and answer with records.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fork_server.hpp"
#include "portcullis/engine/rule_set.hpp"

namespace portcullis::scanner {

/// What a bench compiles again, file by file.
struct RuleTexts {
  std::vector<engine::RuleFile> files;
  findings::RuleAdjustments adjustments;
};

/// Each is the life of one worker and returns its exit code.
int run_archive_question(const scan::JobRequest& request, const WorkerDescriptors& at);
/// `set_aside` are all files that are not in use.
int run_rules_question(const engine::RuleSet& rules, const std::vector<engine::SetAside>& set_aside,
                       const scan::JobRequest& request, const WorkerDescriptors& at);

/// Runs the rules over sample files, and tells of each whether its own rule matched; or measures what each
/// rule file costs.
int run_test_question(const engine::RuleSet& rules, const scan::JobRequest& request,
                      const WorkerDescriptors& at);
int run_bench_question(const RuleTexts& texts, const scan::JobRequest& request, const WorkerDescriptors& at);

/// The whole lock-down of a worker without scan threads. Nothing was read before.
util::Result<void> lock_down(const scan::JobRequest& request);

/// Writes answers, and the final record that makes them count.
class AnswerWriter {
 public:
  explicit AnswerWriter(int results) : results_(results) {}

  /// ErrorKind::limit when all answers together are more than the server takes.
  util::Result<void> send(const scan::Answer& answer);
  util::Result<void> finish(scan::FinalRecord last);

 private:
  int results_;
  std::uint32_t answers_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace portcullis::scanner
