// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "portcullis/util/safe_text.hpp"
#include "report.hpp"

namespace portcullis::cli {
namespace {

using findings::Severity;
using util::safe_text;

constexpr std::size_t kPathLimit = 400;

class Painter {
 public:
  explicit Painter(Colour colour) : colour_(colour) {}
  std::string paint(const char* sequence, std::string text) const {
    if (colour_ == Colour::off) return text;
    return std::string("\033[") + sequence + "m" + text + "\033[0m";
  }
  std::string bold(std::string text) const { return paint("1", std::move(text)); }
  std::string severity(Severity severity) const {
    const char* sequence = severity >= Severity::high ? "31" : severity == Severity::medium ? "33" : "36";
    return paint(sequence, std::string(findings::to_string(severity)));
  }

 private:
  Colour colour_;
};

std::string headline(Verdict verdict, const Painter& painter) {
  switch (verdict) {
    case Verdict::allow:
      return painter.paint("32", "clean");
    case Verdict::warn:
      return painter.paint("33", "allowed, with findings");
    case Verdict::block:
      return painter.paint("31", "BLOCKED");
    case Verdict::error:
      break;
  }
  return painter.paint("31", "could not be judged");
}

const char* advice(Verdict verdict) {
  switch (verdict) {
    case Verdict::allow:
      return "";
    case Verdict::warn:
      return "Next: look at the findings; --fail-on SEVERITY makes them block.\n";
    case Verdict::block:
      return "Next: do not run it. Look at the files above; --format json shows hashes and what matched.\n";
    case Verdict::error:
      break;
  }
  return "Next: do not take it for clean. Remove the cause above and scan again.\n";
}

std::string techniques(const findings::Finding& finding) {
  std::string text;
  for (const std::string& id : finding.techniques) text += (text.empty() ? " [" : ", ") + safe_text(id);
  return text.empty() ? text : text + "]";
}

bool worse(const findings::Finding* a, const findings::Finding* b) { return a->severity > b->severity; }

std::string findings_of(const ReportedBlob& blob, const Painter& painter) {
  std::map<std::string, std::vector<const findings::Finding*>> by_file;
  for (const findings::Finding& finding : blob.result.findings) by_file[finding.path].push_back(&finding);
  std::string text;
  for (auto& [path, found] : by_file) {
    text += "  " + (path.empty() ? std::string("(the whole)") : safe_text(path, kPathLimit)) + "\n";
    std::stable_sort(found.begin(), found.end(), worse);
    for (const findings::Finding* finding : found) {
      text += "    " + safe_text(finding->rule) + "  " + painter.severity(finding->severity) + "  " +
              safe_text(finding->description) + techniques(*finding) + "\n";
    }
  }
  if (blob.result.findings_truncated) text += "  (more was found than is kept; these are the worst)\n";
  return text;
}

}  // namespace

std::string render_text(const Report& report, Colour colour) {
  const Painter painter(colour);
  std::string text =
      painter.bold(safe_text(report.image, kPathLimit)) + ": " + headline(report.verdict, painter) + "\n";
  if (!report.digest.empty()) text += "  " + safe_text(report.digest) + "\n";
  if (!report.message.empty()) text += "  " + safe_text(report.message, 1000) + "\n";
  std::uint64_t files = 0;
  for (const ReportedBlob& blob : report.blobs) {
    files += blob.result.counts.files;
    const bool complete = blob.result.outcome == findings::Outcome::complete;
    if (complete && blob.result.findings.empty()) continue;
    text.append("\n").append(painter.bold(safe_text(blob.place)));
    if (!blob.digest.empty()) text += "  " + safe_text(blob.digest);
    text += "\n";
    if (!complete) {
      text += "  scan ended: " + std::string(findings::to_string(blob.result.outcome)) + ": " +
              safe_text(blob.result.reason, kPathLimit) + "\n";
    }
    text += findings_of(blob, painter);
  }
  text += "\n";
  if (!report.blobs.empty()) {
    text.append("Scanned ").append(std::to_string(report.blobs.size()));
    text.append(report.blobs.size() == 1 ? " part, " : " parts, ");
    text.append(std::to_string(files)).append(" files.\n");
  }
  return text + advice(report.verdict);
}

}  // namespace portcullis::cli
