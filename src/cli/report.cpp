// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <algorithm>

namespace portcullis::cli {

Verdict verdict_of(const findings::Decision& decision) {
  if (decision.action == findings::Action::allow) return Verdict::allow;
  if (decision.action == findings::Action::warn) return Verdict::warn;
  const auto for_something_found = [](const findings::Reason& reason) {
    return reason.action == findings::Action::block && !reason.code.starts_with("outcome:");
  };
  const auto for_no_end = [](const findings::Reason& reason) {
    return reason.action == findings::Action::block && reason.code.starts_with("outcome:");
  };
  const auto& reasons = decision.reasons;
  const bool unknown = std::any_of(reasons.begin(), reasons.end(), for_no_end) &&
                       std::none_of(reasons.begin(), reasons.end(), for_something_found);
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

}  // namespace portcullis::cli
