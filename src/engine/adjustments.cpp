// SPDX-License-Identifier: Apache-2.0
#include "adjustments.hpp"

#include <optional>
#include <set>
#include <string_view>

#include "portcullis/util/text.hpp"

namespace portcullis::engine {
namespace {

using findings::Severity;

struct Pattern {
  std::string text;
  bool used = false;

  /// A file's name may have a colon in it, a rule's cannot: with any colon a pattern is for both.
  bool fits(const YR_RULE& rule, const std::string& qualified) {
    const bool both = text.find(':') != std::string::npos;
    const bool fit = util::glob_match(text, both ? std::string_view(qualified) : rule.identifier);
    used = used || fit;
    return fit;
  }
};

struct SeverityPattern {
  Pattern pattern;
  Severity severity;
};

}  // namespace

Adjusted adjust(const std::vector<YR_RULES*>& sets, const findings::RuleAdjustments& adjustments) {
  Adjusted result;
  std::vector<Pattern> disable;
  for (const auto& text : adjustments.disable) disable.push_back({text});
  std::vector<SeverityPattern> severities;
  for (const auto& [text, severity] : adjustments.severity) severities.push_back({{text}, severity});
  if (disable.empty() && severities.empty() && adjustments.rules.empty()) return result;
  std::set<std::string_view> met;

  for (YR_RULES* const set : sets) {
    YR_RULE* rule = nullptr;
    yr_rules_foreach(set, rule) {
      const std::string qualified = std::string(rule->ns->name) + ':' + rule->identifier;
      bool off = false;
      for (auto& pattern : disable) off = pattern.fits(*rule, qualified) || off;
      const SeverityPattern* longest = nullptr;
      for (auto& candidate : severities) {
        if (!candidate.pattern.fits(*rule, qualified)) continue;
        if (longest == nullptr || candidate.pattern.text.size() > longest->pattern.text.size()) {
          longest = &candidate;
        }
      }
      auto severity = longest == nullptr ? std::nullopt : std::optional(longest->severity);
      if (const auto own = adjustments.rules.find(qualified); own != adjustments.rules.end()) {
        met.insert(own->first);
        off = off || !own->second;
        if (own->second) severity = own->second;
      }
      if (off) {
        yr_rule_disable(rule);
        result.summary += "disabled " + qualified + '\n';
      }
      if (severity) {
        result.severities[rule] = *severity;
        result.summary.append(findings::to_string(*severity)).append(" ").append(qualified) += '\n';
      }
    }
  }
  for (const auto& pattern : disable) {
    if (!pattern.used) result.idle.push_back(pattern.text);
  }
  for (const auto& candidate : severities) {
    if (!candidate.pattern.used) result.idle.push_back(candidate.pattern.text);
  }
  for (const auto& [name, setting] : adjustments.rules) {
    if (!met.contains(name)) result.idle.push_back(name);
  }
  return result;
}

}  // namespace portcullis::engine
