// SPDX-License-Identifier: Apache-2.0
#include "policy_case.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "portcullis/gate/recorded.hpp"
#include "portcullis/oci/media_type.hpp"
#include "portcullis/util/files.hpp"
#include "portcullis/util/safe_text.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::cli {
namespace {

using findings::Finding;
using findings::Source;
using nlohmann::json;
using policy::Inputs;
using policy::ScannedBlob;

constexpr std::size_t kMaxReportBytes = 64u << 20;
constexpr std::string_view kSchema = "portcullis.scan/1";
constexpr std::string_view kName = "name:";

struct Kind {
  std::string_view prefix;  ///< as in the codes of reasons
  Source source;
};
constexpr Kind kKinds[] = {{"rule:", Source::yara},
                           {"layer:", Source::layer_check},
                           {"config:", Source::config_check},
                           {"manifest:", Source::manifest_check}};

tl::unexpected<util::Error> expected(std::string_view flag, std::string_view what, std::string_view saw) {
  return util::fail(util::ErrorKind::invalid, std::string(flag)
                                                  .append(": expected ")
                                                  .append(what)
                                                  .append(", saw \"")
                                                  .append(util::safe_text(saw))
                                                  .append("\""));
}

/// A place for what has none in a made-up image.
ScannedBlob& scanned(Inputs& inputs, const std::string& place) {
  for (auto& blob : inputs.blobs) {
    if (blob.place == place) return blob;
  }
  ScannedBlob blob{.digest = oci::Digest::of(place), .place = place};
  blob.result.outcome = findings::Outcome::complete;
  return inputs.blobs.emplace_back(std::move(blob));
}

void add_finding(Inputs& inputs, Finding finding) {
  if (finding.source == Source::manifest_check) {
    inputs.structure.push_back(std::move(finding));
    return;
  }
  const bool config = finding.source == Source::config_check;
  scanned(inputs, config ? "config" : "layer 1").result.findings.push_back(std::move(finding));
}

/// What a code of a reason says: `rule:miner`, `manifest:foreign_layer`, `name:registry`.
bool add_by_code(Inputs& inputs, std::string_view code, findings::Severity severity,
                 const std::string& file_hash, const std::string& text) {
  if (code.starts_with(kName)) {
    findings::NameVerdict verdict;
    verdict.component = code.substr(kName.size());
    verdict.severity = severity;
    verdict.text = text;
    // As `naming` says them: of a host it is sure when the severity is high.
    const bool known_bad = verdict.component == "name";
    if (known_bad) verdict.operation = policy::kNameKnownBad;
    if (known_bad || (verdict.component == "registry" && severity >= findings::Severity::high)) {
      verdict.effect = findings::NameVerdict::Effect::block;
    }
    inputs.names.push_back(std::move(verdict));
    return true;
  }
  for (const auto& [prefix, source] : kKinds) {
    if (!code.starts_with(prefix)) continue;
    Finding finding;
    finding.source = source;
    finding.rule = code.substr(prefix.size());
    finding.severity = severity;
    finding.file_hash = file_hash;
    add_finding(inputs, std::move(finding));
    return true;
  }
  return false;
}

bool is_file_hash(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

util::Result<void> add_written_finding(Inputs& inputs, const std::string& text) {
  constexpr std::string_view kGrammar =
      "SEVERITY:RULE, such as high:miner_xmrig, critical:manifest:foreign_layer or high:miner_xmrig:SHA256";
  const auto colon = text.find(':');
  const auto severity = findings::parse_severity(std::string_view(text).substr(0, colon));
  if (!severity || colon == text.npos) return expected("--finding", kGrammar, text);
  std::string code = text.substr(colon + 1);
  std::string file_hash;
  if (const auto last = code.rfind(':');
      last != code.npos && is_file_hash(std::string_view(code).substr(last + 1))) {
    file_hash = code.substr(last + 1);
    code.resize(last);
  }
  if (code.find(':') == code.npos) code.insert(0, "rule:");
  if (code.ends_with(':') || !add_by_code(inputs, code, *severity, file_hash, {})) {
    return expected("--finding", kGrammar, text);
  }
  return {};
}

util::Result<void> add_age(const char* flag, const std::string& text, util::TimePoint now,
                           std::optional<util::TimePoint>& out) {
  if (text.empty()) return {};
  const auto age = util::parse_duration(text);
  if (!age) return expected(flag, "an age such as 2h or 3d", text);
  out = now - *age;
  return {};
}

util::Result<oci::Digest> read_digest(const char* flag, const std::string& text) {
  auto digest = oci::Digest::parse(text);
  if (!digest) return expected(flag, "a digest such as sha256:<64 hex digits>", text);
  return digest;
}

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<Source> parse_source(std::string_view text) {
  for (const Source source : {Source::yara, Source::layer_check, Source::config_check, Source::manifest_check,
                              Source::name_check}) {
    if (findings::to_string(source) == text) return source;
  }
  return std::nullopt;
}

/// What is not understood is an error: a finding that was skipped would look like a clean image.
std::optional<Finding> read_finding(const json& object) {
  const auto source = parse_source(text_of(object, "source"));
  const auto severity = findings::parse_severity(text_of(object, "severity"));
  if (!source || !severity) return std::nullopt;
  Finding finding;
  finding.source = *source;
  finding.severity = *severity;
  finding.rule = text_of(object, "rule");
  finding.path = text_of(object, "path");
  finding.file_hash = text_of(object, "sha256");
  return finding;
}

std::optional<ScannedBlob> read_blob(const json& object, const oci::Digest& manifest) {
  const auto outcome = findings::parse_outcome(text_of(object, "outcome"));
  if (!outcome) return std::nullopt;
  const auto digest = oci::Digest::parse(text_of(object, "digest"));  // a directory has none
  ScannedBlob blob{.digest = digest ? *digest : manifest, .place = text_of(object, "place")};
  blob.result.outcome = *outcome;
  blob.result.reason = text_of(object, "reason");
  blob.result.findings_truncated = object.value("findings_truncated", false);
  for (const json& entry : object.at("findings")) {
    auto finding = read_finding(entry);
    if (!finding) return std::nullopt;
    blob.result.findings.push_back(*std::move(finding));
  }
  return blob;
}

bool has_finding(const Inputs& inputs, std::string_view code) {
  for (const auto& [prefix, source] : kKinds) {
    if (!code.starts_with(prefix)) continue;
    const auto is_it = [&, source = source, prefix = prefix](const Finding& finding) {
      return finding.source == source && util::safe_text(finding.rule) == code.substr(prefix.size());
    };
    for (const auto& blob : inputs.blobs) {
      if (std::ranges::any_of(blob.result.findings, is_it)) return true;
    }
    return std::ranges::any_of(inputs.structure, is_it);
  }
  return false;
}

/// Findings about the manifest itself and names stand in no scan, only in the reasons of the decision.
void add_from_reasons(Inputs& inputs, const json& reasons) {
  for (const auto& reason : reasons) {
    const auto code = text_of(reason, "code");
    const auto severity = findings::parse_severity(text_of(reason, "severity"));
    if (severity && !has_finding(inputs, code))
      add_by_code(inputs, code, *severity, {}, text_of(reason, "text"));
  }
}

util::Result<void> add_report(Case& image, const std::string& file) {
  const auto content = util::read_file(file, kMaxReportBytes);
  if (!content) return util::fail(util::ErrorKind::invalid, "--findings: " + content.error().message);
  const auto wrong = [&file](std::string_view what) {
    return util::fail(util::ErrorKind::invalid,
                      "--findings: " + file + ": expected a report of `portcullis scan --format json`, " +
                          std::string(what));
  };
  const json report = json::parse(*content, nullptr, false);
  if (!report.is_object()) return wrong("this is not JSON of that kind");
  if (text_of(report, "schema") != kSchema) {
    return wrong("its schema is \"" + util::safe_text(text_of(report, "schema")) + "\"");
  }
  auto& inputs = image.inputs;
  try {
    if (const auto digest = oci::Digest::parse(text_of(report, "digest"))) inputs.manifest = *digest;
    for (const json& entry : report.at("blobs")) {
      auto blob = read_blob(entry, inputs.manifest);
      if (!blob) return wrong("it has an outcome or a finding that this version does not know");
      inputs.blobs.push_back(*std::move(blob));
    }
    const auto& reasons = report.at("reasons");
    if (inputs.blobs.empty() && reasons.empty()) {
      return util::fail(util::ErrorKind::absent, "--findings: " + file + ": that scan found out nothing: " +
                                                     util::safe_text(text_of(report, "message")));
    }
    if (inputs.blobs.empty()) {
      image.known = Case::Known::in_part;
      image.notes.emplace_back("the scan ended at the manifest; the layers were not looked at");
    }
    add_from_reasons(inputs, reasons);
  } catch (const json::exception&) {
    return wrong("this one is incomplete");
  }
  return {};
}

util::Result<std::optional<oci::Digest>> digest_of(const oci::Reference& image, records::Records& records) {
  if (image.digest()) return image.digest();
  const auto tag = records.find_tag(image.host(), image.repository().text(), image.tag()->text());
  if (!tag) return tl::unexpected(tag.error());
  return *tag ? std::optional((*tag)->digest) : std::nullopt;
}

}  // namespace

util::Result<void> add_flags(Case& image, const CaseFlags& flags, util::TimePoint now) {
  auto& inputs = image.inputs;
  if (!flags.report.empty()) {
    if (auto done = add_report(image, flags.report); !done) return done;
  }
  if (!flags.digest.empty()) {
    auto digest = read_digest("--digest", flags.digest);
    if (!digest) return tl::unexpected(digest.error());
    inputs.manifest = *std::move(digest);
  }
  for (const auto& text : flags.layers) {
    auto digest = read_digest("--layer", text);
    if (!digest) return tl::unexpected(digest.error());
    auto& blob = scanned(inputs, "layer " + std::to_string(inputs.blobs.size() + 1));
    blob.digest = *std::move(digest);
  }
  for (const auto& text : flags.findings) {
    if (auto done = add_written_finding(inputs, text); !done) return done;
  }
  for (const auto& severity : flags.severities) {
    add_by_code(inputs, "rule:example_" + severity, *findings::parse_severity(severity), {}, {});
  }
  for (const auto& name : flags.outcomes) {
    const auto outcome = findings::parse_outcome(name);
    if (!outcome) {
      return expected("--outcome",
                      "one of unscannable, timed_out, limit, violation, crashed, garbled, unavailable", name);
    }
    scanned(inputs, "a layer that ends as " + name).result.outcome = *outcome;
  }
  if (auto done = add_age("--first-seen", flags.first_seen, now, inputs.first_seen); !done) return done;
  return add_age("--created", flags.created, now, inputs.created);
}

util::Result<Case> made_up_case(const oci::Reference& image, const CaseFlags& flags, util::TimePoint now) {
  const auto digest = image.digest() ? *image.digest() : oci::Digest::of("");
  Case result{{.host = image.host(), .repository = image.repository().text(), .manifest = digest}};
  if (auto done = add_flags(result, flags, now); !done) return tl::unexpected(done.error());
  return result;
}

void judge_name(Case& image, const naming::NameIndex& index) {
  auto& names = image.inputs.names;
  auto judged = index.judge(image.inputs.host, image.inputs.repository);
  for (auto& made_up : names) {
    const auto same = std::ranges::find(judged, made_up.component, &findings::NameVerdict::component);
    if (same == judged.end()) judged.push_back(std::move(made_up));
  }
  names = std::move(judged);
}

util::Result<Case> recorded_case(const oci::Reference& image, records::Records& records,
                                 util::TimePoint now) {
  const auto absent = [&image](const std::string& what) {
    return util::fail(util::ErrorKind::absent, image.canonical() + " " + what);
  };
  const auto digest = digest_of(image, records);
  if (!digest) return tl::unexpected(digest.error());
  if (!*digest) return absent("was never asked for by that tag");
  const auto decision = records.find_decision(image.host(), image.repository().text(), **digest);
  if (!decision) return tl::unexpected(decision.error());
  if (!*decision) return absent("was never judged");
  const auto& record = **decision;
  if (oci::classify(record.manifest_media_type) == oci::MediaClass::index) {
    return absent(
        "is an index of images that are judged by themselves; name one of them, as "
        "REPOSITORY@sha256:...");
  }
  auto recorded = gate::recorded_inputs(records, record, gate::Missing::nothing);
  if (!recorded) return tl::unexpected(recorded.error());
  const auto missing = recorded->missing;
  Case result{std::move(recorded->inputs)};
  auto& inputs = result.inputs;
  inputs.names.clear();  // judged anew, by the lists of this policy
  const auto first_seen = records.first_seen(record.manifest);
  if (!first_seen) return tl::unexpected(first_seen.error());
  inputs.first_seen = *first_seen;
  const auto waivers = records.active_waivers(now);
  if (!waivers) return tl::unexpected(waivers.error());
  inputs.waivers = *waivers;
  result.notes.push_back("from decision " + record.id + " of " + util::to_rfc3339(record.at));
  if (missing != 0) {
    // Blocked for its manifest, say: then its layers were never fetched.
    result.known = Case::Known::in_part;
    result.notes.push_back(std::to_string(missing) + " of its " + std::to_string(record.blobs.size()) +
                           " parts have no scan on record");
  }
  return result;
}

}  // namespace portcullis::cli
