// SPDX-License-Identifier: Apache-2.0
#include "rejection.hpp"

#include "blob_answer.hpp"
#include "content.hpp"
#include "registry_errors.hpp"

namespace portcullis::http {
namespace {

using std::chrono::seconds;

constexpr seconds kRetry{30};
/// The text of ESRCH, which dockerd looks for; so it must survive any shortening of the line.
constexpr std::string_view kNoSuchProcess = " (no such process)";
constexpr std::size_t kMaxLine = 900;

bool for_good(gate::Status status) {
  return status == gate::Status::blocked || status == gate::Status::denied || status == gate::Status::refused;
}

std::string detail(const Rejection& rejection) {
  return rejection.report_id.empty() ? "" : "report " + rejection.report_id;
}

/// Codes: not UNKNOWN or UNAVAILABLE, clients try again on those.
Answer error(int status, const Rejection& rejection, const std::string& reason) {
  auto answer = registry_error(status, "DENIED", reason, detail(rejection));
  if (status == 503) {
    answer.headers.emplace_back("Retry-After",
                                std::to_string(rejection.retry_after.value_or(kRetry).count()));
  }
  return answer;
}

Answer honest(const Rejection& rejection) {
  if (rejection.status == gate::Status::absent || rejection.status == gate::Status::unlisted) {
    return registry_error(404, rejection.unknown_code, rejection.message);
  }
  return error(for_good(rejection.status) ? 403 : 503, rejection, rejection.message);
}

/// Without a known length the wrong one: that is as final to containerd, which knows the right one.
Answer mismatching(const Request& request, const Rejection& rejection) {
  auto text = registry_error(403, "DENIED", rejection.message, detail(rejection)).body;
  const auto digest = rejection.digest.value_or(oci::Digest::of(""));
  const auto size = rejection.size.value_or(text.size());
  auto answer = mismatch_answer(
      request, mismatching_content(digest, size, std::move(text)),
      rejection.media_type.empty() ? "application/octet-stream" : presentable(rejection.media_type));
  answer.reason = rejection.message;
  return answer;
}

Answer document(const Rejection& rejection, std::string content_type, std::string body) {
  Answer answer;
  answer.reason = rejection.message;
  answer.content_type = std::move(content_type);
  answer.headers = {{"Cache-Control", "no-store"}};
  answer.body = std::move(body);
  return answer;
}

}  // namespace

BlockStyle possible_style(BlockStyle wanted, const Rejection& rejection) {
  return wanted == BlockStyle::shown && !rejection.shown ? BlockStyle::unreadable : wanted;
}

Answer render_rejection(BlockStyle style, const Request& request, const Rejection& rejection) {
  switch (possible_style(style, rejection)) {
    case BlockStyle::denied:
      break;
    case BlockStyle::forbidden:
      return error(403, rejection, rejection.message);
    case BlockStyle::choices:
      return error(300, rejection, rejection.message);
    case BlockStyle::no_such_process:
      return error(503, rejection, presentable(rejection.message).substr(0, kMaxLine).append(kNoSuchProcess));
    case BlockStyle::mismatch:
      return mismatching(request, rejection);
    case BlockStyle::shown: {
      auto answer = document(rejection, presentable(rejection.media_type), *rejection.shown);
      if (rejection.digest) answer.headers.emplace_back("Docker-Content-Digest", rejection.digest->text());
      return answer;
    }
    case BlockStyle::unreadable:
      // The first word makes sure that it does not begin like JSON ("127.0..." is a number at first).
      return document(rejection, "text/plain", "error: " + presentable(rejection.message) + "\n");
  }
  return honest(rejection);
}

}  // namespace portcullis::http
