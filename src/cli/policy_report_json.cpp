// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "policy_report.hpp"
#include "portcullis/util/safe_text.hpp"

namespace portcullis::cli {
namespace {

using Json = nlohmann::ordered_json;
using util::safe_text;

constexpr std::size_t kLong = 1000;

const char* name_of(Answer answer) {
  switch (answer) {
    case Answer::allowed:
      return "allow";
    case Answer::warned:
      return "warn";
    case Answer::would_block:
      return "would-block";
    case Answer::blocked:
      return "block";
    case Answer::unknown:
      break;
  }
  return "unknown";
}

Json to_json(const policy::Policy& policy, policy::Origin number) {
  if (number == policy::kOwn) return nullptr;
  const auto& override = policy.overrides.at(number - 1);
  return {{"number", number}, {"match", safe_text(override.match, kLong)}, {"line", override.line}};
}

Json to_json(const policy::Policy& policy, const policy::WeighedReason& weighed) {
  const auto& reason = weighed.reason;
  Json json{{"action", findings::to_string(reason.action)},
            {"severity", findings::to_string(reason.severity)},
            {"code", safe_text(reason.code)},
            {"text", safe_text(reason.text, kLong)},
            {"asked", findings::to_string(weighed.asked)}};
  if (!weighed.setting.empty()) {
    json["setting"] = weighed.setting;
    json["override"] = to_json(policy, weighed.origin);
  }
  if (!reason.waiver.empty()) json["waiver"] = safe_text(reason.waiver);
  if (!weighed.allowed_by.empty()) json["allowed_by"] = safe_text(weighed.allowed_by, kLong);
  return json;
}

Json patterns(const std::vector<std::string>& texts) {
  Json json = Json::array();
  for (const auto& text : texts) json.push_back(safe_text(text, kLong));
  return json;
}

std::string finished(const Json& json) { return json.dump(2) + "\n"; }

}  // namespace

std::string render_json(const PolicyTest& test) {
  const auto& explanation = test.explanation;
  Json json{{"schema", "portcullis.policy-test/1"},
            {"file", safe_text(test.file, kLong)},
            {"image", safe_text(test.image, kLong)},
            {"repository", safe_text(explanation.name, kLong)},
            {"at", util::to_rfc3339(test.at)},
            {"answer", name_of(test.answer)},
            {"summary", safe_text(explanation.decision.summary, kLong)},
            {"notes", patterns(test.notes)},
            {"policy", test.policy.fingerprint()}};
  Json settings = Json::object();
  for (const auto& setting : policy::in_words(explanation.settings)) {
    settings[setting.key] = {{"value", setting.value}, {"override", to_json(test.policy, setting.origin)}};
  }
  for (const auto& setting : policy::in_words(test.policy.names)) {
    settings[setting.key] = {{"value", setting.value}, {"override", nullptr}};
  }
  json["settings"] = std::move(settings);
  json["overrides"] = Json::array();
  for (const auto number : explanation.settings.matching) {
    json["overrides"].push_back(to_json(test.policy, number));
  }
  json["reasons"] = Json::array();
  for (const auto& weighed : explanation.reasons) json["reasons"].push_back(to_json(test.policy, weighed));
  json["waivers"] = Json::array();
  for (const auto& waiver : explanation.waivers) {
    json["waivers"].push_back({{"id", safe_text(waiver.id)}, {"fate", policy::to_string(waiver.fate)}});
  }
  return finished(json);
}

std::string render_json(const std::string& file, const config::PolicyFile& policy) {
  const auto& p = policy.policy;
  const auto add = [](Json& object, const std::vector<policy::SettingText>& settings) {
    for (const auto& setting : settings) object[setting.key] = setting.value;
  };
  Json json{{"schema", "portcullis.policy/1"},
            {"file", safe_text(file, kLong)},
            {"policy", p.fingerprint()},
            {"settings", Json::object()},
            {"overrides", Json::array()},
            {"allow", patterns(p.allow_repositories)},
            {"deny", patterns(p.deny_repositories)},
            {"deny_digests", Json::array()},
            {"names",
             {{"protect", patterns(policy.names.protect)},
              {"allow", patterns(policy.names.allow)},
              {"deny", patterns(policy.names.deny)}}},
            {"waivers", {{"longest_ms", policy.waivers.longest.count()}}}};
  add(json["settings"], policy::in_words(policy::Effective{static_cast<const policy::Settings&>(p)}));
  add(json["settings"], policy::in_words(p.names));
  for (std::size_t i = 0; i < p.overrides.size(); ++i) {
    Json override = to_json(p, i + 1);
    override["settings"] = Json::object();
    add(override["settings"], policy::in_words(p.overrides[i], i + 1));
    json["overrides"].push_back(std::move(override));
  }
  for (const auto& digest : p.deny_digests) json["deny_digests"].push_back(digest.text());
  return finished(json);
}

}  // namespace portcullis::cli
