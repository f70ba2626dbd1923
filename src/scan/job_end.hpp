// SPDX-License-Identifier: Apache-2.0
//
// How one job ended, from everything that is known about it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "portcullis/findings/scan_result.hpp"
#include "result_reader.hpp"

namespace portcullis::scan {

/// How the worker process ended, as its parent saw it.
struct WorkerStatus {
  bool lost = false;  ///< the fork server died first; nobody knows
  std::uint32_t code = 0;
  std::uint32_t signal = 0;
};

/// An end the server itself brought about (deadline, stop, failed source, broken protocol).
struct ForcedEnd {
  findings::Outcome outcome = findings::Outcome::unavailable;
  std::string reason;
};

struct JobFacts {
  std::optional<ForcedEnd> forced;  ///< the first one noticed
  WorkerStatus status;
  std::uint64_t bytes_sent = 0;  ///< into the input pipe
  bool input_ended = false;      ///< the source came to its clean end and all of it was sent
};

/// `complete` needs everything to agree: nothing forced, exit code 0, a well-formed final record, and
/// a worker that took in exactly what the source gave. Findings are kept for every end but garbled.
findings::ScanResult conclude(const JobFacts& facts, ResultReader& results);

/// The inventory that goes with such a conclusion; takes it out of `results`.
findings::LayerFiles conclude_files(const JobFacts& facts, const findings::ScanResult& concluded,
                                    ResultReader& results);

}  // namespace portcullis::scan
