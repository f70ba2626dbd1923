// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>

#include "file_inspector.hpp"
#include "input.hpp"
#include "question.hpp"
#include "scan_job.hpp"

namespace portcullis::scanner {
namespace {

using findings::Outcome;
using scan::ArchiveEntryType;

struct Problem {
  Outcome outcome;
  std::string reason;
};

ArchiveEntryType type_of(unpack::EntryType type) {
  switch (type) {
    case unpack::EntryType::file:
      return ArchiveEntryType::file;
    case unpack::EntryType::hardlink:
      return ArchiveEntryType::hardlink;
    case unpack::EntryType::symlink:
      return ArchiveEntryType::symlink;
    case unpack::EntryType::directory:
      return ArchiveEntryType::directory;
    default:
      return ArchiveEntryType::other;
  }
}

/// `./blobs/sha256/` as `blobs/sha256`; empty for the top itself. Nullopt for what leads out of the
/// archive: then programs that load it do not agree on what it means.
std::optional<std::string> plain_name(std::string_view path) {
  if (path.starts_with('/')) return std::nullopt;
  std::string name;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") return std::nullopt;
    if (!name.empty()) name += '/';
    name += part;
  }
  return name;
}

/// Tells each entry, and of a compressed archive what is in the files: nobody else can read that. What could
/// be understood in two ways ends it.
class Teller final : public unpack::Visitor {
 public:
  explicit Teller(AnswerWriter& out) : out_(out) {}

  bool entry(const unpack::Entry& entry) override {
    auto name = plain_name(entry.path);
    if (!name) return refuse("a name that leads out of the archive: " + entry.path);
    const ArchiveEntryType type = type_of(entry.type);
    if (name->empty()) {
      return type == ArchiveEntryType::directory || refuse("an entry without a name: " + entry.path);
    }
    if (name->size() > scan::kMaxPath || entry.link.size() > scan::kMaxPath) {
      return stop({Outcome::limit, "a name or link target of more than " + std::to_string(scan::kMaxPath) +
                                       " bytes in the archive"});
    }
    const auto [known, added] = types_.emplace(*name, type);
    if (!added) {
      const bool twice_a_directory =
          type == ArchiveEntryType::directory && known->second == ArchiveEntryType::directory;
      return twice_a_directory || refuse("two entries with one name: " + *name);
    }
    return tell(scan::ArchiveEntry{type, std::move(*name), entry.link, entry.size,
                                   entry.content.value_or(scan::kNotInPlace)});
  }

  bool wants(const unpack::Entry& entry) override { return !entry.content; }

  bool file(unpack::File file) override {
    const auto bytes = file.content->bytes();
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (std::size_t at = 0; at < text.size(); at += scan::kMaxMemberPiece) {
      if (!tell(scan::MemberPiece{std::string(text.substr(at, scan::kMaxMemberPiece))})) return false;
    }
    return true;
  }

  /// At the end of the archive: an entry below something that is no directory means different things
  /// to different readers.
  void check_parents() {
    for (const auto& [name, type] : types_) {
      for (auto slash = name.find('/'); slash != name.npos; slash = name.find('/', slash + 1)) {
        const auto parent = types_.find(std::string_view(name).substr(0, slash));
        if (parent == types_.end() || parent->second == ArchiveEntryType::directory) continue;
        refuse("an entry below one that is no directory: " + name);
        return;
      }
    }
  }

  const std::optional<Problem>& problem() const { return problem_; }
  /// The result pipe broke.
  const std::optional<util::Error>& failure() const { return failure_; }

 private:
  bool stop(Problem problem) {
    problem_ = std::move(problem);
    return false;
  }
  bool refuse(std::string what) {
    return stop({Outcome::unscannable, "ambiguous archive, it has " + std::move(what)});
  }
  bool tell(const scan::Answer& answer) {
    const auto told = out_.send(answer);
    if (told) return true;
    if (told.error().kind == util::ErrorKind::limit) return stop({Outcome::limit, told.error().message});
    failure_ = told.error();
    return false;
  }

  AnswerWriter& out_;
  std::map<std::string, ArchiveEntryType, std::less<>> types_;
  std::optional<Problem> problem_;
  std::optional<util::Error> failure_;
};

std::string with_place(const unpack::Ending& ending) {
  return ending.reason + " (" + ending.rule + " at byte " + std::to_string(ending.offset) +
         " of the tar stream)";
}

}  // namespace

int run_archive_question(const scan::JobRequest& request, const WorkerDescriptors& at) {
  if (auto done = lock_down(request); !done) return give_up(done.error().message);
  unpack::Limits limits = unpack_limits(request.limits);
  limits.entries = std::min<std::uint64_t>(limits.entries, scan::kMaxArchiveEntries);
  AnswerWriter out(at.result);
  Teller teller(out);
  PipeSource input(at.input);
  const unpack::Ending ending = read_input(request, limits, input, at.whole, unpack::Spool(at.spool), teller);
  if (ending.code == Outcome::complete) teller.check_parents();
  if (teller.failure()) return give_up(teller.failure()->message);

  scan::FinalRecord last;
  last.counts = ending.counts;
  last.counts.bytes_in = input.bytes();
  last.outcome = ending.code;
  if (teller.problem()) {
    last.outcome = teller.problem()->outcome;
    last.reason = teller.problem()->reason;
  } else if (ending.code == Outcome::unavailable) {
    return give_up(ending.reason);
  } else if (ending.code != Outcome::complete) {
    last.reason = with_place(ending);
  }
  if (auto told = out.finish(std::move(last)); !told) return give_up(told.error().message);
  return scan::kExitDone;
}

}  // namespace portcullis::scanner
