// SPDX-License-Identifier: Apache-2.0
//
// Everything that is not ours stands in code spans: no markup, no link, no mention and no HTML is read there.
#include <algorithm>

#include "report.hpp"
#include "report_words.hpp"

namespace portcullis::cli {
namespace {

constexpr std::size_t kMostRows = 50;

/// Of safe text. What would end the span, or the cell of a table, is written as an escape.
std::string span_of(std::string_view safe) {
  if (safe.empty()) return {};
  std::string out = "`";
  for (const char c : safe) {
    if (c == '`') {
      out += "\\x60";
    } else if (c == '|') {
      out += "\\x7c";
    } else {
      out += c;
    }
  }
  return out + "`";
}

std::string quote(std::string_view raw) { return span_of(shown(raw)); }

std::string row(std::initializer_list<std::string> cells) {
  std::string text = "|";
  for (const std::string& cell : cells) text += " " + cell + " |";
  return text + "\n";
}

std::string findings_of(const Report& report) {
  const std::vector<Found> all = worst_first(report);
  if (all.empty()) return {};
  const ReasonIndex reasons(report);
  std::string text = row({"severity", "where", "what", "rule"}) + row({"---", "---", "---", "---"});
  for (const Found& found : all) {
    if (&found == all.data() + kMostRows) break;
    const findings::Finding& finding = *found.finding;
    std::string where = finding.path.empty() ? "" : span_of(shown(finding.path, kPathLimit)) + " in ";
    where += span_of(title_of(report, *found.blob));
    const std::string waiver = reasons.waiver_of(finding);
    std::string severity(findings::to_string(finding.severity));
    if (found.action == findings::Action::block) severity = "**" + severity + "**";
    if (!waiver.empty()) severity += ", waived by " + span_of(waiver);
    text += row({severity, where, quote(finding.description), quote(finding.rule)});
  }
  if (all.size() > kMostRows) {
    text += "\nThe worst " + std::to_string(kMostRows) + " of " + counted(all.size(), "finding", "findings") +
            ".\n";
  }
  return text + "\n";
}

std::string result_of(const ReportedBlob& blob) {
  if (blob.result.outcome != findings::Outcome::complete) {
    return "check did not end: " + span_of(findings::to_string(blob.result.outcome)) + " " +
           quote(blob.result.reason);
  }
  const std::size_t count = blob.result.findings.size();
  return count == 0 ? "nothing found" : counted(count, "finding", "findings");
}

std::string parts_of(const Report& report) {
  if (report.blobs.empty()) return {};
  std::string text = "<details><summary>" + counted(report.blobs.size(), "part", "parts") + "</summary>\n\n" +
                     row({"part", "result", "files", "made by", "digest"}) +
                     row({"---", "---", "---:", "---", "---"});
  for (const ReportedBlob& blob : report.blobs) {
    text += row({span_of(title_of(report, blob)), result_of(blob), std::to_string(blob.result.counts.files),
                 span_of(made_by(report, blob)), quote(blob.digest)});
  }
  return text + "\n</details>\n\n";
}

std::string section(const Report& report) {
  std::string text =
      "### " + quote(report.image) + ": " + headline(report) + "\n\n" + conclusion(report, quote) + "\n\n";
  if (report.verdict != Verdict::allow && !report.message.empty()) {
    text += "Why: " + span_of(shown(report.message, kProseLimit)) + "\n\n";
  }
  for (const findings::Reason* reason : other_reasons(report)) {
    if (reason->text != report.message) text += "- " + span_of(shown(reason->text, kProseLimit)) + "\n\n";
  }
  if (const std::string next = next_step(report, quote); !next.empty()) text += next + "\n\n";
  text += findings_of(report) + parts_of(report);
  std::string facts;
  const auto add = [&facts](const char* name, const std::string& value) {
    if (!value.empty()) facts.append(facts.empty() ? "" : ", ").append(name).append(quote(value));
  };
  add("platform ", report.platform);
  add("digest ", report.digest);
  add("report ", report.report_id);
  return facts.empty() ? text : text + facts + "\n\n";
}

}  // namespace

std::string render_markdown(const std::vector<Report>& reports) {
  std::string text = "## Portcullis\n\n";
  if (reports.size() > 1) text += tally(reports) + "\n\n";
  for (const Report& report : reports) text += section(report);
  text.pop_back();
  return text;
}

}  // namespace portcullis::cli
