// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cmath>
#include <set>
#include <tuple>

#include "columns.hpp"
#include "encoding.hpp"
#include "tables.hpp"

namespace portcullis::records {
namespace {

using findings::LetterEdit;
using findings::NameVerdict;

constexpr double kScoreUnits = 1000;

auto texts(NameVerdict& v) {
  return std::tie(v.component, v.operation, v.target, v.text, v.subject, v.suggestion);
}

std::string encode_letters(const std::vector<LetterEdit>& letters) {
  std::vector<std::string> items;
  for (const auto& letter : letters) {
    items.emplace_back(findings::to_string(letter.kind));
    items.push_back(letter.seen);
    items.push_back(letter.expected);
  }
  return encode_list(items);
}

std::vector<LetterEdit> decode_letters(const std::string& text) {
  const auto items = decode_list(text);
  if (!items || items->size() % 3 != 0) throw soci::soci_error("the stored letters of a name are damaged");
  std::vector<LetterEdit> letters;
  for (std::size_t i = 0; i < items->size(); i += 3) {
    const auto kind = findings::parse_edit_kind((*items)[i]);
    if (!kind) throw soci::soci_error("the stored letters of a name are damaged");
    letters.push_back({*kind, (*items)[i + 1], (*items)[i + 2]});
  }
  return letters;
}

/// Each once a decision.
void count_squats(soci::session& session, util::TimePoint at, const std::vector<NameVerdict>& names) {
  const long long day = std::chrono::floor<std::chrono::days>(at).time_since_epoch().count();
  std::set<std::tuple<std::string, std::string, std::string>> squats;
  for (const auto& verdict : names) {
    squats.emplace(encode(verdict.component), encode(verdict.subject), encode(verdict.target));
  }
  for (const auto& [component, subject, target] : squats) {
    session
        << "INSERT INTO squat_days (day, component, subject, target, decisions)"
           " VALUES (:day, :component, :subject, :target, 1) ON CONFLICT (day, component, subject, target)"
           " DO UPDATE SET decisions = squat_days.decisions + 1",
        soci::use(day), soci::use(component), soci::use(subject), soci::use(target);
  }
}

}  // namespace

void insert_names(soci::session& session, long long decision, util::TimePoint at,
                  const std::vector<NameVerdict>& names) {
  if (names.empty()) return;
  long long position = 0;
  long long score = 0;
  std::string effect;
  std::string letters;
  NameVerdict row;
  soci::statement insert =
      (session.prepare
           << "INSERT INTO decision_names (decision, position, component, operation, target, score, severity,"
              " effect, text, subject, suggestion, letters) VALUES (:decision, :position, :component,"
              " :operation, :target, :score, :severity, :effect, :text, :subject, :suggestion, :letters)",
       soci::use(decision), soci::use(position), soci::use(row.component), soci::use(row.operation),
       soci::use(row.target), soci::use(score), soci::use(row.severity), soci::use(effect),
       soci::use(row.text), soci::use(row.subject), soci::use(row.suggestion), soci::use(letters));
  for (const auto& verdict : names) {
    row = verdict;
    encode_all(texts(row));
    score = std::lround(verdict.score * kScoreUnits);
    effect = findings::to_string(verdict.effect);
    letters = encode_letters(verdict.letters);
    insert.execute(true);
    ++position;
  }
  count_squats(session, at, names);
}

std::vector<NameVerdict> select_names(soci::session& session, long long decision) {
  std::vector<NameVerdict> names;
  NameVerdict row;
  long long score = 0;
  std::string effect;
  std::string letters;
  soci::statement query =
      (session.prepare << "SELECT component, operation, target, score, severity, effect, text, subject,"
                          " suggestion, letters FROM decision_names WHERE decision = :decision"
                          " ORDER BY position",
       soci::use(decision), soci::into(row.component), soci::into(row.operation), soci::into(row.target),
       soci::into(score), soci::into(row.severity), soci::into(effect), soci::into(row.text),
       soci::into(row.subject), soci::into(row.suggestion), soci::into(letters));
  query.execute();
  while (query.fetch()) {
    NameVerdict verdict = row;
    decode_all(texts(verdict));
    verdict.score = static_cast<double>(score) / kScoreUnits;
    const auto parsed = findings::parse_name_effect(effect);
    if (!parsed) throw soci::soci_error("a stored value is damaged: \"" + effect.substr(0, 80) + '"');
    verdict.effect = *parsed;
    verdict.letters = decode_letters(letters);
    names.push_back(std::move(verdict));
  }
  return names;
}

}  // namespace portcullis::records
