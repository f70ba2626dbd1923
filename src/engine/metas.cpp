// SPDX-License-Identifier: Apache-2.0
#include "metas.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "portcullis/util/text.hpp"

namespace portcullis::engine {
namespace {

using findings::Finding;
using findings::RuleInfo;
using findings::Severity;

struct Word {
  std::string_view word;
  Severity severity;
};
constexpr Word kWords[] = {{"informational", Severity::info}, {"notice", Severity::low},
                           {"moderate", Severity::medium},    {"warning", Severity::medium},
                           {"severe", Severity::high},        {"crit", Severity::critical}};

/// The metas that carry severity, the most explicit first.
constexpr std::array<std::string_view, 4> kSeverityMetas = {"severity", "sev", "score", "threat_level"};
constexpr std::string_view kTechniqueMetas[] = {"technique", "techniques", "mitre", "mitre_attack"};

Severity from_hundred(std::int64_t score) {
  if (score >= 90) return Severity::critical;
  if (score >= 70) return Severity::high;
  if (score >= 40) return Severity::medium;
  return score > 0 ? Severity::low : Severity::info;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool four_digits(std::string_view text) {
  return text.size() >= 4 && std::all_of(text.begin(), text.begin() + 4, is_digit);
}

Meta read(const YR_META& meta) {
  Meta result{meta.identifier, {}, std::nullopt};
  if (meta.type == META_TYPE_STRING) {
    result.text = meta.string;
  } else if (meta.type == META_TYPE_INTEGER) {
    result.number = meta.integer;
  }
  return result;
}

}  // namespace

std::optional<Severity> severity_of(const Meta& meta) {
  auto number = meta.number;
  if (!number && !meta.text.empty()) {
    const std::string word = util::to_lower_ascii(meta.text);
    if (const auto severity = findings::parse_severity(word)) return severity;
    for (const auto& known : kWords) {
      if (word == known.word) return known.severity;
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error == std::errc() && end == word.data() + word.size()) number = value;
  }
  if (!number || *number < 0) return std::nullopt;
  // `score` is 0-100 everywhere; the others count to 10 unless they show that they do not.
  const bool hundred = meta.name == "score" || *number > 10;
  return from_hundred(hundred ? *number : *number * 10);
}

std::vector<std::string> techniques_in(std::string_view text) {
  std::vector<std::string> found;
  for (std::size_t at = text.find_first_of("Tt"); at != text.npos; at = text.find_first_of("Tt", at + 1)) {
    std::string_view rest = text.substr(at + 1);
    if (!four_digits(rest)) continue;
    std::string id = "T";
    id += rest.substr(0, 4);
    rest.remove_prefix(4);
    if (rest.size() >= 4 && rest[0] == '.' && std::all_of(rest.begin() + 1, rest.begin() + 4, is_digit)) {
      id += rest.substr(0, 4);
    }
    if (std::ranges::find(found, id) == found.end()) found.push_back(std::move(id));
  }
  return found;
}

RuleInfo rule_info(const YR_RULE& rule) {
  RuleInfo info;
  info.identifier = rule.identifier;
  info.file = rule.ns->name;
  info.helper = RULE_IS_PRIVATE(&rule);
  std::array<std::optional<Severity>, kSeverityMetas.size()> severities;
  const YR_META* raw = nullptr;
  const YR_RULE* self = &rule;
  yr_rule_metas_foreach(self, raw) {
    const Meta meta = read(*raw);
    const std::string name = util::to_lower_ascii(meta.name);
    if (name == "description") info.description = meta.text;
    if (name == "author") info.author = meta.text;
    if (name == "license") info.license = meta.text;
    if (name == "reference" && info.reference.empty()) info.reference = meta.text;
    if (std::ranges::find(kTechniqueMetas, name) != std::end(kTechniqueMetas)) {
      for (auto& id : techniques_in(meta.text)) info.techniques.push_back(std::move(id));
    }
    const auto slot = std::ranges::find(kSeverityMetas, name);
    if (slot != kSeverityMetas.end()) {
      severities[static_cast<std::size_t>(slot - kSeverityMetas.begin())] =
          severity_of({name, meta.text, meta.number});
    }
  }
  for (auto it = severities.rbegin(); it != severities.rend(); ++it) {
    if (!*it) continue;
    info.severity = **it;
    info.severity_given = true;
  }
  const char* tag = nullptr;
  yr_rule_tags_foreach(self, tag) { info.tags.emplace_back(tag); }
  return info;
}

Finding finding_of(RuleInfo info) {
  Finding finding;
  finding.source = findings::Source::yara;
  finding.rule = std::move(info.identifier);
  finding.rule_namespace = std::move(info.file);
  finding.severity = info.severity;
  finding.techniques = std::move(info.techniques);
  finding.description = std::move(info.description);
  finding.author = std::move(info.author);
  finding.license = std::move(info.license);
  finding.reference = std::move(info.reference);
  return finding;
}

}  // namespace portcullis::engine
