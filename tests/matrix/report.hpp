// SPDX-License-Identifier: Apache-2.0
//
// What one run of the matrix saw, as a table for people.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "expected.hpp"

namespace portcullis::matrix {

struct Observed {
  int exit_code = -1;
  bool arrived = false;       ///< the client has the image
  std::size_t at_origin = 0;  ///< requests
  std::string text;           ///< all that the client printed

  /// nullopt when it is none of them, such as a success without an image.
  std::optional<Outcome> outcome() const;
  /// "held", "asked the origin (5), has the image", ...
  std::string summary() const;
};

class Report {
 public:
  explicit Report(std::string client) : client_(std::move(client)) {}

  void add(std::string_view row, Situation situation, const Observed& seen);
  void unavailable(std::string_view row, const std::string& why);
  std::string text() const;

 private:
  struct Line {
    std::string row;
    std::string unavailable;
    std::map<Situation, Observed> cells;
  };
  Line& line(std::string_view row);

  std::string client_;
  std::vector<Line> lines_;
};

}  // namespace portcullis::matrix
