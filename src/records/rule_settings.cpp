// SPDX-License-Identifier: Apache-2.0
#include "columns.hpp"
#include "encoding.hpp"
#include "query.hpp"
#include "tables.hpp"

namespace portcullis::records {
namespace {

/// Empty for a rule that is disabled.
std::string severity_column(const RuleSetting& setting) {
  return setting.severity ? std::string(findings::to_string(*setting.severity)) : std::string();
}

}  // namespace

std::vector<RuleSetting> select_rule_settings(soci::session& session) {
  std::vector<RuleSetting> settings;
  RuleSetting row;
  std::string severity;
  Query query("SELECT file, rule, severity, reason, author, since_at FROM rule_settings");
  query.add(" ORDER BY file, rule LIMIT ?", kMaxRows);
  query.each(
      session,
      [&] {
        RuleSetting setting = row;
        decode_all(std::tie(setting.file, setting.rule, setting.reason, setting.author));
        setting.severity = findings::parse_severity(severity);
        // Taken for "disabled", a damaged one would let things through.
        if (!setting.severity && !severity.empty()) throw soci::soci_error("a stored severity is damaged");
        settings.push_back(std::move(setting));
      },
      row.file, row.rule, severity, row.reason, row.author, row.since);
  return settings;
}

void insert_rule_setting(soci::session& session, const RuleSetting& setting) {
  auto [file, rule, severity, reason, author, since] = setting;
  encode_all(std::tie(file, rule, reason, author));
  const auto level = severity_column(setting);
  session << "INSERT INTO rule_settings (file, rule, severity, reason, author, since_at)"
             " VALUES (:file, :rule, :severity, :reason, :author, :since_at)",
      soci::use(file), soci::use(rule), soci::use(level), soci::use(reason), soci::use(author),
      soci::use(since);
}

void delete_rule_setting(soci::session& session, const std::string& file, const std::string& rule) {
  const auto encoded_file = encode(file);
  const auto encoded_rule = encode(rule);
  session << "DELETE FROM rule_settings WHERE file = :file AND rule = :rule", soci::use(encoded_file),
      soci::use(encoded_rule);
}

}  // namespace portcullis::records
