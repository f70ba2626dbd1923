// SPDX-License-Identifier: Apache-2.0
//
// The report for people: what the verdict is, then layer by layer what was found, then what to do.
#include <algorithm>
#include <map>

#include "report.hpp"
#include "report_page.hpp"
#include "report_words.hpp"

namespace portcullis::cli {
namespace {

using findings::Finding;

bool is_clean(const ReportedBlob& blob) {
  return blob.result.outcome == findings::Outcome::complete && blob.result.findings.empty();
}

std::string techniques(const Finding& finding) {
  std::string text;
  for (const std::string& id : finding.techniques) text += (text.empty() ? " [" : ", ") + shown(id);
  return text.empty() ? text : text + "]";
}

/// `high  miner_xmrig  Cryptocurrency miner [T1496]`, and what a waiver did to it.
void put_finding(Page& page, const ReasonIndex& reasons, const Finding& finding, const std::string& indent) {
  // Severities are padded to the longest, "critical", outside the colour.
  const std::string severity(findings::to_string(finding.severity));
  const std::string padding(severity.size() < 8 ? 8 - severity.size() : 0, ' ');
  std::string text = shown(finding.rule) + "  " + shown(finding.description) + techniques(finding);
  if (const std::string waiver = reasons.waiver_of(finding); !waiver.empty())
    text += "  (waived by " + waiver + ")";
  const std::string label = page.paint(colour_of(finding.severity), severity) + padding + "  ";
  page.line(indent + label, indent + std::string(10, ' '), text);
}

void put_findings(Page& page, const ReasonIndex& reasons, const ReportedBlob& blob) {
  std::map<std::string, std::vector<const Finding*>> by_file;
  for (const Finding& finding : blob.result.findings) by_file[finding.path].push_back(&finding);
  std::size_t left = by_file.size() + (blob.result.findings_truncated ? 1 : 0);
  for (auto& [path, found] : by_file) {
    const bool last = --left == 0;
    page.raw((last ? "  `- " : "  |- ") + (path.empty() ? "(the whole of it)" : shown(path, kPathLimit)));
    std::ranges::stable_sort(found, std::greater(), &Finding::severity);
    for (const Finding* finding : found) put_finding(page, reasons, *finding, last ? "     " : "  |  ");
  }
  if (blob.result.findings_truncated) page.raw("  `- more was found than is kept; these are the worst");
}

void put_blob(Page& page, const Report& report, const ReasonIndex& reasons, const ReportedBlob& blob) {
  const auto& result = blob.result;
  std::string title = page.bold(title_of(report, blob));
  if (!blob.digest.empty()) title += "  " + shown(blob.digest);
  page.raw(title);
  if (const std::string made = made_by(report, blob); !made.empty()) page.line("  made by ", "    ", made);
  if (result.outcome != findings::Outcome::complete) {
    page.line("  the check did not end: ", "    ",
              std::string(findings::to_string(result.outcome)) + ": " + shown(result.reason, kPathLimit));
  }
  put_findings(page, reasons, blob);
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
  const ReasonIndex reasons(report);
  const ReportedBlob* const end = report.blobs.data() + report.blobs.size();
  for (const ReportedBlob* blob = report.blobs.data(); blob != end;) {
    if (!is_clean(*blob)) {
      put_blob(page, report, reasons, *blob++);
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
