// SPDX-License-Identifier: Apache-2.0
#include "report_samples.hpp"

namespace portcullis::cli {
namespace {

using findings::Action;
using findings::Severity;

std::string digest_of(char letter) { return "sha256:" + std::string(64, letter); }

ReportedBlob blob(const char* place, char letter, std::uint64_t files) {
  ReportedBlob blob{digest_of(letter), place, {}, {}};
  blob.result.outcome = findings::Outcome::complete;
  blob.result.counts.files = files;
  blob.result.counts.entries = files + 2;
  blob.result.counts.bytes_unpacked = files * 1000;
  return blob;
}

findings::Finding finding(const char* rule, Severity severity, const char* path, const char* description) {
  findings::Finding finding;
  finding.rule = rule;
  finding.rule_namespace = "rules/sample.yar";
  finding.severity = severity;
  finding.path = path;
  finding.description = description;
  finding.techniques = {"T1496"};
  finding.file_hash = std::string(64, 'e');
  finding.strings = {{"$a", 12, "stratum+tcp://", "x", "y"}};
  return finding;
}

findings::Reason reason(Action action, Severity severity, const char* code, const char* text,
                        const char* waiver = "") {
  return {action, severity, code, text, waiver};
}

}  // namespace

Report clean_report() {
  Report report;
  report.image = "registry.example.com/team/app:1.4";
  report.platform = "linux/amd64";
  report.digest = digest_of('d');
  report.verdict = Verdict::allow;
  report.report_id = "7f3k2m9x";
  report.blobs = {blob("config", '0', 1), blob("layer 1", '1', 12000), blob("layer 2", '2', 3),
                  blob("layer 3", '3', 1)};
  oci::ImageConfig config;
  config.diff_ids = {oci::Digest::of("1"), oci::Digest::of("2"), oci::Digest::of("3")};
  config.history = {{"/bin/sh -c #(nop) ADD file:1234 in / ", "", false},
                    {"/bin/sh -c #(nop)  CMD [\"bash\"]", "", true},
                    {"|1 NPM_TOKEN=hunter2 /bin/sh -c make install", "", false},
                    {"COPY app /usr/bin/app # buildkit", "buildkit.dockerfile.v0", false}};
  report.config = config;
  return report;
}

Report blocked_report() {
  Report report = clean_report();
  report.verdict = Verdict::block;
  report.message = "rule miner_xmrig (critical) matched usr/bin/x in layer 2";
  report.reasons = {
      reason(Action::block, Severity::critical, "rule:miner_xmrig",
             "rule miner_xmrig (critical) matched usr/bin/x in layer 2"),
      reason(Action::warn, Severity::high, "rule:reverse_shell",
             "rule reverse_shell (high) matched usr/bin/x in layer 2; waived by ticket-4711", "ticket-4711")};
  report.blobs[2].result.findings = {
      finding("reverse_shell", Severity::high, "usr/bin/x", "Opens a shell to another machine"),
      finding("miner_xmrig", Severity::critical, "usr/bin/x", "Cryptocurrency miner XMRig"),
      finding("reverse_shell", Severity::high, "opt/app.jar!/run.sh", "Opens a shell to another machine")};
  return report;
}

Report warned_report() {
  Report report = clean_report();
  report.image = "nginxx:1.27";
  report.verdict = Verdict::warn;
  report.message = "repository nginxx looks like nginx (repetition)";
  report.reasons = {reason(Action::warn, Severity::medium, "name:repository",
                           "repository nginxx looks like nginx (repetition)"),
                    reason(Action::warn, Severity::low, "config:config_secret_env",
                           "check config_secret_env (low) flagged the image config")};
  findings::NameVerdict name;
  name.component = "repository";
  name.operation = "repetition";
  name.severity = Severity::medium;
  name.text = "repository nginxx looks like nginx (repetition)";
  name.suggestion = "nginx";
  report.names = {name};
  auto found = finding("config_secret_env", Severity::low, "", "A secret in the environment");
  found.source = findings::Source::config_check;
  report.blobs[0].result.findings = {found};
  return report;
}

Report unjudged_report() {
  Report report = clean_report();
  report.verdict = Verdict::error;
  report.message = "layer 3 could not be judged: timed out (60 s)";
  report.reasons = {reason(Action::block, Severity::high, "outcome:timed_out",
                           "layer 3 could not be judged: timed out (60 s)")};
  report.blobs[3].result.outcome = findings::Outcome::timed_out;
  report.blobs[3].result.reason = "60 s";
  return report;
}

Report name_report() {
  Report report;
  report.image = "ghrc.io/owner/app";
  report.verdict = Verdict::block;
  report.message = "BLOCKED by Portcullis: registry ghrc.io looks like ghcr.io (adjacent-swap)";
  findings::NameVerdict name;
  name.component = "registry";
  name.operation = "adjacent-swap";
  name.text = "registry ghrc.io looks like ghcr.io (adjacent-swap)";
  name.suggestion = "ghcr.io/owner/app";
  report.names = {name};
  return report;
}

std::vector<std::string> hostile_texts() {
  return {"plain",
          "",
          "::error title=x::owned",
          " ::set-output name=a::b",
          "a\n::add-mask::x\r\n##[group]x",
          "##vso[task.setvariable variable=x]y",
          "##teamcity[x]",
          "%0A::warning::y, a:b",
          "\x1b[2J\x1b]0;owned\x07",
          "\xe2\x80\xae\xd7\x90rtl\xe2\x80\xac",
          "]]> </failure><testcase name='x'/> &amp; &#10; <!--",
          "<script>alert(1)</script>\"'",
          "` | `code` || [x](javascript:alert(1)) ![i](http://example.com/i.png) @all #1",
          "</details>\n# Heading\n| a | b |",
          "[link](http://example.com) {0} {1}",
          "\\x41\\",
          "../../etc/passwd",
          std::string("nul\0in", 6),
          std::string(4096, 'n'),
          std::string(2000, '`') + std::string(2000, '|'),
          "\xff\xfe\x80"};
}

Report hostile_report(const std::string& text) {
  Report report = blocked_report();
  report.image = text;
  report.platform = text;
  report.digest = text;
  report.message = text;
  report.report_id = text;
  report.reasons.push_back({Action::block, Severity::high, "manifest:" + text, text, text});
  report.reasons.push_back({Action::block, Severity::high, text, text, text});
  findings::NameVerdict name;
  name.component = name.operation = name.text = name.subject = name.suggestion = text;
  report.names = {name};
  findings::Finding bad = finding("", Severity::critical, "", "");
  bad.rule = bad.rule_namespace = bad.path = bad.description = bad.file_hash = text;
  bad.author = bad.license = bad.reference = text;
  bad.techniques = {text, text};
  bad.strings = {{text, 1, text, text, text}};
  for (ReportedBlob& blob : report.blobs) blob.result.findings.push_back(bad);
  report.blobs.push_back(report.blobs.back());
  report.blobs.back().digest = text;
  report.blobs.back().place = text;
  report.blobs.back().result.outcome = findings::Outcome::crashed;
  report.blobs.back().result.reason = text;
  for (auto& entry : report.config->history) entry.created_by = text;
  return report;
}

}  // namespace portcullis::cli
