// SPDX-License-Identifier: Apache-2.0
#include "report_json.hpp"

#include "portcullis/util/safe_text.hpp"
#include "report.hpp"
#include "report_words.hpp"

namespace portcullis::cli {
namespace {

using util::safe_text;

Json to_json(const findings::Reason& reason) {
  Json json{{"action", findings::to_string(reason.action)},
            {"severity", findings::to_string(reason.severity)},
            {"code", safe_text(reason.code)},
            {"text", safe_text(reason.text, kProseLimit)}};
  if (!reason.waiver.empty()) json["waiver"] = safe_text(reason.waiver);
  return json;
}

Json to_json(const findings::Finding& finding) {
  Json json{{"source", findings::to_string(finding.source)},
            {"rule", safe_text(finding.rule)},
            {"severity", findings::to_string(finding.severity)},
            {"description", safe_text(finding.description, kProseLimit)},
            {"path", safe_text(finding.path, kProseLimit)}};
  const auto put = [&json](const char* name, const std::string& value) {
    if (!value.empty()) json[name] = safe_text(value, kProseLimit);
  };
  put("rule_file", finding.rule_namespace);
  put("sha256", finding.file_hash);
  put("author", finding.author);
  put("license", finding.license);
  put("reference", finding.reference);
  Json techniques = Json::array();
  for (const std::string& technique : finding.techniques) techniques.push_back(safe_text(technique));
  json["techniques"] = std::move(techniques);
  Json strings = Json::array();
  for (const findings::MatchedString& match : finding.strings) {
    strings.push_back({{"identifier", safe_text(match.identifier)},
                       {"offset", match.offset},
                       {"data", safe_text(match.data, kProseLimit)},
                       {"before", safe_text(match.before, kProseLimit)},
                       {"after", safe_text(match.after, kProseLimit)}});
  }
  json["strings"] = std::move(strings);
  return json;
}

Json to_json(const findings::NameVerdict& name) {
  Json json{{"component", safe_text(name.component)},
            {"operation", safe_text(name.operation)},
            {"severity", findings::to_string(name.severity)},
            {"text", safe_text(name.text, kProseLimit)}};
  if (!name.suggestion.empty()) json["suggestion"] = safe_text(name.suggestion);
  return json;
}

Json to_json(const Report& report, const ReportedBlob& blob) {
  Json json{{"digest", blob.digest.empty() ? Json() : Json(safe_text(blob.digest))},
            {"place", safe_text(blob.place)}};
  if (const std::size_t number = layer_number(blob); number != 0) {
    json["layer"] = number;
    json["layers"] = layer_count(report);
  }
  if (const std::string made = made_by(report, blob); !made.empty()) json["made_by"] = made;
  json["outcome"] = findings::to_string(blob.result.outcome);
  if (!blob.result.reason.empty()) json["reason"] = safe_text(blob.result.reason, kProseLimit);
  json["entries"] = blob.result.counts.entries;
  json["files"] = blob.result.counts.files;
  json["bytes_unpacked"] = blob.result.counts.bytes_unpacked;
  Json found = Json::array();
  for (const findings::Finding& finding : blob.result.findings) found.push_back(to_json(finding));
  json["findings"] = std::move(found);
  if (blob.result.findings_truncated) json["findings_truncated"] = true;
  return json;
}

}  // namespace

std::string dump_for_logs(const Json& json) {
  constexpr std::string_view kEscaped = "#\\u0023";
  std::string text = json.dump(2) + "\n";
  for (std::size_t at = text.find("##"); at != std::string::npos;
       at = text.find("##", at + kEscaped.size())) {
    text.replace(at, 2, kEscaped);
  }
  return text;
}

Json to_json(const Report& report) {
  Json json{{"schema", "portcullis.scan/1"}, {"image", safe_text(report.image, kProseLimit)}};
  if (!report.platform.empty()) json["platform"] = safe_text(report.platform);
  json["digest"] = report.digest.empty() ? Json() : Json(safe_text(report.digest));
  json["verdict"] = name_of(report.verdict);
  if (report.enforcement == Enforcement::audit) json["audit"] = true;
  if (!report.message.empty()) json["message"] = safe_text(report.message, kProseLimit);
  if (!report.report_id.empty()) json["report_id"] = safe_text(report.report_id);
  json["conclusion"] = conclusion(report);
  if (const std::string next = next_step(report); !next.empty()) json["next"] = next;
  json["reasons"] = Json::array();
  for (const findings::Reason& reason : report.reasons) json["reasons"].push_back(to_json(reason));
  if (!report.names.empty()) {
    json["names"] = Json::array();
    for (const findings::NameVerdict& name : report.names) json["names"].push_back(to_json(name));
  }
  json["blobs"] = Json::array();
  for (const ReportedBlob& blob : report.blobs) json["blobs"].push_back(to_json(report, blob));
  return json;
}

std::string render_json(const std::vector<Report>& reports, Asked asked) {
  if (asked == Asked::one && reports.size() == 1) return dump_for_logs(to_json(reports.front()));
  Json json{{"schema", "portcullis.scans/1"}, {"verdict", name_of(worst(reports))}};
  json["reports"] = Json::array();
  for (const Report& report : reports) json["reports"].push_back(to_json(report));
  return dump_for_logs(json);
}

}  // namespace portcullis::cli
