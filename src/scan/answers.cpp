// SPDX-License-Identifier: Apache-2.0
#include "answers.hpp"

#include "portcullis/util/fd.hpp"

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

std::optional<std::string> MemberTaker::take(Answer& answer) {
  if (auto* entry = std::get_if<ArchiveEntry>(&answer)) return take_entry(*entry);
  if (const auto* piece = std::get_if<MemberPiece>(&answer)) return take_piece(*piece);
  return "an answer of another kind than was asked for";
}

std::optional<std::string> MemberTaker::take_entry(ArchiveEntry& entry) {
  if (entry_) return "two entries for one name";
  if (entry.name != name_) return "another entry than was asked for";
  entry_ = std::move(entry);
  return std::nullopt;
}

std::optional<std::string> MemberTaker::take_piece(const MemberPiece& piece) {
  if (!entry_ || entry_->type != ArchiveEntryType::file) return "bytes of no file";
  if (piece.bytes.empty()) return "an empty piece of a file";
  if (entry_->size > max_bytes_ || piece.bytes.size() > entry_->size - received_) {
    return "more bytes than were announced or wanted";
  }
  received_ += piece.bytes.size();
  if (auto written = sink_.write(util::as_bytes(piece.bytes)); !written) {
    refusal_ = std::move(written.error());
    return "bytes that nobody can take: " + refusal_->message;
  }
  return std::nullopt;
}

util::Result<void> MemberTaker::conclude(const findings::ScanResult& result) const {
  if (refusal_) return tl::unexpected(*refusal_);
  if (auto done = answered(result); !done) return done;
  if (!entry_) return util::fail(ErrorKind::absent, "the archive has no entry '" + name_ + "'");
  if (entry_->type != ArchiveEntryType::file) {
    const std::string target = entry_->link.empty() ? "" : " but leads to '" + entry_->link + "'";
    return util::fail(ErrorKind::invalid, "'" + name_ + "' in the archive is no regular file" + target);
  }
  if (entry_->size > max_bytes_) {
    return util::fail(ErrorKind::limit, "'" + name_ + "' in the archive has " + std::to_string(entry_->size) +
                                            " bytes; at most " + std::to_string(max_bytes_) + " are taken");
  }
  if (received_ != entry_->size) {
    return util::fail(ErrorKind::corrupt, "of '" + name_ + "' in the archive " + std::to_string(received_) +
                                              " of " + std::to_string(entry_->size) + " bytes came");
  }
  return {};
}

util::Result<void> answered(const findings::ScanResult& result) {
  if (result.outcome == Outcome::complete) return {};
  return util::fail(kind_of(result.outcome),
                    std::string(findings::to_string(result.outcome)) + ": " + result.reason);
}

}  // namespace portcullis::scan
