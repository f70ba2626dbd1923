// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <algorithm>

namespace portcullis::cli {
namespace {

/// It blocks because something could not be looked at, not because of what was seen.
bool is_ignorance(std::string_view code) {
  constexpr std::string_view kNotLookedAt[] = {
      "manifest:manifest_foreign_urls",    "manifest:manifest_encrypted_layer", "config:config_too_large",
      "manifest:manifest_too_many_layers", "manifest:manifest_unreadable",      "config:config_unreadable"};
  return code.starts_with("outcome:") || std::ranges::find(kNotLookedAt, code) != std::end(kNotLookedAt);
}

}  // namespace

Verdict verdict_of(const findings::Decision& decision) {
  const bool blocks = decision.action == findings::Action::block || decision.would_block;
  if (!blocks) return decision.action == findings::Action::allow ? Verdict::allow : Verdict::warn;
  const auto asks_for_block = [](const findings::Reason& reason) {
    return reason.action == findings::Action::block;
  };
  const auto found_something = [&](const findings::Reason& reason) {
    return asks_for_block(reason) && !is_ignorance(reason.code);
  };
  const auto& reasons = decision.reasons;
  const bool unknown =
      std::ranges::any_of(reasons, asks_for_block) && std::ranges::none_of(reasons, found_something);
  return unknown ? Verdict::error : Verdict::block;
}

ExitCode exit_code(Verdict verdict) {
  switch (verdict) {
    case Verdict::allow:
    case Verdict::warn:
      return kClean;
    case Verdict::block:
      return kBlocked;
    case Verdict::error:
      break;
  }
  return kCouldNotJudge;
}

ExitCode exit_code(const Report& report) {
  const bool pass = report.verdict == Verdict::block && report.enforcement == Enforcement::audit;
  return pass ? kClean : exit_code(report.verdict);
}

ExitCode exit_code(std::span<const Report> reports) {
  ExitCode worst = reports.empty() ? kCouldNotJudge : kClean;
  for (const Report& report : reports) {
    const ExitCode code = exit_code(report);
    if (code == kBlocked || worst == kClean) worst = code;
  }
  return worst;
}

Verdict worst(std::span<const Report> reports) {
  const ExitCode code = exit_code(reports);
  if (code != kClean) return code == kBlocked ? Verdict::block : Verdict::error;
  // Only audit mode has blocks among these.
  for (const Verdict verdict : {Verdict::block, Verdict::warn}) {
    if (std::ranges::find(reports, verdict, &Report::verdict) != reports.end()) return verdict;
  }
  return Verdict::allow;
}

}  // namespace portcullis::cli
