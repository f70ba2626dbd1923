// SPDX-License-Identifier: Apache-2.0
//
// The report for people: what the verdict is, then layer by layer what was found, then what to do.
#include <algorithm>
#include <map>

#include "report.hpp"
#include "report_words.hpp"

namespace portcullis::cli {
namespace {

using findings::Finding;
using findings::Severity;

/// Lines, coloured and broken as the style says. What was put together for a line is safe text.
class Page {
 public:
  explicit Page(const Style& style) : style_(style) {}

  std::string paint(const char* sequence, std::string text) const {
    if (style_.colour == Colour::off) return text;
    return std::string("\033[") + sequence + "m" + text + "\033[0m";
  }
  std::string bold(std::string text) const { return paint("1", std::move(text)); }

  void blank() { text_ += '\n'; }
  /// `first` begins the first line and `next` the others; both count as one column a byte.
  void line(const std::string& first, const std::string& next, const std::string& text) {
    std::size_t left = room(first);
    std::string prefix = first;
    std::string rest = text;
    while (style_.width != 0 && rest.size() > left) {
      std::size_t cut = rest.rfind(' ', left);
      if (cut == std::string::npos || cut == 0) cut = rest.find(' ');
      if (cut == std::string::npos) break;
      text_ += prefix + rest.substr(0, cut) + '\n';
      rest.erase(0, cut + 1);
      prefix = next;
      left = room(next);
    }
    text_ += prefix + rest + '\n';
  }
  void line(const std::string& text) { line("", "", text); }
  void raw(const std::string& text) { text_ += text + '\n'; }

  std::string text() && { return std::move(text_); }

 private:
  std::size_t room(const std::string& prefix) const {
    constexpr std::size_t kLeast = 20;
    return std::max(style_.width, prefix.size() + kLeast) - prefix.size();
  }

