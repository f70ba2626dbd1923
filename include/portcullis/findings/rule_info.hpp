// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/findings/severity.hpp"

namespace portcullis::findings {

/// What one rule says about itself. Everything but the severity may be empty.
struct RuleInfo {
  std::string file;  ///< its name below the directory that was given, and the namespace of the rule
  std::string identifier;
  Severity severity = Severity::medium;
  Severity own_severity = Severity::medium;  ///< without RuleAdjustments
  bool severity_given = false;               ///< false: the rule does not say, and medium is assumed
  bool helper = false;    ///< private: it never matches by itself, only as part of other rules
  bool disabled = false;  ///< by RuleAdjustments: it never matches, for rules that refer to it either
  bool adjusted = false;  ///< by RuleAdjustments: `severity` is not what the rule says
  std::vector<std::string> techniques;
  std::vector<std::string> tags;
  std::string description;
  std::string author;
  std::string license;
  std::string reference;
};

/// What a site changes about rules that may not be its own. A pattern is `rule` or `file:rule`, each as
/// util::glob_match.
struct RuleAdjustments {
  std::vector<std::string> disable;
  /// Of the patterns that fit a rule the longest counts.
  std::map<std::string, Severity> severity;
  /// Of single rules, by `file:rule` letter by letter: another severity, which counts before any pattern's,
  /// or nullopt for disabled.
  std::map<std::string, std::optional<Severity>> rules = {};
};

}  // namespace portcullis::findings
