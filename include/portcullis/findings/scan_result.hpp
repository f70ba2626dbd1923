// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/findings/finding.hpp"

namespace portcullis::findings {

/// How the scan of one blob ended: closed, each value has a counter and a policy setting, and only
/// `complete` can be served by default. The first end that is noticed wins.
enum class Outcome {
  complete,     ///< the worker saw every byte and its final record agrees with what it sent
  unscannable,  ///< ambiguous or unreadable content; the reason says which
  timed_out,    ///< wall or CPU limit; the parent killed it, or a file ran into its own limit
  limit,        ///< memory, unpacked bytes, entries or another budget
  violation,    ///< the worker tried a forbidden system call
  crashed,      ///< any other death
  garbled,      ///< its output broke the protocol, or ended without the final record
  unavailable,  ///< no scanner: not started, queue full, or shutting down. Never stored.
};

inline constexpr Outcome kAllOutcomes[] = {Outcome::complete, Outcome::unscannable, Outcome::timed_out,
                                           Outcome::limit,    Outcome::violation,   Outcome::crashed,
                                           Outcome::garbled,  Outcome::unavailable};

std::string_view to_string(Outcome outcome) noexcept;
std::optional<Outcome> parse_outcome(std::string_view text) noexcept;

struct ScanCounts {
  std::uint64_t entries = 0;         ///< tar entries of every type
  std::uint64_t files = 0;           ///< regular files seen, members of nested archives included
  std::uint64_t files_skipped = 0;   ///< of these, known clean and not scanned again
  std::uint64_t bytes_in = 0;        ///< bytes of the blob as received
  std::uint64_t bytes_unpacked = 0;  ///< bytes of tar stream and nested members
};

struct ScanResult {
  Outcome outcome = Outcome::unavailable;
  std::string reason;  ///< in words, when the outcome is not complete; raw
  std::vector<Finding> findings;
  bool findings_truncated = false;  ///< more were found than are kept; the worst are kept
  ScanCounts counts;
};

}  // namespace portcullis::findings
