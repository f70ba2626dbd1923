// SPDX-License-Identifier: Apache-2.0
#include "result_reader.hpp"

#include "portcullis/scan/wire.hpp"

namespace portcullis::scan {

bool ResultReader::broken(std::string problem) {
  if (problem_.empty()) problem_ = std::move(problem);
  pending_.clear();
  return false;
}

bool ResultReader::feed(std::string_view bytes) {
  if (!problem_.empty()) return false;
  pending_.append(bytes);
  constexpr std::size_t kHeader = 4;
  std::size_t used = 0;
  while (pending_.size() - used >= kHeader) {
    const std::string_view rest = std::string_view(pending_).substr(used);
    const std::uint32_t size = Reader(rest.substr(0, kHeader)).u32();
    if (size == 0 || size > kMaxRecord) {
      return broken("a record of " + std::to_string(size) + " bytes (at most " + std::to_string(kMaxRecord) +
                    ")");
    }
    if (rest.size() - kHeader < size) break;
    if (!take(rest.substr(kHeader, size))) return false;
    used += kHeader + size;
  }
  pending_.erase(0, used);
  return true;
}

bool ResultReader::take(std::string_view bytes) {
  if (final_) return broken("a record after the final record");
  auto record = decode_record(bytes);
  if (!record) return broken("a record with fields out of bounds");
  record_bytes_ = bytes.size();
  return std::visit([this](auto& taken) { return accept(taken); }, *record);
}

bool ResultReader::accept(findings::Finding& finding) {
  if (findings_.size() >= max_findings_) return broken("more findings than the limit");
  findings_.push_back(std::move(finding));
  return true;
}

bool ResultReader::accept(findings::LayerFile& file) {
  if (answers_ != nullptr) return broken("a file inventory instead of an answer");
  path_bytes_ += file.path.size();
  if (layer_files_.size() >= findings::kMaxLayerFiles || path_bytes_ > findings::kMaxLayerPathBytes) {
    return broken("a file inventory that is too long");
  }
  layer_files_.push_back(std::move(file));
  return true;
}

bool ResultReader::accept(const CleanKeys& record) {
  if (answers_ != nullptr) return broken("clean files instead of an answer");
  if (record.keys.empty()) return broken("an empty list of clean files");
  if (clean_keys_.size() + record.keys.size() > kMaxCleanKeys) return broken("too many clean files");
  clean_keys_.insert(clean_keys_.end(), record.keys.begin(), record.keys.end());
  return true;
}

bool ResultReader::accept(const Dispute& record) {
  if (answers_ != nullptr) return broken("a disputed file instead of an answer");
  if (disputes_.size() >= kMaxDisputes) return broken("too many disputed files");
  disputes_.push_back(record.key);
  return true;
}

bool ResultReader::accept(const Progress& record) {
  if (answers_ != nullptr) return broken("the progress of a scan instead of an answer");
  if (record.files < files_taken_) return broken("progress that goes back");
  files_taken_ = record.files;
  return true;
}

bool ResultReader::accept(Answer& answer) {
  if (answers_ == nullptr) return broken("an answer to a question that was not asked");
  if (!std::holds_alternative<MemberPiece>(answer)) answer_bytes_ += record_bytes_;
  if (answer_bytes_ > kMaxAnswerBytes) return broken("answers that are too long");
  if (auto problem = answers_->take(answer)) return broken(std::move(*problem));
  ++answers_taken_;
  return true;
}

bool ResultReader::accept(const FinalRecord& record) {
  final_ = record;
  if (record.answers != answers_taken_) {
    return broken("a final record that counts " + std::to_string(record.answers) + " answers, but " +
                  std::to_string(answers_taken_) + " came");
  }
  if (record.findings != findings_.size()) {
    return broken("a final record that counts " + std::to_string(record.findings) + " findings, but " +
                  std::to_string(findings_.size()) + " came");
  }
  if (record.clean_keys != clean_keys_.size()) {
    return broken("a final record that counts " + std::to_string(record.clean_keys) + " clean files, but " +
                  std::to_string(clean_keys_.size()) + " came");
  }
  if (record.layer_files != layer_files_.size()) {
    return broken("a final record that counts " + std::to_string(record.layer_files) +
                  " files in the inventory, but " + std::to_string(layer_files_.size()) + " came");
  }
  return true;
}

bool ResultReader::finish() {
  if (!problem_.empty()) return false;
  if (!pending_.empty()) return broken(final_ ? "bytes after the final record" : "a record cut short");
  return true;
}

}  // namespace portcullis::scan
