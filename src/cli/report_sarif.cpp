// SPDX-License-Identifier: Apache-2.0
//
// SARIF 2.1.0. A location is a path in the image, since there is no line of source to point at; code scanning
// wants a line all the same, and gets the first.
#include <algorithm>
#include <map>
#include <set>

#include "portcullis/util/hash.hpp"
#include "report.hpp"
#include "report_json.hpp"
#include "report_words.hpp"

namespace portcullis::cli {
namespace {

using findings::Action;
using findings::Severity;

/// GitHub shows so many of a run and refuses files with many more.
constexpr std::size_t kMostResults = 5000;
constexpr std::size_t kMostUriBytes = 1000;

/// A message may hold links, `[text](target)`, and places for arguments, `{0}`. Ours has neither.
Json message(std::string safe) {
  if (safe.empty()) safe = "no description";
  for (std::size_t at = safe.find("]("); at != std::string::npos; at = safe.find("](", at)) {
    safe.replace(at + 1, 1, "\\x28");
  }
  for (std::size_t at = safe.find('{'); at != std::string::npos; at = safe.find('{', at)) {
    safe.replace(at, 1, "\\x7b");
  }
  return {{"text", std::move(safe)}};
}

std::string uri_of(std::string_view path) {
  if (path.starts_with("./")) path.remove_prefix(2);
  while (path.starts_with('/')) path.remove_prefix(1);
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string uri;
  for (const char c : path.substr(0, kMostUriBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '/' || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      uri += c;
    } else {
      uri.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return uri;
}

Json location(const Report& report, std::string_view path, const std::string& part) {
  std::string uri = uri_of(path);
  if (uri.empty()) uri = uri_of(report.image);
  if (uri.empty()) uri = "image";
  std::string whole = shown(report.image);
  if (!report.digest.empty()) whole += "@" + shown(report.digest);
  return {{"physicalLocation", {{"artifactLocation", {{"uri", uri}}}, {"region", {{"startLine", 1}}}}},
          {"logicalLocations",
           Json::array({{{"name", part}, {"fullyQualifiedName", whole + " " + part}, {"kind", "module"}}})}};
}

const char* level_of(Action action) {
  return action == Action::block ? "error" : action == Action::warn ? "warning" : "note";
}

/// What GitHub sorts by, as a CVSS score.
const char* score_of(Severity severity) {
  constexpr const char* kScores[] = {"0.0", "3.0", "5.5", "8.0", "9.5"};
  return kScores[static_cast<std::size_t>(severity)];
}

class Run {
 public:
  void add(const Report& report) {
    const ReasonIndex reasons(report);
    for (const Found& found : worst_first(report)) {
      if (Json* result = add_result(code_of(*found.finding), found.action))
        fill(*result, report, found, reasons);
    }
    for (const findings::Reason* reason : other_reasons(report)) add(report, *reason);
    if (report.verdict == Verdict::error) {
      std::string why = conclusion(report);
      if (!report.message.empty()) why += " " + shown(report.message, kProseLimit);
      notify("error", std::move(why));
    }
    Json image{{"image", shown(report.image, kProseLimit)}, {"verdict", name_of(report.verdict)}};
    if (!report.digest.empty()) image["digest"] = shown(report.digest);
    if (!report.platform.empty()) image["platform"] = shown(report.platform);
    if (!report.report_id.empty()) image["report"] = shown(report.report_id);
    images_.push_back(std::move(image));
  }

  Json json(const std::vector<Report>& reports) && {
    if (left_out_ != 0)
      notify("warning", counted(left_out_, "result is", "results are") + " left out, not the worst");
    const bool judged =
        std::ranges::none_of(reports, [](const Report& r) { return r.verdict == Verdict::error; });
    Json invocation{{"executionSuccessful", judged}};
    if (!notes_.empty()) invocation["toolExecutionNotifications"] = std::move(notes_);
    Json run{{"tool",
              {{"driver",
                {{"name", "Portcullis"}, {"version", PORTCULLIS_VERSION}, {"rules", std::move(rules_)}}}}}};
    // Uploads of one commit replace each other unless they have names of their own.
    if (reports.size() == 1)
      run["automationDetails"] = {{"id", "portcullis/" + uri_of(reports[0].image) + "/"}};
    run["invocations"] = Json::array({std::move(invocation)});
    run["results"] = std::move(results_);
    run["columnKind"] = "utf16CodeUnits";
    run["properties"] = {{"images", std::move(images_)}};
    return run;
  }

 private:
  /// nullptr when there is no room.
  Json* add_result(const std::string& code, Action action) {
    if (results_.size() == kMostResults) {
      ++left_out_;
      return nullptr;
    }
    const auto [known, fresh] = rule_index_.try_emplace(code, rules_.size());
    if (fresh) rules_.push_back({{"id", code}});
    results_.push_back({{"ruleId", code}, {"ruleIndex", known->second}, {"level", level_of(action)}});
    return &results_.back();
  }

  /// What a result says of its rule. Of several results the first, which is the worst.
  void describe(const Json& result, const std::string& text, Severity severity, std::set<std::string> tags) {
    Json& rule = rules_[result.at("ruleIndex").get<std::size_t>()];
    if (rule.contains("shortDescription")) return;
    rule["shortDescription"] = message(text);
    rule["defaultConfiguration"] = {{"level", result.at("level")}};
    tags.insert("security");
    rule["properties"] = {{"tags", std::move(tags)}, {"security-severity", score_of(severity)}};
  }

  void fill(Json& result, const Report& report, const Found& found, const ReasonIndex& reasons) {
    const findings::Finding& finding = *found.finding;
    const std::string part = title_of(report, *found.blob);
    const std::string what =
        finding.description.empty() ? shown(finding.rule) : shown(finding.description, kProseLimit);
    std::string text = what + ": ";
    if (!finding.path.empty()) text += shown(finding.path, kPathLimit) + " in ";
    text += part + " of " + shown(report.image);
    if (const std::string made = made_by(report, *found.blob); !made.empty()) text += ", made by " + made;
    result["message"] = message(text);
    result["locations"] = Json::array({location(report, finding.path, part)});
    util::Hasher hasher;
    hasher.update(code_of(finding) + '\n' + finding.path + '\n' + finding.file_hash);
    result["partialFingerprints"] = {{"portcullis/v1", hasher.finish_hex()}};
    if (const std::string waiver = reasons.waiver_of(finding); !waiver.empty()) {
      result["suppressions"] = Json::array({{{"kind", "external"}, {"justification", "waiver " + waiver}}});
    }
    result["properties"] = {{"severity", findings::to_string(finding.severity)},
                            {"layer", shown(found.blob->digest)}};
    if (!finding.file_hash.empty()) result["properties"]["sha256"] = shown(finding.file_hash);
    std::set<std::string> tags;
    for (const std::string& technique : finding.techniques) tags.insert(shown(technique));
    describe(result, what, finding.severity, std::move(tags));
  }

  void add(const Report& report, const findings::Reason& reason) {
    Json* result = add_result(shown(reason.code), reason.action);
    if (result == nullptr) return;
    (*result)["message"] = message(shown(report.image) + ": " + shown(reason.text, kProseLimit));
    (*result)["locations"] = Json::array({location(report, "", "name and manifest")});
    if (!reason.waiver.empty()) {
      (*result)["suppressions"] =
          Json::array({{{"kind", "external"}, {"justification", "waiver " + shown(reason.waiver)}}});
    }
    describe(*result, shown(reason.code), reason.severity, {});
  }

  void notify(const char* level, std::string safe) {
    notes_.push_back({{"level", level}, {"message", message(std::move(safe))}});
  }

  std::map<std::string, std::size_t> rule_index_;
  Json rules_ = Json::array();
  Json results_ = Json::array();
  Json notes_ = Json::array();
  Json images_ = Json::array();
  std::size_t left_out_ = 0;
};

}  // namespace

std::string render_sarif(const std::vector<Report>& reports) {
  Run run;
  for (const Report& report : reports) run.add(report);
  const Json log{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                 {"version", "2.1.0"},
                 {"runs", Json::array({std::move(run).json(reports)})}};
  return dump_for_logs(log);
}

}  // namespace portcullis::cli
