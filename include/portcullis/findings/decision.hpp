// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/findings/action.hpp"
#include "portcullis/findings/finding.hpp"
#include "portcullis/findings/name_verdict.hpp"
#include "portcullis/findings/scan_result.hpp"
#include "portcullis/oci/digest.hpp"
#include "portcullis/util/clock.hpp"

namespace portcullis::findings {

/// Why, recorded while deciding. `text` is one finished sentence part, already safe text, such as
/// `rule miner_xmrig (critical) matched usr/bin/x in layer 3`.
struct Reason {
  Action action = Action::allow;  ///< what this reason alone asks for
  Severity severity = Severity::info;
  std::string code;  ///< `rule:miner_xmrig`, `outcome:timed_out`, `manifest:foreign_layer`, `cooldown`
  std::string text;
  std::string waiver;  ///< id of the waiver that took the sting out; empty when none
};

/// The verdict on one manifest in one repository.
struct Decision {
  Action action = Action::block;  ///< what is done. A default-constructed decision blocks.
  bool would_block = false;       ///< audit mode: served although enforce mode would have blocked
  std::vector<Reason> reasons;    ///< worst first
  /// One line, safe text, the part after "BLOCKED by Portcullis: "; empty when clean.
  std::string summary;
};

/// An exception somebody signed for. Empty scope terms match everything; creation demands enough.
struct Waiver {
  std::string id;
  std::string rule;        ///< rule or check id
  std::string repository;  ///< glob over `host/repository`
  std::string digest;      ///< manifest digest text
  std::string file_hash;
  std::string reason;
  std::string author;
  util::TimePoint created{};
  util::TimePoint expires{};
};

}  // namespace portcullis::findings
