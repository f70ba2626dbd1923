// SPDX-License-Identifier: Apache-2.0
#include "question.hpp"

#include "portcullis/sandbox/sandbox.hpp"
#include "worker.hpp"

namespace portcullis::scanner {

util::Result<void> lock_down(const scan::JobRequest& request) {
  end_when_out_of_memory();
  if (auto done = sandbox::confine_process(sandbox_limits(request.limits, 1)); !done) return done;
  return sandbox::confine_system_calls();
}

util::Result<void> AnswerWriter::send(const scan::Answer& answer) {
  const std::string frame = scan::encode_frame(answer);
  // The bytes of a member have a limit of their own.
  if (!std::holds_alternative<scan::MemberPiece>(answer)) bytes_ += frame.size();
  if (bytes_ > scan::kMaxAnswerBytes) {
    return util::fail(util::ErrorKind::limit,
                      "more to tell than " + std::to_string(scan::kMaxAnswerBytes) + " bytes hold");
  }
  ++answers_;
  return util::write_full(results_, util::as_bytes(frame));
}

util::Result<void> AnswerWriter::finish(scan::FinalRecord last) {
  last.answers = answers_;
  return util::write_full(results_, util::as_bytes(scan::encode_frame(last)));
}

}  // namespace portcullis::scanner
