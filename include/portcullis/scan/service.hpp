// SPDX-License-Identifier: Apache-2.0
//
// The scan service as the gate sees it: give it bytes, get a ScanResult. Behind it runs
// `portcullis-scanner`, a fork server in its own process; nothing hostile is parsed on this side.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "portcullis/findings/layer_file.hpp"
#include "portcullis/findings/rule_info.hpp"
#include "portcullis/findings/scan_result.hpp"
#include "portcullis/scan/archive.hpp"
#include "portcullis/scan/rules.hpp"
#include "portcullis/util/metrics.hpp"
#include "portcullis/util/result.hpp"
#include "portcullis/util/stream.hpp"

namespace portcullis::scan {

enum class JobKind : std::uint8_t {
  layer = 1,      ///< a tar, plain or compressed; taken apart
  opaque = 2,     ///< any other bytes, scanned as one file (configs, artifacts)
  directory = 3,  ///< a root file system; see scan_directory
  archive = 4,    ///< an image archive that is only looked into; see list_archive
  rules = 5,      ///< a question about the rules, with no input or sample files; see list_rules
};

/// Bounds of one job. A tripped bound is Outcome::limit or timed_out, never silence.
struct Limits {
  std::uint64_t unpacked_bytes = 64ull << 30;
  std::uint64_t entries = 2'000'000;
  std::uint64_t path_bytes = 4096;
  std::uint64_t nested_bytes = 4ull << 30;
  std::uint32_t nested_depth = 3;
  std::uint64_t memory_bytes = 1ull << 30;  ///< anonymous memory of a worker, beyond the rules
  std::uint32_t max_findings = 1000;        ///< kept per blob, worst first
  std::chrono::seconds file_timeout{60};    ///< rules on one file
  std::chrono::seconds base_time{60};       ///< wall clock of a job: base + bytes / floor_rate,
  std::uint64_t floor_rate = 1u << 20;      ///< bytes per second; waiting for input does not count
};

enum class KnownCleanUse : std::uint8_t { off, on };

/// What was found clean once is not scanned again under the same profile. See known_clean.hpp.
struct KnownCleanOptions {
  KnownCleanUse use = KnownCleanUse::on;
  std::filesystem::path directory;           ///< where it is kept; empty: nowhere, so it is off
  std::uint64_t max_bytes = 256ull << 20;    ///< of the file; beyond it the oldest contributors go
  std::uint32_t sample = 64;                 ///< one in so many known files is scanned all the same
  std::chrono::milliseconds interval{3000};  ///< at least, from one generation to the next
};

/// `accept` is for who only wants to know what is wrong with the rules: nothing is found without any.
enum class NoRules : std::uint8_t { refuse, accept };

/// A rule file that cannot be used: the others go on without it, or nothing does.
enum class OnSetAside : std::uint8_t { go_on, refuse };

/// Which rules, and what is made of them. All but `on_set_aside` is in the profile's hash.
struct RuleOptions {
  std::vector<std::filesystem::path> rules;  ///< files or directories, recursive, *.yar *.yara
  NoRules no_rules = NoRules::refuse;        ///< when none of them can be used
  OnSetAside on_set_aside = OnSetAside::go_on;
  findings::RuleAdjustments adjustments;
};

struct Options : RuleOptions {
  std::filesystem::path scanner;  ///< the portcullis-scanner binary
  std::size_t workers = 2;        ///< jobs at the same time
  std::size_t threads = 0;        ///< scan threads over all workers; 0: one per core
  std::size_t queue = 1024;       ///< waiting jobs; beyond it: Outcome::unavailable
  Limits limits;
  KnownCleanOptions known_clean;
  std::filesystem::path spool;  ///< directory for unlinked spool files; empty: the system's temporary one
};

struct SetAside {
  std::string file;
  std::string message;
};

/// What a verdict depends on. `id` is a short hash of rules, scanner version and limits.
struct Profile {
  std::string id;
  std::size_t rules = 0;
  std::size_t files = 0;
  std::vector<SetAside> set_aside;         ///< rule files that did not compile, by name
  std::vector<std::string> idle_patterns;  ///< of the adjustments: they fit no rule
  std::vector<std::string> modules;        ///< of libyara, that rules may import
  std::vector<std::string> protections;    ///< what this kernel gives the workers, in words
};

struct Job {
  JobKind kind = JobKind::layer;
  std::string media_type;
  std::string label;            ///< a digest: for logs, and what the files found clean in it go by
  std::uint64_t size_hint = 0;  ///< bytes of input when known; sets the wall-clock limit
  /// Where to put the file inventory, if it is wanted. Truncated unless the scan was complete; nothing but
  /// that when the worker did not come to its own end. As untrusted as every word of a worker.
  findings::LayerFiles* files = nullptr;
};

/// Thread-safe.
class Service {
 public:
  virtual ~Service() = default;
  virtual Profile profile() const = 0;
  /// Its id alone, for who asks often.
  virtual std::string profile_id() const { return profile().id; }
  /// Blocks until judged. Pulls from `source` as the worker takes it; a failing source ends the
  /// worker and yields Outcome::unavailable with the source's error as reason.
  virtual findings::ScanResult scan(const Job& job, util::ByteSource& source) = 0;
  /// Scans a directory tree without following links out of it. `directory` is a descriptor.
  virtual findings::ScanResult scan_directory(int directory) = 0;
  /// What is in an image archive, in its order: a tar, plain or compressed, held to the rules of a
  /// layer. No link is followed. The files of a compressed one are written to `unpacked`, on another thread
  /// than the caller's; to that of a plain one goes nothing. Only success makes anything of it worth
  /// something. As untrusted as every word of a worker: a place may be beyond the end of the archive.
  /// ErrorKind::corrupt when it is broken or two readers could understand it differently, limit when it is
  /// too large, unreachable when it could not be looked at, and whatever `unpacked` returns.
  virtual util::Result<ArchiveListing> list_archive(util::ByteSource& archive, util::ByteSink& unpacked) = 0;
  /// The rules in use, by file.
  virtual util::Result<std::vector<findings::RuleInfo>> list_rules() = 0;
  /// What is wrong with the rule files, those that are not in use first.
  virtual util::Result<std::vector<LintNote>> lint_rules() = 0;
  /// Runs the rules over the files of a sample directory and says of each whether its rule matched; see
  /// sample_place(). `directory` is a descriptor.
  virtual util::Result<std::vector<SampleFile>> test_rules(int directory) = 0;
  /// What each rule file costs: of all rules, of none, and of each file. Files that cannot be read are left
  /// out, and what is still to be measured when `patience` is over.
  virtual util::Result<std::vector<RuleCost>> bench_rules(const std::vector<std::filesystem::path>& sample,
                                                          std::chrono::seconds patience) = 0;
  /// False while the fork server is down (it is restarted) or no rules are loaded.
  virtual bool ready() const = 0;
  /// Compiles these rules in a new fork server and switches to it, for good; on failure all stays as it
  /// was. Jobs that run end under the rules they began with.
  virtual util::Result<Profile> reload(const RuleOptions& rules) = 0;
  /// The layer with this label turned out not to be trusted: what it contributed to the known clean
  /// files is forgotten at once. Happens by itself when a later scan of it ends otherwise.
  virtual void revoke(const std::string& label) = 0;
  /// Kills running workers; their callers get Outcome::unavailable.
  virtual void stop() = 0;
};

/// Starts the fork server and waits until its rules are compiled. Fails with a message for the
/// operator when the binary is missing or no rule could be loaded.
util::Result<std::unique_ptr<Service>> start(const Options& options, util::Metrics& metrics);

}  // namespace portcullis::scan
