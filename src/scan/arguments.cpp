// SPDX-License-Identifier: Apache-2.0
#include "portcullis/scan/protocol.hpp"

namespace portcullis::scan {
namespace {

constexpr std::string_view kAcceptNoRules = "--accept-no-rules";
constexpr std::string_view kDisable = "--disable=";
constexpr std::string_view kSeverity = "--severity=";  ///< LEVEL:PATTERN
constexpr std::string_view kRule = "--rule=";          ///< LEVEL:FILE:RULE, without a level for disabled
constexpr std::string_view kPaths = "--";

}  // namespace

std::vector<std::string> to_arguments(const RuleOptions& rules) {
  std::vector<std::string> arguments;
  if (rules.no_rules == NoRules::accept) arguments.emplace_back(kAcceptNoRules);
  for (const auto& pattern : rules.adjustments.disable) {
    arguments.push_back(std::string(kDisable) + pattern);
  }
  for (const auto& [pattern, severity] : rules.adjustments.severity) {
    std::string argument(kSeverity);
    argument.append(findings::to_string(severity)).append(":").append(pattern);
    arguments.push_back(std::move(argument));
  }
  for (const auto& [name, severity] : rules.adjustments.rules) {
    std::string argument(kRule);
    argument.append(severity ? findings::to_string(*severity) : "").append(":").append(name);
    arguments.push_back(std::move(argument));
  }
  arguments.emplace_back(kPaths);
  for (const auto& path : rules.rules) arguments.push_back(path.string());
  return arguments;
}

std::optional<RuleOptions> parse_arguments(std::span<const std::string> arguments) {
  RuleOptions rules;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view argument = arguments[i];
    if (argument == kPaths) {
      rules.rules.assign(arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, arguments.end());
      return rules;
    }
    if (argument == kAcceptNoRules) {
      rules.no_rules = NoRules::accept;
    } else if (argument.starts_with(kDisable)) {
      rules.adjustments.disable.emplace_back(argument.substr(kDisable.size()));
    } else if (argument.starts_with(kSeverity)) {
      argument.remove_prefix(kSeverity.size());
      const auto colon = argument.find(':');
      const auto severity = findings::parse_severity(argument.substr(0, colon));
      if (colon == argument.npos || !severity) return std::nullopt;
      rules.adjustments.severity[std::string(argument.substr(colon + 1))] = *severity;
    } else if (argument.starts_with(kRule)) {
      argument.remove_prefix(kRule.size());
      const auto colon = argument.find(':');
      const auto severity = findings::parse_severity(argument.substr(0, colon));
      if (colon == argument.npos || (!severity && colon != 0)) return std::nullopt;
      rules.adjustments.rules[std::string(argument.substr(colon + 1))] = severity;
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace portcullis::scan
