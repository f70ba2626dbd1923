// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "question.hpp"
#include "scan_job.hpp"

namespace portcullis::scanner {
namespace {

using findings::RuleInfo;
using scan::LintLevel;
using scan::LintNote;

/// Compilers say `line 3: ...`; the number has a place of its own in a note.
LintNote error_note(const engine::SetAside& file) {
  constexpr std::string_view kLine = "line ";
  LintNote note{LintLevel::error, file.file, 0, "", file.message};
  if (!file.message.starts_with(kLine)) return note;
  const char* const begin = file.message.data() + kLine.size();
  const char* const end = file.message.data() + file.message.size();
  const auto [rest, error] = std::from_chars(begin, end, note.line);
  const std::string_view behind(rest, static_cast<std::size_t>(end - rest));
  if (error == std::errc() && behind.starts_with(": ")) note.message = behind.substr(2);
  return note;
}

/// What a finding of this rule would not be able to tell.
std::string missing_metas(const RuleInfo& rule) {
  const std::pair<bool, const char*> metas[] = {{rule.description.empty(), "description"},
                                                {!rule.severity_given, "severity"},
                                                {rule.techniques.empty(), "technique"},
                                                {rule.reference.empty(), "reference"}};
  std::string names;
  for (const auto& [missing, name] : metas) {
    if (missing) names.append(names.empty() ? "" : ", ").append(name);
  }
  return names;
}

std::vector<LintNote> lint(const engine::RuleSet& rules, const std::vector<engine::SetAside>& set_aside) {
  std::vector<LintNote> notes;
  for (const auto& file : set_aside) notes.push_back(error_note(file));
  const auto errors = static_cast<std::ptrdiff_t>(notes.size());
  for (const auto& pattern : rules.idle_patterns()) {
    notes.push_back(
        {LintLevel::warning, "configuration", 0, "", "[rules] names " + pattern + ", which no rule fits"});
  }
  for (const auto& warning : rules.warnings()) {
    const auto line = static_cast<std::uint32_t>(std::max(warning.line, 0));
    notes.push_back({LintLevel::warning, warning.file, line, "", warning.message});
  }
  for (const auto& rule : rules.describe()) {
    if (rule.helper) continue;
    const std::string missing = missing_metas(rule);
    if (missing.empty()) continue;
    notes.push_back({LintLevel::warning, rule.file, 0, rule.identifier, "has no meta " + missing});
  }
  std::stable_sort(notes.begin() + errors, notes.end(),
                   [](const LintNote& a, const LintNote& b) { return a.file < b.file; });
  return notes;
}

template <class T>
util::Result<void> tell(int results, const std::vector<T>& answers, std::size_t most) {
  AnswerWriter out(results);
  scan::FinalRecord last;
  last.outcome = findings::Outcome::complete;
  for (const auto& answer : answers) {
    auto told = answers.size() > most
                    ? util::fail(util::ErrorKind::limit, "more than " + std::to_string(most) + " answers")
                    : out.send(answer);
    if (told) continue;
    if (told.error().kind != util::ErrorKind::limit) return told;
    last.outcome = findings::Outcome::limit;
    last.reason = told.error().message;
    break;
  }
  return out.finish(std::move(last));
}

}  // namespace

int run_rules_question(const engine::RuleSet& rules, const std::vector<engine::SetAside>& set_aside,
                       const scan::JobRequest& request, const WorkerDescriptors& at) {
  using scan::RulesQuestion;
  if (request.question == RulesQuestion::test) return run_test_question(rules, request, at);
  if (auto done = lock_down(request); !done) return give_up(done.error().message);
  const auto told = request.question == RulesQuestion::list
                        ? tell(at.result, rules.describe(), scan::kMaxRules)
                        : tell(at.result, lint(rules, set_aside), scan::kMaxLintNotes);
  if (!told) return give_up(told.error().message);
  return scan::kExitDone;
}

}  // namespace portcullis::scanner
