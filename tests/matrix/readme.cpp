// SPDX-License-Identifier: Apache-2.0
#include "readme.hpp"

#include "expected.hpp"

namespace portcullis::matrix {
namespace {

constexpr Situation kColumns[] = {Situation::blocked, Situation::still_scanning, Situation::upstream_down,
                                  Situation::corrupt, Situation::absent,         Situation::portcullis_down};

std::string_view heading(Situation situation) {
  switch (situation) {
    case Situation::clean:
      break;
    case Situation::blocked:
      return "infected image";
    case Situation::still_scanning:
      return "scan takes too long";
    case Situation::upstream_down:
      return "upstream unreachable";
    case Situation::corrupt:
      return "upstream sends wrong bytes";
    case Situation::absent:
      return "no such image";
    case Situation::portcullis_down:
      return "Portcullis down";
  }
  return "";
}

std::string_view mark(Limit limit) {
  switch (limit) {
    case Limit::none:
      break;
    case Limit::truth:
      return " (1)";
    case Limit::no_answer:
      return " (2)";
  }
  return "";
}

constexpr std::string_view kNotes =
    "1. What the upstream does not have is answered with its own 404. The client asks the origin, which says "
    "the\n"
    "   same.\n"
    "2. Nobody is there to refuse. Where this matters use a row that holds, or egress control.\n";

std::string in_cell(const Cell& cell) {
  if (cell.outcome == Outcome::asks_origin) return "asks the origin" + std::string(mark(cell.limit));
  return cell.outcome == Outcome::held ? "**holds**" : "served";
}

std::string reading(const Cell& blocked) {
  auto text = "`... " + std::string(blocked.message) + "...`";
  if (!blocked.older.empty()) text += "; older versions `" + std::string(blocked.older) + "`";
  return text;
}

}  // namespace

std::string as_markdown() {
  std::string text = "\n| client | configuration |";
  std::string rule = "|---|---|";
  for (const auto situation : kColumns) {
    text.append(" ").append(heading(situation)).append(" |");
    rule += "---|";
  }
  text += " after a block people read |\n" + rule + "---|\n";
  for (const auto& row : expected()) {
    text.append("| ").append(row.client).append(" | ").append(row.configuration).append(" |");
    for (const auto situation : kColumns) text += " " + in_cell(row.at(situation)) + " |";
    text += " " + reading(row.at(Situation::blocked)) + " |\n";
  }
  return text + "\n" + std::string(kNotes) + "\n";
}

}  // namespace portcullis::matrix
