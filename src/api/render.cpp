// SPDX-License-Identifier: Apache-2.0
#include "render.hpp"

#include <algorithm>
#include <charconv>

#include "portcullis/util/safe_text.hpp"
#include "query.hpp"

namespace portcullis::api {
namespace {

/// A path of an image may have 4 KiB; whoever looks for it goes by its hash.
constexpr std::size_t kMaxText = 1000;
constexpr std::size_t kMaxLine = 4096;
constexpr std::size_t kMaxItems = 1000;

Json to_json(const findings::EventRule& rule) {
  return {{"rule", hostile(rule.rule)},           {"severity", findings::to_string(rule.severity)},
          {"techniques", texts(rule.techniques)}, {"path", hostile(rule.path)},
          {"file_hash", hostile(rule.file_hash)}, {"layer", hostile(rule.layer)}};
}

/// Empty for what is about a name alone.
std::string manifest_text(const std::optional<oci::Digest>& manifest) {
  return manifest ? manifest->text() : std::string();
}

Json to_json(const findings::LetterEdit& letter) {
  return {{"kind", findings::to_string(letter.kind)},
          {"seen", hostile(letter.seen)},
          {"expected", hostile(letter.expected)}};
}

std::string extra_of(const records::Event& event, const char* key) {
  const auto found = event.extra.find(key);
  return found == event.extra.end() ? std::string() : found->second;
}

/// What the gate wrote as `pullers` of an alert; empty when it cannot be read.
Json pullers_of(const records::Event& alert) {
  Json all = Json::array();
  const auto written = Json::parse(extra_of(alert, "pullers"), nullptr, false);
  if (!written.is_array()) return all;
  const auto text = [](const Json& puller, const char* key) {
    const auto found = puller.find(key);
    return found != puller.end() && found->is_string() ? finished(found->get<std::string>()) : std::string();
  };
  for (const auto& puller : written) {
    if (!puller.is_object() || all.size() == kMaxItems) continue;
    const auto requests = puller.find("requests");
    const bool counted = requests != puller.end() && requests->is_number_unsigned();
    all.push_back({{"client", text(puller, "address")},
                   {"user", text(puller, "user")},
                   {"agent", text(puller, "agent")},
                   {"first", text(puller, "first")},
                   {"last", text(puller, "last")},
                   {"requests", counted ? requests->get<std::uint64_t>() : 0}});
  }
  return all;
}

}  // namespace

Json texts(const std::vector<std::string>& items) {
  Json all = Json::array();
  for (const auto& item : items) {
    if (all.size() == kMaxItems) break;
    all.push_back(hostile(item));
  }
  return all;
}

Json to_json(const scan::SetAside& aside) {
  return {{"file", hostile(aside.file)}, {"message", hostile(aside.message)}};
}

std::string hostile(std::string_view text) { return util::safe_text(text, kMaxText); }

std::string finished(std::string_view line) {
  const bool printable = std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; });
  return printable ? std::string(line.substr(0, kMaxLine)) : util::safe_text(line, kMaxLine);
}

std::string image_name(std::string_view host, std::string_view repository) {
  if (host.empty()) return hostile(repository);
  return repository.empty() ? hostile(host) : hostile(host) + "/" + hostile(repository);
}

Json to_json(util::TimePoint time) { return util::to_rfc3339(time); }

Json to_json(const std::optional<util::TimePoint>& time) { return time ? to_json(*time) : Json(nullptr); }

Json to_json(const findings::Finding& finding) {
  Json strings = Json::array();
  for (const auto& match : finding.strings) {
    strings.push_back({{"identifier", hostile(match.identifier)},
                       {"offset", match.offset},
                       {"text", hostile(match.data)},
                       {"hex", to_hex(match.data)},
                       {"before_hex", to_hex(match.before)},
                       {"after_hex", to_hex(match.after)}});
  }
  return {{"source", findings::to_string(finding.source)},
          {"rule", hostile(finding.rule)},
          {"rule_file", hostile(finding.rule_namespace)},
          {"severity", findings::to_string(finding.severity)},
          {"techniques", texts(finding.techniques)},
          {"description", hostile(finding.description)},
          {"author", hostile(finding.author)},
          {"license", hostile(finding.license)},
          {"reference", hostile(finding.reference)},
          {"path", hostile(finding.path)},
          {"file_hash", hostile(finding.file_hash)},
          {"strings", std::move(strings)}};
}

