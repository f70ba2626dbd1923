// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <vector>

#include "judged.hpp"
#include "portcullis/gate/gate.hpp"
#include "scans.hpp"

namespace portcullis::gate {

/// Where what is being judged can be seen. Thread-safe.
class Board {
 public:
  /// Keeps the line until it is destroyed; the board outlives it.
  class Line {
   public:
    Line(Board& board, JudgingNow start);
    ~Line();
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;
    /// The blobs that it is about, none of them begun.
    void plan(const std::vector<ImagePart>& parts);
    void begin(std::size_t part, Scans::Running scan);

   private:
    friend class Board;
    struct Blob {
      std::uint64_t size = 0;
      std::optional<Scans::Running> scan;
    };
    struct Entry {
      JudgingNow start;
      std::vector<Blob> blobs;
    };
    Board& board_;
    std::list<Entry>::iterator place_;
  };

  /// Oldest first.
  std::vector<JudgingNow> all() const;
  /// Is there one that a client asked for?
  bool busy() const;

 private:
  mutable std::mutex mutex_;
  std::list<Line::Entry> lines_;
};

}  // namespace portcullis::gate
