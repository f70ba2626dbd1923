// SPDX-License-Identifier: Apache-2.0
//
// Workflow commands: `::error title=...::message`, one a line. A percent sign, CR, LF and, in properties,
// colon and comma are escaped as actions/toolkit does it.
#include "report.hpp"
#include "report_words.hpp"

namespace portcullis::cli {
namespace {

/// GitHub shows ten of each kind for a step; the verdict of the image is one of them.
constexpr std::size_t kMostFindings = 9;

enum class Place { message, property };

std::string escaped(std::string_view text, Place place) {
  std::string out;
  for (const char c : text) {
    if (c == '%') {
      out += "%25";
    } else if (c == '\r') {
      out += "%0D";
    } else if (c == '\n') {
      out += "%0A";
    } else if (c == ':' && place == Place::property) {
      out += "%3A";
    } else if (c == ',' && place == Place::property) {
      out += "%2C";
    } else {
      out += c;
    }
  }
  return out;
}

std::string command(const char* level, std::string_view title, std::string_view message) {
  return std::string("::") + level + " title=" + escaped(title, Place::property) +
         "::" + escaped(message, Place::message) + "\n";
}

const char* level_of(const Report& report) {
  if (report.verdict == Verdict::allow) return "notice";
  return exit_code(report) == kClean ? "warning" : "error";
}

const char* level_of(const Report& report, findings::Action action) {
  if (action == findings::Action::allow) return "notice";
  const bool fails = action == findings::Action::block && exit_code(report) != kClean;
  return fails ? "error" : "warning";
}

std::string sentence(const Report& report, const Found& found) {
  const findings::Finding& finding = *found.finding;
  std::string text = shown(finding.description);
  if (text.empty()) text = shown(finding.rule);
  if (!finding.path.empty()) text += ": " + shown(finding.path, kPathLimit);
  text += " in " + title_of(report, *found.blob) + " of " + shown(report.image);
  if (const std::string made = made_by(report, *found.blob); !made.empty()) text += " (made by " + made + ")";
  return text;
}

}  // namespace

std::string render_github(const std::vector<Report>& reports) {
  std::string text;
  for (const Report& report : reports) {
    const std::string next = next_step(report);
    std::string verdict = conclusion(report);
    if (report.verdict != Verdict::allow && !report.message.empty()) {
      verdict += "\n" + shown(report.message, kProseLimit);
    }
    if (!next.empty()) verdict += "\n" + next;
    text +=
        command(level_of(report), "Portcullis: " + shown(report.image) + ": " + headline(report), verdict);
    std::size_t count = 0;
    for (const Found& found : worst_first(report)) {
      if (found.action == findings::Action::allow || ++count > kMostFindings) break;
      const std::string title =
          std::string(findings::to_string(found.finding->severity)) + ": " + shown(found.finding->rule);
      text += command(level_of(report, found.action), "Portcullis: " + title, sentence(report, found));
    }
  }
  return text;
}

}  // namespace portcullis::cli