Json to_json(const findings::Reason& reason) {
  return {{"action", findings::to_string(reason.action)},
          {"severity", findings::to_string(reason.severity)},
          {"code", hostile(reason.code)},
          {"text", finished(reason.text)},
          {"waiver", hostile(reason.waiver)}};
}

Json to_json(const findings::NameVerdict& verdict, const findings::Decision& decision) {
  // A component has one verdict, and a reason begins with what its verdict says.
  const auto reason = std::ranges::find_if(
      decision.reasons, [&](const auto& candidate) { return candidate.text.starts_with(verdict.text); });
  const bool known = reason != decision.reasons.end();
  Json letters = Json::array();
  for (const auto& letter : verdict.letters) letters.push_back(to_json(letter));
  return {{"component", hostile(verdict.component)},
          {"operation", hostile(verdict.operation)},
          {"subject", hostile(verdict.subject)},
          {"target", hostile(verdict.target)},
          {"score", verdict.score},
          {"severity", findings::to_string(verdict.severity)},
          {"effect", findings::to_string(verdict.effect)},
          {"action", findings::to_string(known ? reason->action : findings::Action::allow)},
          {"reason", finished(known ? reason->text : verdict.text)},
          {"suggestion", hostile(verdict.suggestion)},
          {"waiver", known ? hostile(reason->waiver) : std::string()},
          {"letters", std::move(letters)}};
}

Json to_json(const records::RetroAlert& alert) {
  const auto& event = alert.raised;
  Json rules = Json::array();
  for (const auto& rule : event.rules) rules.push_back(to_json(rule));
  std::uint64_t count = 0;
  const auto counted = extra_of(event, "pullers.count");
  std::from_chars(counted.data(), counted.data() + counted.size(), count);
  return {{"id", hostile(event.decision_id)},
          {"state", alert.closed ? "closed" : "open"},
          {"at", to_json(event.at)},
          {"host", hostile(event.host)},
          {"repository", hostile(event.repository)},
          {"name", image_name(event.host, event.repository)},
          {"reference", hostile(event.reference)},
          {"manifest", hostile(event.manifest)},
          {"severity", findings::to_string(event.severity)},
          {"cause", hostile(extra_of(event, "cause"))},
          {"previous", hostile(extra_of(event, "previous"))},
          {"message", finished(event.message)},
          {"rules", std::move(rules)},
          {"pullers", pullers_of(event)},
          {"pullers_count", count},
          {"closed", alert.closed ? to_json(alert.closed->at) : Json(nullptr)},
          {"closed_by", alert.closed ? hostile(alert.closed->client_user) : std::string()},
          {"closed_why", alert.closed ? hostile(extra_of(*alert.closed, "reason")) : std::string()}};
}

Json to_json(const records::ScanRecord& scan) {
  const auto& result = scan.result;
  return {{"outcome", findings::to_string(result.outcome)},
          {"reason", hostile(result.reason)},
          {"profile", hostile(scan.key.profile)},
          {"started", to_json(scan.started)},
          {"finished", to_json(scan.finished)},
          {"counts",
           {{"entries", result.counts.entries},
            {"files", result.counts.files},
            {"files_skipped", result.counts.files_skipped},
            {"bytes_in", result.counts.bytes_in},
            {"bytes_unpacked", result.counts.bytes_unpacked}}},
          {"findings", list(result.findings)},
          {"findings_truncated", result.findings_truncated}};
}

Json to_json(const records::ImageRow& image) {
  return {{"host", hostile(image.host)},
          {"repository", hostile(image.repository)},
          {"name", image_name(image.host, image.repository)},
          {"manifest", image.manifest.text()},
          {"tags", texts(image.tags)},
          {"decision", hostile(image.decision_id)},
          {"action", findings::to_string(image.action)},
          {"would_block", image.would_block},
          {"summary", finished(image.summary)},
          {"profile", hostile(image.profile)},
          {"decided", to_json(image.decided)},
          {"last_pull", to_json(image.last_pull)}};
}

Json to_json(const records::PullRow& pull) {
  return {{"host", hostile(pull.host)},
          {"repository", hostile(pull.repository)},
          {"name", image_name(pull.host, pull.repository)},
          {"reference", hostile(pull.reference)},
          {"manifest", manifest_text(pull.manifest)},
          {"action", findings::to_string(pull.action)},
          {"check_only", pull.check_only},
          {"client", hostile(pull.client_address)},
          {"user", hostile(pull.client_user)},
          {"agent", hostile(pull.client_agent)},
          {"decision", hostile(pull.decision_id)},
          {"first", to_json(pull.first)},
          {"last", to_json(pull.last)},
          {"requests", pull.requests},
          {"summary", finished(pull.summary)}};
}

