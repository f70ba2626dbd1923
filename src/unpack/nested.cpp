// SPDX-License-Identifier: Apache-2.0
//
// Archives found inside a layer. Here libarchive alone says what is in them: they are data to a
// runtime, and the archive's own bytes are scanned as well. What cannot be delivered is named.
#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <string_view>
#include <utility>

#include "archive_magic.hpp"
#include "archive_reader.hpp"
#include "content.hpp"
#include "nested_budget.hpp"
#include "portcullis/unpack/layer.hpp"
#include "problem.hpp"
#include "tar_header.hpp"

namespace portcullis::unpack {
namespace {

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// `etc/motd.gz` holds `motd`; a name without a known suffix is kept.
std::string_view name_inside(std::string_view path) {
  const std::string_view name = base_name(path);
  for (const std::string_view suffix : {".gz", ".xz", ".zst", ".bz2"})
    if (name.size() > suffix.size() && name.ends_with(suffix))
      return name.substr(0, name.size() - suffix.size());
  return name;
}

class NestedArchive {
 public:
  NestedArchive(const File& archive, const Limits& limits, NestedBudget& budget, Spool spool,
                Visitor& visitor)
      : archive_(archive), limits_(limits), budget_(budget), spool_(std::move(spool)), visitor_(visitor) {}

  /// The first problem; others may have followed.
  std::optional<Problem> run() {
    const auto kind = recognise(archive_.content->bytes());
    if (!kind) {
      note(refuse("nested-unknown", archive_.entry.path + " is not an archive of a known kind", 0));
      return problem_;
    }
    if (archive_.depth >= limits_.nested_depth) {
      note(over_limit("nested-depth",
                      archive_.entry.path + " is an archive below depth " +
                          std::to_string(limits_.nested_depth) + " and was not opened",
                      0));
      return problem_;
    }
    const auto content = archive_.content->bytes().subspan(kind->start);
    if (kind->wrapping == Wrapping::none) {
      read_members(kind->format, Filters::none, content);
    } else if (kind->wrapping == Wrapping::rpm) {
      read_members(ArchiveFormat::cpio, Filters::all, content);
    } else {
      read_compressed(content);
    }
    return problem_;
  }

  findings::ScanCounts counts;

 private:
  /// What a compression holds is told by its first bytes. When that is no archive, the reader that looked
  /// goes on: most compressed files in an image are short texts, and reading them twice would show.
  void read_compressed(std::span<const std::byte> content) {
    ArchiveReader reader(ArchiveFormat::raw, Filters::all);
    ArchiveReader::Member member;
    ReadStatus status = reader.open(content);
    if (status == ReadStatus::ok) status = reader.next(member);
    if (status == ReadStatus::end) return;  // nothing compressed
    std::vector<std::byte> head;
    ArchiveReader::Data data;
    while (status == ReadStatus::ok && head.size() < kTarBlock)
      if ((status = reader.read(data)) == ReadStatus::ok)
        head.insert(head.end(), data.bytes.begin(), data.bytes.end());
    if (status != ReadStatus::ok && status != ReadStatus::end) return broken(reader);
    const ArchiveFormat format = recognise_unwrapped(head);
    if (format != ArchiveFormat::raw) return read_members(format, Filters::all, content);
    member.path = std::string(name_inside(archive_.entry.path));
    if (take_member(reader, member, head)) read_members(reader, format);
  }

  void read_members(ArchiveFormat format, Filters filters, std::span<const std::byte> content) {
    ArchiveReader reader(format, filters);
    if (reader.open(content) != ReadStatus::ok) return broken(reader);
    read_members(reader, format);
  }

  /// Those that are left.
  void read_members(ArchiveReader& reader, ArchiveFormat format) {
    ArchiveReader::Member member;
    for (;;) {
      const ReadStatus status = reader.next(member);
      if (status == ReadStatus::end) break;
      if (status == ReadStatus::fatal) return broken(reader);
      if (status != ReadStatus::ok) broken(reader);
      if (status == ReadStatus::failed) {
        if (++failures_ > kMaxFailures) return;
        continue;
      }
      if (format == ArchiveFormat::raw) member.path = std::string(name_inside(archive_.entry.path));
      if (!take_member(reader, member)) return;
    }
    if (reader.met_encryption()) note_encrypted(archive_.entry.path);
  }

  /// `head`: what was read of it before. False when nothing more is to be read.
  bool take_member(ArchiveReader& reader, const ArchiveReader::Member& member,
                   std::span<const std::byte> head = {}) {
    ++counts.entries;
    if (!budget_.take_entry()) {
      note(over_limit("nested-entries",
                      "the archives in the layer hold more than " + std::to_string(limits_.nested_entries) +
                          " members; stopped in " + archive_.entry.path,
                      member.offset));
      return false;
    }
    // A type that layers do not have may still carry bytes; links and directories are asked as well.
    const bool is_file = !member.type || *member.type == EntryType::file;
    if (member.encrypted) {
      note_encrypted(archive_.entry.path + "!/" + member.path);
      return true;
    }
    ContentWriter content(spool_, limits_.memory_file, std::nullopt);
    ArchiveReader::Data data{.bytes = head, .offset = 0};
    if (!append(content, data, member)) return false;
    ReadStatus status = ReadStatus::ok;
    while ((status = reader.read(data)) == ReadStatus::ok || status == ReadStatus::warning) {
      if (status == ReadStatus::warning) broken(reader);
      if (!append(content, data, member)) return false;
    }
    if (status != ReadStatus::end) broken(reader, member.path);
    const bool go_on = is_file || content.size() > 0 ? deliver(content, member) : true;
    return go_on && status != ReadStatus::fatal;
  }

