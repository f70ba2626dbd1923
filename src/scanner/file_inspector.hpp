// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collected.hpp"
#include "known_clean.hpp"
#include "portcullis/engine/rule_set.hpp"
#include "portcullis/scan/service.hpp"
#include "portcullis/unpack/layer.hpp"

namespace portcullis::scanner {

/// What all scan threads of one job share.
struct JobContext {
  const engine::RuleSet& rules;
  scan::Limits limits;
  unpack::Limits unpack_limits;
  unpack::Spool spool;
  std::shared_ptr<unpack::NestedBudget> nested_budget;
  const KnownClean& known_clean;
  Collected& collected;
  scan::JobKind kind = scan::JobKind::layer;
};

unpack::Limits unpack_limits(const scan::Limits& limits);

/// Judges one file after the other: hash, rules, and the members of archives, recursively, on the
/// same thread. What is known to be clean is hashed and no more. One a thread.
class FileInspector final : private unpack::Visitor {
 public:
  FileInspector(const JobContext& job, std::unique_ptr<engine::Scanner> scanner)
      : job_(job), scanner_(std::move(scanner)), sampler_(job.known_clean.sample) {}

  void inspect(const unpack::File& file);

 private:
  /// What became of a question about a file, the worst last: of several answers the last one counts.
  enum class Answer {
    clean,     ///< looked, and found nothing
    known,     ///< did not look: the table says clean
    unjudged,  ///< a limit or a timeout came in between
    found,
  };
  struct Subject;

  bool entry(const unpack::Entry&) override { return true; }
  bool file(unpack::File member) override;

  Answer judge(const unpack::File& file);
  void list(const Subject& subject);
  template <class Look>
  Answer ask(const scan::CleanKey& key, Look look, std::vector<scan::CleanKey>& clean);
  /// Takes an answer that was looked for.
  Answer settle(const scan::CleanKey& key, Answer answer, std::vector<scan::CleanKey>& clean);
  Answer ask_members(const Subject& archive, std::string_view values, std::vector<scan::CleanKey>& clean);
  std::chrono::seconds timeout_for(const Subject& subject) const;
  /// Passes on what the rules found.
  Answer report(const Subject& subject, engine::FileVerdict verdict);
  Answer open(const Subject& archive);

  const JobContext& job_;
  std::unique_ptr<engine::Scanner> scanner_;
  Sampler sampler_;
  bool look_anyway_ = false;        ///< this file, and what is in it, was picked for the sample
  Answer members_ = Answer::clean;  ///< of the archive that is open
  std::uint64_t listed_ = 0;        ///< files for the inventory
};

}  // namespace portcullis::scanner
