// SPDX-License-Identifier: Apache-2.0
#include "answers.hpp"

#include "portcullis/util/fd.hpp"
#include "portcullis/util/safe_text.hpp"

namespace portcullis::scan {
namespace {

using findings::Outcome;
using util::ErrorKind;

ErrorKind kind_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::timed_out:
    case Outcome::limit:
      return ErrorKind::limit;
    case Outcome::unavailable:
      return ErrorKind::unreachable;
    default:
      return ErrorKind::corrupt;
  }
}

}  // namespace

std::optional<std::string> ArchiveTaker::take(Answer& answer) {
  if (auto* entry = std::get_if<ArchiveEntry>(&answer)) return take_entry(*entry);
  if (const auto* piece = std::get_if<MemberPiece>(&answer)) return take_piece(*piece);
  return "an answer of another kind than was asked for";
}

std::optional<std::string> ArchiveTaker::take_entry(ArchiveEntry& entry) {
  auto& entries = listing_.entries;
  if (missing_ != 0) return "an entry before the last file was whole";
  if (entries.size() >= kMaxArchiveEntries) {
    return "more than " + std::to_string(kMaxArchiveEntries) + " entries";
  }
  if (entry.type == ArchiveEntryType::file) {
    if (auto problem = place_file(entry)) return problem;
  }
  entries.push_back(std::move(entry));
  return std::nullopt;
}

std::optional<std::string> ArchiveTaker::place_file(ArchiveEntry& file) {
  const auto content =
      file.content == kNotInPlace ? ArchiveListing::Content::unpacked : ArchiveListing::Content::in_place;
  if (content_known_ && content != listing_.content)
    return "files that are in the archive and files that are not";
  content_known_ = true;
  listing_.content = content;
  if (content == ArchiveListing::Content::unpacked) {
    file.content = end_;
    missing_ = file.size;
  }
  if (file.content < end_) return "files that overlap";
  if (file.size > kNotInPlace - file.content) return "a file of more bytes than there are";
  end_ = file.content + file.size;
  return std::nullopt;
}

std::optional<std::string> ArchiveTaker::take_piece(const MemberPiece& piece) {
  if (piece.bytes.empty()) return "an empty piece of a file";
  if (piece.bytes.size() > missing_) return "bytes of no file, or more than were announced";
  missing_ -= piece.bytes.size();
  if (auto written = unpacked_.write(util::as_bytes(piece.bytes)); !written) {
    refusal_ = std::move(written.error());
    return "bytes that nobody can take: " + refusal_->message;
  }
  return std::nullopt;
}

util::Result<ArchiveListing> ArchiveTaker::conclude(const findings::ScanResult& result) {
  if (refusal_) return tl::unexpected(*refusal_);
  if (auto done = answered(result); !done) return tl::unexpected(done.error());
  if (missing_ != 0) {
    return util::fail(ErrorKind::corrupt, "of '" + util::safe_text(listing_.entries.back().name) +
                                              "' in the archive " + std::to_string(missing_) +
                                              " bytes are missing");
  }
  return std::move(listing_);
}

util::Result<void> answered(const findings::ScanResult& result) {
  if (result.outcome == Outcome::complete) return {};
  return util::fail(kind_of(result.outcome),
                    std::string(findings::to_string(result.outcome)) + ": " + result.reason);
}

}  // namespace portcullis::scan
