// SPDX-License-Identifier: Apache-2.0
#include "file_inspector.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "file_type.hpp"
#include "portcullis/checks/config.hpp"
#include "portcullis/util/hash.hpp"

namespace portcullis::scanner {
namespace {

using findings::Finding;
using findings::Outcome;
using findings::Severity;

constexpr std::uint32_t kSetuid = 04000;

std::string sha256(std::span<const std::byte> bytes) {
  util::Hasher hasher;
  hasher.update(bytes);
  return hasher.finish_hex();
}

/// What is not judged inside an archive. Broken and encrypted archives are common in clean images;
/// one that trips a budget is made to, or big enough to be looked at.
Finding unopened(const unpack::File& archive, const std::string& hash, const unpack::Ending& ending) {
  Finding finding;
  finding.source = findings::Source::layer_check;
  finding.rule = ending.rule;
  finding.severity = ending.code == Outcome::limit ? Severity::medium : Severity::low;
  finding.description = ending.reason;
  finding.path = archive.entry.path;
  finding.file_hash = hash;
  return finding;
}

}  // namespace

unpack::Limits unpack_limits(const scan::Limits& limits) {
  unpack::Limits result;
  result.unpacked_bytes = limits.unpacked_bytes;
  result.entries = limits.entries;
  result.path_bytes = limits.path_bytes;
  result.nested_bytes = limits.nested_bytes;
  result.nested_depth = limits.nested_depth;
  return result;
}

struct FileInspector::Subject {
  const unpack::File& file;
  std::span<const std::byte> bytes;
  std::string hash;

