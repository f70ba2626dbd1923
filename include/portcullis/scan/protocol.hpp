// SPDX-License-Identifier: Apache-2.0
//
// What the server and portcullis-scanner say to each other. Two channels:
//
//   control   one SOCK_SEQPACKET socket between server and fork server. The server sends a
//             JobRequest with its descriptors (JobDescriptor); the fork server answers with
//             ScannerMessages. Before the first job: SetAside*, then Ready or Fatal.
//   result    one pipe a job, written by the worker: frames of WorkerRecord, one FinalRecord last. Its writer
//   has met hostile bytes, so nothing in it is believed
//             before it was checked: length, counts, enum ranges, nothing after the final record.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "portcullis/findings/layer_file.hpp"
#include "portcullis/findings/scan_result.hpp"
#include "portcullis/scan/known_clean.hpp"
#include "portcullis/scan/service.hpp"

namespace portcullis::scan {

inline constexpr int kControlFd = 3;  ///< in portcullis-scanner
inline constexpr std::size_t kMaxControlMessage = 32 * 1024;
inline constexpr std::size_t kMaxRecord = 64 * 1024;  ///< more than the largest finding the caps allow
inline constexpr std::size_t kMaxPath = 4096;
inline constexpr std::size_t kMaxText = 1024;
inline constexpr std::size_t kMaxStrings = 8;
inline constexpr std::size_t kMaxMatchData = 64;
inline constexpr std::size_t kMaxMatchContext = 32;  ///< on either side
inline constexpr std::size_t kMaxTechniques = 16;
inline constexpr std::size_t kMaxProtections = 16;
inline constexpr std::size_t kMaxKeysInRecord = 1024;
inline constexpr std::size_t kMaxCleanKeys = 500'000;  ///< of one job; what is beyond is scanned again
inline constexpr std::size_t kMaxDisputes = 64;
inline constexpr std::size_t kMaxTags = 16;
inline constexpr std::size_t kMaxModules = 64;
inline constexpr std::size_t kMaxIdlePatterns = 16;  ///< that are told; kMaxControlMessage holds them
inline constexpr std::size_t kMaxMemberPiece = 48 * 1024;
inline constexpr std::size_t kMaxAnswerBytes = 64u << 20;  ///< all answers of a job, without a member's bytes

/// Exit codes of a worker. Everything else is a crash.
enum WorkerExit : int {
  kExitDone = 0,  ///< the final record was sent
  kExitOutOfMemory = 40,
  kExitInternal = 41,  ///< the worker gave up by itself, after a line on stderr
};

/// Order of the descriptors that travel with a JobRequest.
enum class JobDescriptor : std::size_t {
  input,        ///< read end of the input pipe
  result,       ///< write end of the result pipe
  spool,        ///< unlinked file for unpacking
  whole,        ///< unlinked file for whole inputs that are too large for memory (opaque, directory)
  known_clean,  ///< a generation of known clean files, or /dev/null
  threads,      ///< a SharedNumber, how many scan threads may be at work now, or /dev/null: all
};
inline constexpr std::size_t kJobDescriptors = 6;

enum class RulesQuestion : std::uint8_t { list, lint, test, bench };

struct JobRequest {
  std::uint64_t id = 0;
  JobKind kind = JobKind::layer;
  std::string media_type;
  std::uint32_t threads = 1;  ///< scan threads at most; JobDescriptor::threads may say fewer
  KnownCleanUse known_clean = KnownCleanUse::off;  ///< on: look up, and report what is clean
  std::uint32_t sample = 1;                        ///< one in so many known files is scanned all the same
  RulesQuestion question = RulesQuestion::list;    ///< rules
  std::chrono::seconds bench_patience{0};          ///< rules, bench
  Limits limits;
};

struct Ready {
  std::uint64_t rules = 0;
  std::uint64_t files = 0;
  std::string rule_hash;
  std::string version;
  std::vector<std::string> protections;
  std::vector<std::string> modules;
  std::vector<std::string> idle_patterns;
};
struct Fatal {
  std::string message;
};
/// Comes with the worker's pidfd.
struct Started {
  std::uint64_t id = 0;
};
/// No worker could be started.
struct Refused {
  std::uint64_t id = 0;
  std::string message;
};
struct Exited {
  std::uint64_t id = 0;
  std::uint32_t code = 0;    ///< when `signal` is 0
  std::uint32_t signal = 0;  ///< that killed it
};
using ScannerMessage = std::variant<SetAside, Ready, Fatal, Started, Refused, Exited>;

/// A verdict depends on rules, scanner and limits; not on how fast or how parallel it was reached.
std::string profile_id(std::string_view rule_hash, std::string_view version, const Limits& limits);

/// The command line of portcullis-scanner: all of `rules` but what becomes of files that are set aside, which
/// the server decides.
std::vector<std::string> to_arguments(const RuleOptions& rules);
/// Nullopt for what to_arguments() does not write.
std::optional<RuleOptions> parse_arguments(std::span<const std::string> arguments);

std::string encode(const JobRequest& request);
std::optional<JobRequest> decode_job_request(std::string_view bytes);
std::string encode(const ScannerMessage& message);
std::optional<ScannerMessage> decode_scanner_message(std::string_view bytes);

struct FinalRecord {
  findings::Outcome outcome = findings::Outcome::unscannable;
  std::string reason;
  findings::ScanCounts counts;
  bool findings_truncated = false;
  std::uint32_t findings = 0;     ///< how many were sent before this record
  std::uint32_t clean_keys = 0;   ///< likewise
  std::uint32_t answers = 0;      ///< likewise
  std::uint32_t layer_files = 0;  ///< likewise
  bool layer_files_truncated = false;
};
/// How many files a scan has taken up so far. Any number of them, at any place before the final record.
struct Progress {
  std::uint64_t files = 0;
};
/// What the worker found clean by scanning it, not by being told so.
struct CleanKeys {
  std::vector<CleanKey> keys;  ///< at most kMaxKeysInRecord
};
/// Something was found in a file that the table called clean.
struct Dispute {
  CleanKey key{};
};
/// `ArchiveEntry::content` of a file in a compressed archive: its bytes are nowhere in it, and follow.
inline constexpr std::uint64_t kNotInPlace = ~std::uint64_t{0};
/// A piece of the file whose ArchiveEntry came last, in order.
struct MemberPiece {
  std::string bytes;  ///< at least one, at most kMaxMemberPiece
};
/// What jobs of the kinds `archive` and `rules` send, and no other.
using Answer = std::variant<ArchiveEntry, MemberPiece, findings::RuleInfo, LintNote, SampleFile, RuleCost>;
/// A LayerFile is one line of the file inventory; a job has findings::kMaxLayerFiles of them at most, and
/// findings::kMaxLayerPathBytes of paths.
using WorkerRecord =
    std::variant<findings::Finding, findings::LayerFile, CleanKeys, Dispute, Progress, Answer, FinalRecord>;

/// The record with its length in front, ready to be written to the result pipe.
std::string encode_frame(const WorkerRecord& record);
/// `bytes` is one record without its length. Nullopt when anything in it is out of bounds.
std::optional<WorkerRecord> decode_record(std::string_view bytes);

}  // namespace portcullis::scan