Json to_json(const records::Puller& puller) {
  return {{"host", hostile(puller.host)},
          {"repository", hostile(puller.repository)},
          {"name", image_name(puller.host, puller.repository)},
          {"manifest", manifest_text(puller.manifest)},
          {"client", hostile(puller.address)},
          {"user", hostile(puller.user)},
          {"agent", hostile(puller.agent)},
          {"first", to_json(puller.first)},
          {"last", to_json(puller.last)},
          {"requests", puller.requests},
          {"action", findings::to_string(puller.action)}};
}

Json to_json(const records::FilePlace& place) {
  return {{"layer", place.layer.text()},
          {"path", hostile(place.path)},
          {"hash", hostile(place.hash)},
          {"size", place.size},
          {"type", hostile(place.type)}};
}

Json to_json(const records::Event& event) {
  Json extra = Json::object();
  for (const auto& [key, value] : event.extra) extra[hostile(key)] = finished(value);
  Json rules = Json::array();
  for (const auto& rule : event.rules) rules.push_back(to_json(rule));
  return {{"sequence", event.sequence},
          {"at", to_json(event.at)},
          {"action", hostile(event.action)},
          {"severity", findings::to_string(event.severity)},
          {"host", hostile(event.host)},
          {"repository", hostile(event.repository)},
          {"name", image_name(event.host, event.repository)},
          {"reference", hostile(event.reference)},
          {"manifest", hostile(event.manifest)},
          {"decision", hostile(event.decision_id)},
          {"client", hostile(event.client_address)},
          {"user", hostile(event.client_user)},
          {"agent", hostile(event.client_agent)},
          {"message", finished(event.message)},
          {"rules", std::move(rules)},
          {"extra", std::move(extra)}};
}

Json to_json(const records::Ranked& ranked) {
  return {{"name", hostile(ranked.name)}, {"count", ranked.count}};
}

Json to_json(const records::TokenRecord& token) {
  return {{"id", hostile(token.id)},
          {"name", hostile(token.name)},
          {"role", records::to_string(token.role)},
          {"created", to_json(token.created)},
          {"expires", to_json(token.expires)},
          {"last_used", to_json(token.last_used)},
          {"revoked", to_json(token.revoked)}};
}

Json to_json(const records::WaiverRecord& record, util::TimePoint now) {
  constexpr std::string_view kStates[] = {"active", "expired", "revoked"};
  const auto& waiver = record.waiver;
  return {{"id", hostile(waiver.id)},
          {"state", kStates[static_cast<std::size_t>(record.state(now))]},
          {"rule", hostile(waiver.rule)},
          {"repository", hostile(waiver.repository)},
          {"digest", hostile(waiver.digest)},
          {"file_hash", hostile(waiver.file_hash)},
          {"reason", hostile(waiver.reason)},
          {"author", hostile(waiver.author)},
          {"created", to_json(waiver.created)},
          {"expires", to_json(waiver.expires)},
          {"revoked", to_json(record.revoked_at)},
          {"revoked_by", hostile(record.revoked_by)},
          {"revoked_why", hostile(record.revoked_why)}};
}

Json to_json(const oci::ImageConfig& config) {
  Json labels = Json::object();
  for (const auto& [key, value] : config.labels) {
    if (labels.size() == kMaxItems) break;
    labels[hostile(key)] = hostile(value);
  }
  Json history = Json::array();
  for (const auto& entry : config.history) {
    if (history.size() == kMaxItems) break;
    history.push_back({{"created_by", hostile(entry.created_by)},
                       {"comment", hostile(entry.comment)},
                       {"empty_layer", entry.empty_layer}});
  }
  return {{"platform", hostile(config.platform.text())},
          {"created", hostile(config.created)},
          {"author", hostile(config.author)},
          {"user", hostile(config.user)},
          {"entrypoint", texts(config.entrypoint)},
          {"cmd", texts(config.cmd)},
          {"env", texts(config.env)},
          {"exposed_ports", texts(config.exposed_ports)},
          {"labels", std::move(labels)},
          {"history", std::move(history)}};
}

}  // namespace portcullis::api
