// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "portcullis/findings/event.hpp"

namespace portcullis::notify {

struct SyslogHeader {
  int facility = 16;
  std::string hostname = {};
  int process = 0;
};

/// `<PRI>1 TIME HOST portcullis PID ACTION - JSON` (RFC 5424), without any framing.
std::string syslog_message(const findings::Event& event, const std::string& json, const SyslogHeader& header);

}  // namespace portcullis::notify
