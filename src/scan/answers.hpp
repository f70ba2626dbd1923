// SPDX-License-Identifier: Apache-2.0
//
// What becomes of the answers of a worker, who is not believed: each taker checks that an answer fits
// the question.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "portcullis/scan/protocol.hpp"
#include "portcullis/util/stream.hpp"

namespace portcullis::scan {

class AnswerTaker {
 public:
  virtual ~AnswerTaker() = default;
  /// Nullopt, or what is wrong with it: then the job ends, and no more answers come.
  virtual std::optional<std::string> take(Answer& answer) = 0;
};

template <class T>
class ListTaker final : public AnswerTaker {
 public:
  explicit ListTaker(std::size_t most) : most_(most) {}
  std::optional<std::string> take(Answer& answer) override {
    auto* item = std::get_if<T>(&answer);
    if (item == nullptr) return "an answer of another kind than was asked for";
    if (items.size() >= most_) return "more than " + std::to_string(most_) + " answers";
    items.push_back(std::move(*item));
    return std::nullopt;
  }
  std::vector<T> items;

 private:
  std::size_t most_;
};

/// What is in an archive. The bytes of a compressed one follow their entries, exactly as many as announced.
class ArchiveTaker final : public AnswerTaker {
 public:
  explicit ArchiveTaker(util::ByteSink& unpacked) : unpacked_(unpacked) {}
  std::optional<std::string> take(Answer& answer) override;
  /// Call with the end of the job, once.
  util::Result<ArchiveListing> conclude(const findings::ScanResult& result);

 private:
  std::optional<std::string> take_entry(ArchiveEntry& entry);
  std::optional<std::string> place_file(ArchiveEntry& file);
  std::optional<std::string> take_piece(const MemberPiece& piece);

  util::ByteSink& unpacked_;
  ArchiveListing listing_;
  bool content_known_ = false;          ///< a file came, so listing_.content is settled
  std::uint64_t end_ = 0;               ///< of the content of the files that came
  std::uint64_t missing_ = 0;           ///< of the last file
  std::optional<util::Error> refusal_;  ///< of the sink
};

/// The end of a job as the end of a question: anything but `complete` is an error that names it.
util::Result<void> answered(const findings::ScanResult& result);

}  // namespace portcullis::scan
