// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "portcullis/findings/decision.hpp"
#include "portcullis/oci/digest.hpp"
#include "portcullis/util/clock.hpp"

namespace portcullis::records {

/// One client, one manifest, one minute. Or one name: what is blocked for its name has no manifest.
struct PullRecord {
  std::string host = {};
  std::string repository = {};
  std::string reference = {};
  std::optional<oci::Digest> manifest = {};
  findings::Action action = findings::Action::allow;
  bool check_only = false;  ///< HEAD alone
  std::string client_address = {};
  std::string client_user = {};
  std::string client_agent = {};
  std::string decision_id = {};
  util::TimePoint first{};
  util::TimePoint last{};
  std::uint32_t requests = 0;
};

}  // namespace portcullis::records