  engine::FileContext context() const { return {file.entry.path, file.entry.uid}; }
};

void FileInspector::inspect(const unpack::File& file) {
  look_anyway_ = job_.known_clean.table && sampler_.pick();
  judge(file);
}

bool FileInspector::file(unpack::File member) {
  members_ = std::max(members_, judge(member));
  return true;
}

FileInspector::Answer FileInspector::judge(const unpack::File& file) {
  const auto bytes = file.content->bytes();
  const Subject subject{file, bytes, sha256(bytes)};
  std::vector<scan::CleanKey> clean;
  list(subject);

  // Whether a file is an archive takes longer to tell than whether it is known, so a known file that is
  // none has a key of its own.
  const scan::CleanKey plain = scan::plain_key(subject.hash);
  const bool called_plain = job_.known_clean.contains(plain);
  bool archive = false;
  Answer content = Answer::known;
  // One pass over the bytes is for all rules: what those of the path found waits here for its turn.
  std::optional<engine::FileVerdict> path_verdict;
  if (!called_plain && job_.collected.found_clean(plain)) {
    content = Answer::clean;
  } else if (!called_plain || look_anyway_) {
    archive = unpack::is_archive(bytes);
    if (archive && called_plain) job_.collected.add_dispute(plain);
    const auto key = archive ? scan::archive_bytes_key(subject.hash) : plain;
    const auto look = [&] {
      auto verdicts = scanner_->scan_all(bytes, subject.context(), timeout_for(subject));
      path_verdict = std::move(verdicts.path);
      return report(subject, std::move(verdicts.content));
    };
    content = ask(key, look, clean);
  }

  const bool path_rules = job_.rules.rule_count(engine::RuleGroup::path) > 0;
  std::string values;
  if (path_rules || archive) values = engine::external_values(bytes, subject.context());
  Answer path = Answer::known;
  if (path_rules) {
    const auto key = scan::path_key(subject.hash, values);
    const auto look = [&] {
      return report(subject, scanner_->scan_path(bytes, subject.context(), timeout_for(subject)));
    };
    path =
        path_verdict ? settle(key, report(subject, std::move(*path_verdict)), clean) : ask(key, look, clean);
  }
  if (content == Answer::known && path == Answer::known) job_.collected.count_skipped();

  Answer members = Answer::clean;
  if (archive) {
    const auto listed_before = listed_;
    std::vector<scan::CleanKey> opened;
    members = ask_members(subject, values, opened);
    // Wherever this archive is met again, its members have to be listed: so it must be opened again.
    if (listed_ == listed_before) clean.insert(clean.end(), opened.begin(), opened.end());
  }
  if (!path_rules) path = Answer::clean;
  const Answer worst = std::max({content, path, members});
  // All or nothing: of a file with a finding, in whichever place, nothing is passed on.
  if (worst <= Answer::known) {
    job_.collected.remember_clean(clean);
    if (job_.known_clean.on()) job_.collected.add_clean(clean);
  }
  return worst;
}

void FileInspector::list(const Subject& subject) {
  const std::string& path = subject.file.entry.path;
  if (job_.kind == scan::JobKind::opaque && path == checks::kRenderedConfigPath) return;  // our own text
  const auto type = file_type(path, subject.bytes);
  if (!type) return;
  ++listed_;
  job_.collected.add_file({.path = path,
                           .hash = subject.hash,
                           .size = subject.bytes.size(),
                           .type = std::string(findings::to_string(*type)),
                           .setuid = subject.file.depth == 0 && (subject.file.entry.mode & kSetuid) != 0});
}

/// `look` is called unless the table answers, or this job found a file like it clean before. What it finds
/// clean goes to `clean`; an archive with a member that was only known to be clean does not, or a revoked
/// member would live on in it.
template <class Look>
FileInspector::Answer FileInspector::ask(const scan::CleanKey& key, Look look,
                                         std::vector<scan::CleanKey>& clean) {
  const bool known = job_.known_clean.contains(key);
  if (known && !look_anyway_) return Answer::known;
  if (!known && job_.collected.found_clean(key)) return Answer::clean;
  return settle(key, look(), clean);
}

FileInspector::Answer FileInspector::settle(const scan::CleanKey& key, Answer answer,
                                            std::vector<scan::CleanKey>& clean) {
  const bool known = job_.known_clean.contains(key);
  if (known && answer == Answer::found) job_.collected.add_dispute(key);
  if (!known && answer == Answer::clean) clean.push_back(key);
  return answer;
}

/// An archive with a member that was only known to be clean is known for as long as that member is.
FileInspector::Answer FileInspector::ask_members(const Subject& archive, std::string_view values,
                                                 std::vector<scan::CleanKey>& clean) {
  const auto& table = job_.known_clean.table;
  const auto look = [&] { return open(archive); };
  const std::uint32_t depth = archive.file.depth;
  const auto key = scan::members_key(archive.hash, values, depth);
  if (!table || table->contains(key)) return ask(key, look, clean);
  const auto leaning = scan::leaning_members_key(archive.hash, values, depth, table->epoch());
  if (table->contains(leaning)) return ask(leaning, look, clean);
  if (job_.collected.found_clean(leaning)) return Answer::known;
  const Answer answer = ask(key, look, clean);
  if (answer == Answer::known) clean.push_back(leaning);
  return answer;
}

std::chrono::seconds FileInspector::timeout_for(const Subject& subject) const {
  // As with a whole job: a base, and more for more bytes. There is no size at which scanning stops.
  const auto rate = std::max<std::uint64_t>(job_.limits.floor_rate, 1);
  return job_.limits.file_timeout + std::chrono::seconds(subject.bytes.size() / rate);
}

FileInspector::Answer FileInspector::report(const Subject& subject, engine::FileVerdict verdict) {
  const std::string& path = subject.file.entry.path;
  for (auto& finding : verdict.findings) {
    finding.path = path;
    finding.file_hash = subject.hash;
    job_.collected.add(std::move(finding));
  }
  if (verdict.outcome != Outcome::complete) {
    job_.collected.fail(verdict.outcome, verdict.reason + " in " + path);
  }
  if (!verdict.findings.empty()) return Answer::found;
  return verdict.outcome == Outcome::complete ? Answer::clean : Answer::unjudged;
}

FileInspector::Answer FileInspector::open(const Subject& archive) {
  const Answer outside = std::exchange(members_, Answer::clean);
  const unpack::Ending ending =
      unpack::open_nested(archive.file, job_.unpack_limits, *job_.nested_budget, job_.spool, *this);
  const Answer members = std::exchange(members_, outside);
  job_.collected.count_members(ending.counts);
  if (ending.code == Outcome::complete) return members;
  job_.collected.add(unopened(archive.file, archive.hash, ending));
  // A budget is the layer's and says nothing about this archive.
  const bool budget = ending.code == Outcome::limit;
  return std::max(members, budget ? Answer::unjudged : Answer::found);
}

}  // namespace portcullis::scanner
