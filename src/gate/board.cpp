// SPDX-License-Identifier: Apache-2.0
#include "board.hpp"

#include <algorithm>
#include <chrono>

namespace portcullis::gate {

Board::Line::Line(Board& board, JudgingNow start) : board_(board) {
  std::lock_guard lock(board_.mutex_);
  place_ = board_.lines_.insert(board_.lines_.end(), Entry{std::move(start), {}});
}

Board::Line::~Line() {
  std::lock_guard lock(board_.mutex_);
  board_.lines_.erase(place_);
}

void Board::Line::plan(const std::vector<ImagePart>& parts) {
  std::lock_guard lock(board_.mutex_);
  place_->blobs.clear();
  for (const auto& part : parts) place_->blobs.push_back({part.descriptor.size, std::nullopt});
}

void Board::Line::begin(std::size_t part, Scans::Running scan) {
  std::lock_guard lock(board_.mutex_);
  place_->blobs.at(part).scan = std::move(scan);
}

std::vector<JudgingNow> Board::all() const {
  std::vector<JudgingNow> all;
  std::lock_guard lock(mutex_);
  for (const auto& [start, blobs] : lines_) {
    auto& now = all.emplace_back(start);
    now.blobs = blobs.size();
    for (const auto& blob : blobs) {
      now.bytes += blob.size;
      if (!blob.scan) continue;
      const bool done = blob.scan->result.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
      now.blobs_done += done ? 1 : 0;
      // A blob that is read a second time, after the rules changed in the middle, counts once.
      now.bytes_done += done ? blob.size : std::min(blob.scan->taken->load(), blob.size);
    }
  }
  return all;
}

bool Board::busy() const {
  std::lock_guard lock(mutex_);
  return std::ranges::any_of(lines_,
                             [](const auto& line) { return line.start.why == JudgingNow::Why::asked; });
}

}  // namespace portcullis::gate