  bool append(ContentWriter& content, const ArchiveReader::Data& data, const ArchiveReader::Member& member) {
    // A hole reads as zeros and costs as much as written ones.
    const std::uint64_t hole = data.offset > content.size() ? data.offset - content.size() : 0;
    if (hole > limits_.nested_bytes || !budget_.take_bytes(hole + data.bytes.size())) {
      note(over_limit("nested-bytes",
                      "the archives in the layer unpack to more than " +
                          std::to_string(limits_.nested_bytes) + " bytes; stopped in " + archive_.entry.path +
                          "!/" + member.path,
                      member.offset));
      return false;
    }
    counts.bytes_unpacked += hole + data.bytes.size();
    if (auto done = append_zeros(content, hole); !done) return note(std::move(done)), false;
    if (auto done = content.append(data.bytes); !done) return note(std::move(done)), false;
    return true;
  }

  static Checked<void> append_zeros(ContentWriter& content, std::uint64_t count) {
    static constexpr std::array<std::byte, 65536> kZeros{};
    while (count > 0) {
      const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(count, kZeros.size()));
      if (auto done = content.append(std::span(kZeros).first(piece)); !done) return done;
      count -= piece;
    }
    return {};
  }

  bool deliver(ContentWriter& content, const ArchiveReader::Member& member) {
    auto finished = content.finish();
    if (!finished) return note(Checked<void>(tl::unexpected(std::move(finished.error())))), false;
    File file;
    file.entry.type = EntryType::file;
    file.entry.path = archive_.entry.path + "!/" + member.path;
    if (file.entry.path.size() > limits_.path_bytes) {
      note(over_limit("nested-path-bytes",
                      "a member's path is longer than " + std::to_string(limits_.path_bytes) +
                          " bytes; it was scanned under a shortened one, in " +
                          archive_.entry.path.substr(0, 200),
                      member.offset));
      file.entry.path.resize(limits_.path_bytes);
    }
    file.entry.mode = member.mode;
    file.entry.size = (*finished)->bytes().size();
    file.entry.offset = archive_.entry.offset;
    file.content = std::move(*finished);
    file.depth = archive_.depth + 1;
    ++counts.files;
    if (visitor_.file(std::move(file))) return true;
    note(unavailable("stopped", "the receiver wanted no more", member.offset));
    return false;
  }

  void broken(const ArchiveReader& reader, const std::string& member = {}) {
    const std::string where = member.empty() ? archive_.entry.path : archive_.entry.path + "!/" + member;
    if (reader.met_encryption()) return note_encrypted(where);
    note(refuse("nested-broken", where + " cannot be read to its end: " + reader.error(), 0));
  }

  void note_encrypted(const std::string& where) {
    note(refuse("nested-encrypted", where + " is encrypted and cannot be judged", 0));
  }

  void note(Checked<void> failure) {
    if (!problem_) problem_ = std::move(failure.error());
  }

  static constexpr std::size_t kMaxFailures = 1000;

  const File& archive_;
  const Limits& limits_;
  NestedBudget& budget_;
  Spool spool_;
  Visitor& visitor_;
  std::optional<Problem> problem_;
  std::size_t failures_ = 0;
};

}  // namespace

std::shared_ptr<NestedBudget> make_nested_budget(const Limits& limits) {
  return std::make_shared<NestedBudget>(limits);
}

bool is_archive(std::span<const std::byte> content) { return recognise(content).has_value(); }

Ending open_nested(const File& archive, const Limits& limits, NestedBudget& budget, Spool spool,
                   Visitor& visitor) {
  Ending ending;
  std::optional<Problem> problem;
  try {
    NestedArchive nested(archive, limits, budget, std::move(spool), visitor);
    problem = nested.run();
    ending.counts = nested.counts;
  } catch (const std::bad_alloc&) {
    problem = Problem{findings::Outcome::limit, "memory", "out of memory in " + archive.entry.path, 0};
  } catch (const std::exception& error) {
    problem = Problem{findings::Outcome::unscannable, "internal",
                      "unpacking " + archive.entry.path + " failed: " + error.what(), 0};
  }
  if (!problem) {
    ending.code = findings::Outcome::complete;
    return ending;
  }
  ending.code = problem->code;
  ending.rule = std::move(problem->rule);
  ending.reason = std::move(problem->reason);
  ending.offset = problem->offset;
  return ending;
}

}  // namespace portcullis::unpack
