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

/// One member of an archive: its entry, then exactly as many bytes as that announced.
class MemberTaker final : public AnswerTaker {
 public:
  MemberTaker(std::string name, std::uint64_t max_bytes, util::ByteSink& sink)
      : name_(std::move(name)), max_bytes_(max_bytes), sink_(sink) {}
  std::optional<std::string> take(Answer& answer) override;
  /// Call with the end of the job.
  util::Result<void> conclude(const findings::ScanResult& result) const;

 private:
  std::optional<std::string> take_entry(ArchiveEntry& entry);
  std::optional<std::string> take_piece(const MemberPiece& piece);

  const std::string name_;
  const std::uint64_t max_bytes_;
  util::ByteSink& sink_;
  std::optional<ArchiveEntry> entry_;
  std::uint64_t received_ = 0;
  std::optional<util::Error> refusal_;  ///< of the sink
};

/// The end of a job as the end of a question: anything but `complete` is an error that names it.
util::Result<void> answered(const findings::ScanResult& result);

}  // namespace portcullis::scan
