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
    case Limit::no_manifest:
      return " (3)";
  }
  return "";
}

constexpr std::string_view kNotes =
    "1. What the upstream does not have is answered with its own 404. The client asks the origin, which says "
    "the\n"
    "   same.\n"
    "2. Nobody is there to refuse. Where this matters use a row that holds, or egress control.\n"
    "3. Only an image whose layers are refused stops this client as a mirror, and without an upstream there "
    "is no\n"
    "   manifest to begin with. What was pulled before is served or refused from the cache.\n";

std::string in_cell(const Cell& cell) {
  if (cell.outcome == Outcome::asks_origin) return "asks the origin" + std::string(mark(cell.limit));
  return cell.outcome == Outcome::held ? "**holds**" : "served";
}

bool has(Limit limit) {
  for (const auto& row : expected()) {
    for (const auto& cell : row.cells) {
      if (cell.limit == limit) return true;
    }
  }
  return false;
}

std::string notes() {
  const std::string text(kNotes);
  return has(Limit::no_manifest) ? text : text.substr(0, text.find("3. "));
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
    text.append(" `... ").append(row.at(Situation::blocked).message).append("...` |\n");
  }
  return text + "\n" + notes() + "\n";
}

}  // namespace portcullis::matrix
