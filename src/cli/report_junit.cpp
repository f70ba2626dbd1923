// SPDX-License-Identifier: Apache-2.0
//
// What Jenkins, GitLab and Azure show as tests. Written so that the XML schema of Ant's format holds, the
// strictest of those in use: an order of elements, a timestamp without zone, no more than one failure a case.
#include <algorithm>

#include "report.hpp"
#include "report_words.hpp"

namespace portcullis::cli {
namespace {

/// Of safe text, which is printable ASCII.
std::string escaped(std::string_view safe) {
  std::string out;
  for (const char c : safe) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&apos;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string attribute(const char* name, std::string_view safe) {
  return std::string(" ") + name + "=\"" + escaped(safe) + "\"";
}

/// Of one case.
struct Trouble {
  enum class Kind { none, failure, error } kind = Kind::none;
  std::string message = {};
  std::string text = {};
};

struct Suite {
  std::string image;
  std::string cases = {};
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;

  void add(std::string_view name, const Trouble& trouble) {
    ++tests;
    cases += "    <testcase" + attribute("name", name) + attribute("classname", image) + " time=\"0\"";
    if (trouble.kind == Trouble::Kind::none) {
      cases += "/>\n";
      return;
    }
    const bool failure = trouble.kind == Trouble::Kind::failure;
    ++(failure ? failures : errors);
    const std::string element = failure ? "failure" : "error";
    cases += ">\n      <" + element + attribute("message", trouble.message) +
             attribute("type", failure ? "blocked" : "could not be judged") + ">" + escaped(trouble.text) +
             "</" + element + ">\n    </testcase>\n";
  }
};

/// Of the part alone: what in it makes the image fail.
Trouble trouble_of(const Report& report, const ReportedBlob& blob, const ReasonIndex& reasons) {
  Trouble trouble;
  for (const findings::Finding& finding : blob.result.findings) {
    const findings::Reason* reason = reasons.of(finding);
    if (reason == nullptr || reason->action != findings::Action::block) continue;
    const std::string text = shown(finding.rule) + " (" + std::string(findings::to_string(finding.severity)) +
                             "): " + shown(finding.path, kPathLimit) + ": " + shown(finding.description);
    if (trouble.kind == Trouble::Kind::none) trouble = {Trouble::Kind::failure, text};
    trouble.text += text + "\n";
  }
  if (trouble.kind == Trouble::Kind::none && blob.result.outcome != findings::Outcome::complete &&
      report.verdict == Verdict::error) {
    trouble.kind = Trouble::Kind::error;
    trouble.message = "the check did not end: " + std::string(findings::to_string(blob.result.outcome));
    trouble.text = shown(blob.result.reason, kProseLimit);
  }
  const std::string made = made_by(report, blob);
  if (trouble.kind != Trouble::Kind::none && !made.empty()) trouble.text += "\nmade by " + made;
  return trouble;
}

/// Of all that is no part: the name, the manifest. Also of what no part shows, so that no image passes here
/// that does not pass.
Trouble trouble_of_whole(const Report& report, const Suite& parts) {
  Trouble trouble;
  for (const findings::Reason* reason : other_reasons(report)) {
    if (reason->code.starts_with("outcome:") && parts.errors != 0) continue;  // said of its part
    if (reason->action == findings::Action::block) trouble.text += shown(reason->text, kProseLimit) + "\n";
  }
  if (trouble.text.empty() && parts.failures + parts.errors != 0) return trouble;
  trouble.kind = report.verdict == Verdict::error ? Trouble::Kind::error : Trouble::Kind::failure;
  trouble.message = report.message.empty() ? conclusion(report) : shown(report.message, kProseLimit);
  return trouble;
}

/// No name may be empty.
std::string name_of(const Report& report) { return report.image.empty() ? "image" : shown(report.image); }

std::string suite_of(const Report& report, std::size_t id, util::TimePoint at) {
  const bool fails = exit_code(report) != kClean;
  const ReasonIndex reasons(report);
  Suite suite{name_of(report)};
  for (const ReportedBlob& blob : report.blobs) {
    suite.add(title_of(report, blob), fails ? trouble_of(report, blob, reasons) : Trouble());
  }
  suite.add("name and manifest", fails ? trouble_of_whole(report, suite) : Trouble());

  std::string text = "  <testsuite" + attribute("name", suite.image) + attribute("package", "portcullis") +
                     attribute("id", std::to_string(id)) + attribute("hostname", "localhost") +
                     attribute("timestamp", util::to_rfc3339(at).substr(0, 19)) +
                     attribute("tests", std::to_string(suite.tests)) +
                     attribute("failures", std::to_string(suite.failures)) +
                     attribute("errors", std::to_string(suite.errors)) + " time=\"0\">\n    <properties>\n";
  const auto property = [&text](const char* name, const std::string& value) {
    if (value.empty()) return;
    text += "      <property" + attribute("name", name) + attribute("value", value) + "/>\n";
  };
  property("verdict", name_of(report.verdict));
  property("digest", shown(report.digest));
  property("platform", shown(report.platform));
  property("report", shown(report.report_id));
  return text + "    </properties>\n" + suite.cases + "    <system-out>" +
         escaped(render_text({report}, {})) + "</system-out>\n    <system-err/>\n  </testsuite>\n";
}

}  // namespace

std::string render_junit(const std::vector<Report>& reports, util::TimePoint at) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  std::size_t id = 0;
  for (const Report& report : reports) text += suite_of(report, id++, at);
  return text + "</testsuites>\n";
}

}  // namespace portcullis::cli
