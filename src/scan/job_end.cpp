// SPDX-License-Identifier: Apache-2.0
#include "job_end.hpp"

#include <csignal>

namespace portcullis::scan {
namespace {

using findings::Outcome;
using findings::ScanResult;

ForcedEnd death(const WorkerStatus& status) {
  if (status.lost) return {Outcome::unavailable, "the scanner ended while the scan was running"};
  switch (status.signal) {
    case 0:
      break;
    case SIGSYS:
      return {Outcome::violation, "the worker tried a forbidden system call"};
    case SIGXCPU:
      return {Outcome::timed_out, "the worker used up its processor time"};
    default:
      return {Outcome::crashed, "the worker was killed by signal " + std::to_string(status.signal)};
  }
  if (status.code == kExitOutOfMemory) return {Outcome::limit, "the worker ran out of its memory limit"};
  return {Outcome::crashed, "the worker exited with code " + std::to_string(status.code)};
}

ScanResult ended(ForcedEnd end, ResultReader& results) {
  ScanResult result;
  result.outcome = end.outcome;
  result.reason = std::move(end.reason);
  if (end.outcome != Outcome::garbled) result.findings = results.findings();
  return result;
}

}  // namespace

ScanResult conclude(const JobFacts& facts, ResultReader& results) {
  if (facts.forced) return ended(*facts.forced, results);
  if (facts.status.lost || facts.status.signal != 0 || facts.status.code != kExitDone) {
    return ended(death(facts.status), results);
  }
  if (!results.finish()) {
    return ended({Outcome::garbled, "the worker sent " + results.problem()}, results);
  }
  const auto& final_record = results.final_record();
  if (!final_record) {
    return ended({Outcome::garbled, "the worker ended without its final record"}, results);
  }
  if (final_record->outcome == Outcome::complete &&
      (!facts.input_ended || final_record->counts.bytes_in != facts.bytes_sent)) {
    return ended({Outcome::garbled, "the worker claims a complete scan of " +
                                        std::to_string(final_record->counts.bytes_in) + " bytes, but " +
                                        std::to_string(facts.bytes_sent) + " were sent"},
                 results);
  }
  ScanResult result = ended({final_record->outcome, final_record->reason}, results);
  result.findings_truncated = final_record->findings_truncated;
  result.counts = final_record->counts;
  return result;
}

findings::LayerFiles conclude_files(const JobFacts& facts, const ScanResult& concluded,
                                    ResultReader& results) {
  const auto& final_record = results.final_record();
  const bool by_itself = !facts.forced && final_record && final_record->outcome == concluded.outcome &&
                         facts.status.signal == 0 && facts.status.code == kExitDone;
  if (!by_itself) return {.truncated = true};
  return {.files = results.take_layer_files(),
          .truncated = final_record->layer_files_truncated || concluded.outcome != Outcome::complete};
}

}  // namespace portcullis::scan
