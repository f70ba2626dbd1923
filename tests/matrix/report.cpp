// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <iomanip>
#include <sstream>

namespace portcullis::matrix {
namespace {

constexpr int kRowWidth = 20;
constexpr int kCellWidth = 22;
constexpr std::size_t kLongestMessage = 240;

/// The last line that says something: clients print their error at the end.
std::string last_line(const std::string& text) {
  const auto end = text.find_last_not_of("\r\n ");
  if (end == std::string::npos) return {};
  const auto start = text.find_last_of("\r\n", end);
  auto line = text.substr(start == std::string::npos ? 0 : start + 1, end - (start + 1) + 1);
  if (line.size() > kLongestMessage) line = line.substr(0, kLongestMessage) + "...";
  return line;
}

}  // namespace

std::optional<Outcome> Observed::outcome() const {
  if ((exit_code == 0) != arrived) return std::nullopt;
  if (at_origin > 0) return Outcome::asks_origin;
  return arrived ? Outcome::served : Outcome::held;
}

std::string Observed::summary() const {
  const auto how = outcome();
  if (!how) return "exit " + std::to_string(exit_code) + (arrived ? " with image" : " without image");
  if (*how != Outcome::asks_origin) return std::string(name_of(*how));
  return "origin " + std::to_string(at_origin) + (arrived ? ", pulled" : ", failed");
}

Report::Line& Report::line(std::string_view row) {
  for (auto& known : lines_) {
    if (known.row == row) return known;
  }
  return lines_.emplace_back(Line{std::string(row), {}, {}});
}

void Report::add(std::string_view row, Situation situation, const Observed& seen) {
  line(row).cells[situation] = seen;
}

void Report::unavailable(std::string_view row, const std::string& why) { line(row).unavailable = why; }

std::string Report::text() const {
  std::ostringstream out;
  out << client_ << "\n" << std::left << std::setw(kRowWidth) << "";
  for (std::size_t i = 0; i < kSituations; ++i) {
    out << std::setw(kCellWidth) << name_of(static_cast<Situation>(i));
  }
  out << "\n";
  for (const auto& line : lines_) {
    out << std::setw(kRowWidth) << line.row;
    if (!line.unavailable.empty()) out << "--- " << line.unavailable << " ---";
    for (const auto& [situation, seen] : line.cells) out << std::setw(kCellWidth) << seen.summary();
    out << "\n";
  }
  for (const auto& line : lines_) {
    for (const auto& [situation, seen] : line.cells) {
      if (seen.exit_code != 0) {
        out << "  " << line.row << ", " << name_of(situation) << ": " << last_line(seen.text) << "\n";
      }
    }
  }
  return out.str();
}

}  // namespace portcullis::matrix
