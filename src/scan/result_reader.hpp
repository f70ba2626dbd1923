// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "answers.hpp"
#include "portcullis/scan/protocol.hpp"

namespace portcullis::scan {

/// Reads what a worker writes, as it arrives. The writer is untrusted: it has met hostile bytes.
/// Memory is bounded by `max_findings`, kMaxLayerFiles, kMaxLayerPathBytes, kMaxCleanKeys and kMaxDisputes,
/// or by what `answers` takes and kMaxAnswerBytes. After the first violation nothing is taken any more.
class ResultReader {
 public:
  /// The results of a scan.
  explicit ResultReader(std::uint32_t max_findings) : max_findings_(max_findings) {}
  /// The answers to a question; there is nothing to find then. Outlives this.
  explicit ResultReader(AnswerTaker& answers) : answers_(&answers) {}

  /// False once the protocol was broken; problem() says how.
  bool feed(std::string_view bytes);
  /// Call when the pipe ended: a record cut in the middle is a violation too.
  bool finish();

  const std::string& problem() const { return problem_; }
  const std::optional<FinalRecord>& final_record() const { return final_; }
  const std::vector<findings::Finding>& findings() const { return findings_; }
  const std::vector<CleanKey>& clean_keys() const { return clean_keys_; }
  const std::vector<CleanKey>& disputes() const { return disputes_; }
  /// How many files the scan has taken up so far, by its own word.
  std::uint64_t files_taken() const { return files_taken_; }
  const std::vector<findings::LayerFile>& layer_files() const { return layer_files_; }
  std::vector<findings::LayerFile> take_layer_files() { return std::move(layer_files_); }

 private:
  bool broken(std::string problem);
  bool take(std::string_view record);
  bool accept(findings::Finding& finding);
  bool accept(findings::LayerFile& file);
  bool accept(const CleanKeys& record);
  bool accept(const Dispute& record);
  bool accept(const Progress& record);
  bool accept(Answer& answer);
  bool accept(const FinalRecord& record);

  std::uint32_t max_findings_ = 0;
  AnswerTaker* answers_ = nullptr;
  std::uint32_t answers_taken_ = 0;
  std::size_t record_bytes_ = 0;  ///< of the record being taken
  std::size_t answer_bytes_ = 0;
  std::string pending_;
  std::string problem_;
  std::vector<findings::Finding> findings_;
  std::vector<findings::LayerFile> layer_files_;
  std::size_t path_bytes_ = 0;  ///< of layer_files_
  std::vector<CleanKey> clean_keys_;
  std::vector<CleanKey> disputes_;
  std::uint64_t files_taken_ = 0;
  std::optional<FinalRecord> final_;
};

}  // namespace portcullis::scan
