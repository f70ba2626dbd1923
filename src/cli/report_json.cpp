// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "portcullis/util/safe_text.hpp"
#include "report.hpp"
#include "report_words.hpp"

namespace portcullis::cli {
namespace {

using Json = nlohmann::ordered_json;
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

Json to_json(const ReportedBlob& blob) {
  Json json{{"digest", blob.digest.empty() ? Json() : Json(safe_text(blob.digest))},
            {"place", safe_text(blob.place)},
            {"outcome", findings::to_string(blob.result.outcome)}};
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

Json to_json(const Report& report) {
  Json json{{"schema", "portcullis.scan/1"}, {"image", safe_text(report.image, kProseLimit)}};
  if (!report.platform.empty()) json["platform"] = safe_text(report.platform);
  json["digest"] = report.digest.empty() ? Json() : Json(safe_text(report.digest));
  json["verdict"] = name_of(report.verdict);
  if (report.enforcement == Enforcement::audit) json["audit"] = true;
  if (!report.message.empty()) json["message"] = safe_text(report.message, kProseLimit);
  if (!report.report_id.empty()) json["report_id"] = safe_text(report.report_id);
  json["reasons"] = Json::array();
  for (const findings::Reason& reason : report.reasons) json["reasons"].push_back(to_json(reason));
  json["blobs"] = Json::array();
  for (const ReportedBlob& blob : report.blobs) json["blobs"].push_back(to_json(blob));
  return json;
}

}  // namespace

std::string render_json(const std::vector<Report>& reports, Asked asked) {
  if (asked == Asked::one && reports.size() == 1) return to_json(reports.front()).dump(2) + "\n";
  Json json{{"schema", "portcullis.scans/1"}, {"verdict", name_of(worst(reports))}};
  json["reports"] = Json::array();
  for (const Report& report : reports) json["reports"].push_back(to_json(report));
  return json.dump(2) + "\n";
}

}  // namespace portcullis::cli
