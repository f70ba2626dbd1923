// SPDX-License-Identifier: Apache-2.0
//
// YARA rules, compiled once and shared read-only by every scanner. The only part that knows libyara.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "portcullis/findings/rule_info.hpp"
#include "portcullis/findings/scan_result.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::engine {

/// One rule file. `name` is its path below the directory that was given, and its YARA namespace.
struct RuleFile {
  std::string name;
  std::string text;
};

struct SetAside {
  std::string file;
  std::string message;
};

struct RuleFiles {
  std::vector<RuleFile> files;      ///< sorted by name within each given path, names are unique
  std::vector<SetAside> set_aside;  ///< could not be read
};

/// Reads files as given and directories recursively (util::files_below, *.yar and *.yara). Fails when a
/// given path does not exist; a file that cannot be read is set aside.
util::Result<RuleFiles> read_rule_files(const std::vector<std::filesystem::path>& paths);

/// What the path externals of rules (`filename`, `filepath`, `extension`, `filetype`, `owner`) are
/// made of.
struct FileContext {
  std::string path;  ///< in the image, `usr/bin/x`; raw
  std::uint64_t uid = 0;
};

/// The two halves of a rule set. A rule file that uses a path external is in `path` as a whole, every
/// other one in `content`: what those find depends on the bytes of the file and on nothing else. So the same
/// bytes in another place have to be looked at again for the rules of `path` only.
enum class RuleGroup { content, path };

/// The values of the path externals for one file, in one unambiguous text: with the same content and
/// the same values the rules of RuleGroup::path find the same.
std::string external_values(std::span<const std::byte> content, const FileContext& context);

/// How the rules went over one file. Not complete means: nobody may call this file clean.
struct FileVerdict {
  findings::Outcome outcome = findings::Outcome::complete;  ///< or timed_out, limit
  std::string reason;
  std::vector<findings::Finding> findings;  ///< without path and file_hash
};

/// One for each group. A scan that was not complete was so for both.
struct FileVerdicts {
  FileVerdict content;
  FileVerdict path;
};

/// Both in one.
FileVerdict together(FileVerdicts verdicts);

/// Runs the rules over one file at a time. One thread; cheap to make, meant to be kept.
///
/// `content` is the whole file: offsets and `filesize` mean what rules expect. `timeout` is looked
/// at every few KiB only; a rule bad enough overruns it, and the parent's clock is the last word.
class Scanner {
 public:
  virtual ~Scanner() = default;
  /// All rules in one pass over the bytes.
  virtual FileVerdicts scan_all(std::span<const std::byte> content, const FileContext& context,
                                std::chrono::seconds timeout) = 0;
  /// RuleGroup::path alone.
  virtual FileVerdict scan_path(std::span<const std::byte> content, const FileContext& context,
                                std::chrono::seconds timeout) = 0;
};

struct CompileWarning {
  std::string file;
  int line = 0;
  std::string message;
};

/// Measures what each rule file costs, compiled by itself, beside all together and none. Switching rules of
/// one set off would not do: libyara looks for the strings of a disabled rule all the same. One thread.
class CostMeter {
 public:
  virtual ~CostMeter() = default;
  /// The rule files; `which` below is an index into them.
  virtual const std::vector<std::string>& files() const = 0;
  virtual std::size_t rule_count(std::size_t which) const = 0;

  enum class Rules { all, none, one_file };
  struct Measured {
    std::chrono::nanoseconds time{};  ///< of this thread on a processor
    bool complete = true;             ///< false: a timeout or a limit of libyara's came in between
  };
  virtual Measured measure(Rules rules, std::size_t which, std::span<const std::byte> content,
                           const FileContext& context) = 0;
};

/// Immutable; thread-safe. Scanners must not outlive it.
class RuleSet {
 public:
  virtual ~RuleSet() = default;
  /// Without disabled ones.
  virtual std::size_t rule_count(RuleGroup group) const = 0;
  std::size_t rule_count() const { return rule_count(RuleGroup::content) + rule_count(RuleGroup::path); }
  virtual std::size_t file_count() const = 0;
  /// SHA-256 over libyara's version, names and texts of the files that are in the set, and what the
  /// adjustments changed in it.
  virtual const std::string& hash() const = 0;
  /// Files that do not compile, or import modules that read more than the file (`magic`, `cuckoo`).
  virtual const std::vector<SetAside>& set_aside() const = 0;
  /// Such as "may slow down scanning": legal, but not for rules of our own.
  virtual const std::vector<CompileWarning>& warnings() const = 0;
  /// Patterns of the adjustments that fit no rule.
  virtual const std::vector<std::string>& idle_patterns() const = 0;
  /// Every rule, by file and then as written in it.
  virtual std::vector<findings::RuleInfo> describe() const = 0;
  virtual util::Result<std::unique_ptr<Scanner>> scanner() const = 0;
};

/// Fails only when libyara itself does; a set of no rules is for the caller to judge.
util::Result<std::unique_ptr<RuleSet>> compile(const std::vector<RuleFile>& files,
                                               const findings::RuleAdjustments& adjustments = {});

util::Result<std::unique_ptr<CostMeter>> make_cost_meter(const std::vector<RuleFile>& files,
                                                         const findings::RuleAdjustments& adjustments);

/// The modules that rules may import here: what libyara was built with, without those refused.
std::vector<std::string> modules();

}  // namespace portcullis::engine
