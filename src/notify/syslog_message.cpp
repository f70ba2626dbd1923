// SPDX-License-Identifier: Apache-2.0
#include "syslog_message.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "portcullis/notify/target.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::notify {
namespace {

using findings::Severity;

constexpr std::size_t kMaxHostname = 255;
constexpr std::size_t kMaxMessageId = 32;

int syslog_severity(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return 2;
    case Severity::high:
      return 3;
    case Severity::medium:
      return 4;
    case Severity::low:
      return 5;
    case Severity::info:
      break;
  }
  return 6;
}

/// What RFC 5424 allows in a header field: printable ASCII without a space; "-" for nothing.
std::string header_field(const std::string& text, std::size_t limit) {
  std::string field;
  for (const char c : text) {
    if (field.size() == limit) break;
    field += c > ' ' && c <= '~' ? c : '_';
  }
  return field.empty() ? "-" : field;
}

constexpr std::array<std::pair<std::string_view, int>, 16> kFacilities = {{{"kern", 0},
                                                                           {"user", 1},
                                                                           {"daemon", 3},
                                                                           {"auth", 4},
                                                                           {"syslog", 5},
                                                                           {"authpriv", 10},
                                                                           {"audit", 13},
                                                                           {"alert", 14},
                                                                           {"local0", 16},
                                                                           {"local1", 17},
                                                                           {"local2", 18},
                                                                           {"local3", 19},
                                                                           {"local4", 20},
                                                                           {"local5", 21},
                                                                           {"local6", 22},
                                                                           {"local7", 23}}};

}  // namespace

std::optional<int> parse_facility(std::string_view text) {
  for (const auto& [name, number] : kFacilities) {
    if (name == text) return number;
  }
  return std::nullopt;
}

std::optional<SyslogOptions> parse_syslog_address(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == text.npos) return std::nullopt;
  const auto scheme = text.substr(0, colon);
  auto rest = text.substr(colon + 1);
  SyslogOptions options;
  if (scheme == "unix") {
    constexpr std::size_t kMaxSocketPath = 107;
    if (!rest.starts_with('/') || rest.size() > kMaxSocketPath) return std::nullopt;
    options.host = rest;
    return options;
  }
  if (scheme != "udp" && scheme != "tcp") return std::nullopt;
  options.transport = scheme == "udp" ? SyslogTransport::udp : SyslogTransport::tcp;
  const auto port = rest.rfind(':');
  if (port == rest.npos) return std::nullopt;
  auto host = rest.substr(0, port);
  const auto digits = rest.substr(port + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), options.port);
  if (error != std::errc() || end != digits.data() + digits.size() || options.port == 0) return std::nullopt;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != host.npos) {
    return std::nullopt;
  }
  if (host.empty() || host.find_first_of("/ []") != host.npos) return std::nullopt;
  options.host = host;
  return options;
}

std::string syslog_message(const findings::Event& event, const std::string& json,
                           const SyslogHeader& header) {
  std::string text = "<" + std::to_string(header.facility * 8 + syslog_severity(event.severity)) + ">1 ";
  text += util::to_rfc3339(event.at);
  text += " " + header_field(header.hostname, kMaxHostname);
  text += " portcullis " + std::to_string(header.process);
  text += " " + header_field(event.action, kMaxMessageId);
  return text + " - " + json;
}

}  // namespace portcullis::notify
