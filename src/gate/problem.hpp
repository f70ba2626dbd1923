// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "portcullis/gate/gate.hpp"
#include "portcullis/util/safe_text.hpp"

namespace portcullis::gate {

/// Why there is no verdict. `message` is one line, safe text, fit for a client.
struct Problem {
  Status status = Status::failed;
  std::string message;
  std::optional<std::chrono::seconds> retry_after = {};
  std::string report_id = {};  ///< of Status::blocked
};

template <class T>
using Attempt = tl::expected<T, Problem>;

inline Status status_of(util::ErrorKind kind) {
  switch (kind) {
    case util::ErrorKind::absent:
      return Status::absent;
    case util::ErrorKind::denied:
      return Status::denied;
    case util::ErrorKind::unreachable:
    case util::ErrorKind::limit:
    case util::ErrorKind::corrupt:
      return Status::unreachable;
    default:
      return Status::failed;
  }
}

inline tl::unexpected<Problem> problem(const upstream::Failure& failure) {
  return tl::unexpected(
      Problem{status_of(failure.kind), util::safe_text(failure.message), failure.retry_after});
}
inline tl::unexpected<Problem> problem(std::string_view what, const util::Error& error) {
  return tl::unexpected(Problem{status_of(error.kind),
                                util::safe_text(std::string(what) + ": " + error.message), std::nullopt});
}
/// Our own trouble, whatever kind of error it is.
inline tl::unexpected<Problem> failure(std::string_view what, const util::Error& error) {
  return tl::unexpected(
      Problem{Status::failed, util::safe_text(std::string(what) + ": " + error.message), std::nullopt});
}

inline Problem still_judging() {
  return {Status::pending, "the image is still being scanned", std::chrono::seconds(60)};
}

template <class Answer>
Answer answer_with(const Problem& problem) {
  Answer answer;
  answer.status = problem.status;
  answer.message = problem.message;
  if constexpr (requires { answer.retry_after; }) answer.retry_after = problem.retry_after;
  if constexpr (requires { answer.report_id; }) answer.report_id = problem.report_id;
  return answer;
}

}  // namespace portcullis::gate