  Style style_;
  std::string text_;
};

const char* colour_of(Severity severity) {
  return severity >= Severity::high ? "31" : severity == Severity::medium ? "33" : "36";
}

const char* colour_of(Verdict verdict) {
  return verdict == Verdict::allow ? "32" : verdict == Verdict::warn ? "33" : "31";
}

bool is_clean(const ReportedBlob& blob) {
  return blob.result.outcome == findings::Outcome::complete && blob.result.findings.empty();
}

std::string techniques(const Finding& finding) {
  std::string text;
  for (const std::string& id : finding.techniques) text += (text.empty() ? " [" : ", ") + shown(id);
  return text.empty() ? text : text + "]";
}

/// `high  miner_xmrig  Cryptocurrency miner [T1496]`, and what a waiver did to it.
void put_finding(Page& page, const Report& report, const Finding& finding, const std::string& indent) {
  // Severities are padded to the longest, "critical", outside the colour.
  const std::string severity(findings::to_string(finding.severity));
  const std::string padding(severity.size() < 8 ? 8 - severity.size() : 0, ' ');
  std::string text = shown(finding.rule) + "  " + shown(finding.description) + techniques(finding);
  const findings::Reason* reason = reason_for(report, finding);
  if (reason != nullptr && !reason->waiver.empty()) text += "  (waived by " + shown(reason->waiver) + ")";
  const std::string label = page.paint(colour_of(finding.severity), severity) + padding + "  ";
  page.line(indent + label, indent + std::string(10, ' '), text);
}

void put_findings(Page& page, const Report& report, const ReportedBlob& blob) {
  std::map<std::string, std::vector<const Finding*>> by_file;
  for (const Finding& finding : blob.result.findings) by_file[finding.path].push_back(&finding);
  std::size_t left = by_file.size() + (blob.result.findings_truncated ? 1 : 0);
  for (auto& [path, found] : by_file) {
    const bool last = --left == 0;
    page.raw((last ? "  `- " : "  |- ") + (path.empty() ? "(the whole of it)" : shown(path, kPathLimit)));
    std::ranges::stable_sort(found, std::greater(), &Finding::severity);
    for (const Finding* finding : found) put_finding(page, report, *finding, last ? "     " : "  |  ");
  }
  if (blob.result.findings_truncated) page.raw("  `- more was found than is kept; these are the worst");
}

void put_blob(Page& page, const Report& report, const ReportedBlob& blob) {
  const auto& result = blob.result;
  std::string title = page.bold(title_of(report, blob));
  if (!blob.digest.empty()) title += "  " + shown(blob.digest);
  page.raw(title);
  if (const std::string made = made_by(report, blob); !made.empty()) page.line("  made by ", "    ", made);
  if (result.outcome != findings::Outcome::complete) {
    page.line("  the check did not end: ", "    ",
              std::string(findings::to_string(result.outcome)) + ": " + shown(result.reason, kPathLimit));
  }
  put_findings(page, report, blob);
}

/// Neighbours without a finding, as one line.
void put_clean(Page& page, const Report& report, const ReportedBlob* first, const ReportedBlob* end) {
  std::uint64_t files = 0;
  for (const ReportedBlob* blob = first; blob != end; ++blob) files += blob->result.counts.files;
  std::string title = title_of(report, *first);
  if (end - first > 1) {
    title = "layers " + std::to_string(layer_number(*first)) + " to " + title_of(report, end[-1]).substr(6);
  }
  const bool counts = layer_number(*first) != 0 || first->digest.empty();
  page.raw(title + ": nothing found" + (counts ? " in " + counted(files, "file", "files") : ""));
}

void put_blobs(Page& page, const Report& report) {
  const ReportedBlob* const end = report.blobs.data() + report.blobs.size();
  for (const ReportedBlob* blob = report.blobs.data(); blob != end;) {
    if (!is_clean(*blob)) {
      put_blob(page, report, *blob++);
      continue;
    }
    const ReportedBlob* const first = blob++;
    while (blob != end && is_clean(*blob) && layer_number(*first) != 0 &&
           layer_number(*blob) == layer_number(blob[-1]) + 1) {
      ++blob;
    }
    put_clean(page, report, first, blob);
  }
}

void put_reasons(Page& page, const Report& report) {
  for (const findings::Reason* reason : other_reasons(report)) {
    std::string text = shown(reason->text, kProseLimit);
    if (text == shown(report.message, kProseLimit)) continue;
    page.line("  also: ", "    ", text);
  }
}

void put_report(Page& page, const Report& report) {
  page.raw(page.bold(shown(report.image, kPathLimit)) + ": " +
           page.paint(colour_of(report.verdict), headline(report)));
  std::string which = shown(report.platform);
  if (!report.digest.empty()) which += (which.empty() ? "" : "  ") + shown(report.digest);
  if (!which.empty()) page.raw("  " + which);
  if (!report.message.empty()) page.line("  ", "  ", shown(report.message, kProseLimit));
  put_reasons(page, report);
  if (!report.blobs.empty()) page.blank();
  put_blobs(page, report);
  page.blank();
  page.line(conclusion(report));
  if (const std::string next = next_step(report); !next.empty()) page.line(next);
  if (!report.report_id.empty() && report.verdict != Verdict::allow) {
    page.line("Report " + shown(report.report_id) + "; --format json has hashes and what matched.");
  }
}

/// For several images: how many of each, after all of them.
std::string tally(const std::vector<Report>& reports) {
  std::string text = counted(reports.size(), "image", "images") + ":";
  std::map<std::string_view, std::size_t> by_headline;
  for (const Report& report : reports) ++by_headline[headline(report)];
  const char* separator = " ";
  for (const auto& [words, count] : by_headline) {
    text.append(separator).append(std::to_string(count)).append(" ").append(words);
    separator = ", ";
  }
  return text + ".";
}

}  // namespace

std::string render_text(const std::vector<Report>& reports, const Style& style) {
  Page page(style);
  for (const Report& report : reports) {
    put_report(page, report);
    if (reports.size() > 1) page.blank();
  }
  if (reports.size() > 1) page.line(tally(reports));
  return std::move(page).text();
}

}  // namespace portcullis::cli
