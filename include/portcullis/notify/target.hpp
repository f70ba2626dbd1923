// SPDX-License-Identifier: Apache-2.0
//
// What a `[[notify]]` table says: where events are sent, and which.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "portcullis/findings/event.hpp"

namespace portcullis::notify {

/// A regular file that gets one line an event. Opened anew when its path leads elsewhere (logrotate) and
/// on Notifier::reopen(). Synced (fdatasync) before the events in it count as sent.
struct FileOptions {
  std::filesystem::path path = {};
};

struct StdoutOptions {};

enum class SyslogTransport { unix_socket, udp, tcp };

/// RFC 5424, the JSON line as the message, without structured data; over TCP with octet counting (RFC 6587).
/// Datagrams carry Detail::brief when the full line is over 8 KiB.
struct SyslogOptions {
  SyslogTransport transport = SyslogTransport::unix_socket;
  std::string host = "/dev/log";  ///< or the path of the socket
  std::uint16_t port = 514;
  int facility = 16;  ///< local0
  std::chrono::milliseconds timeout{10'000};
};

/// `unix:/dev/log`, `udp:HOST:PORT`, `tcp:HOST:PORT`.
std::optional<SyslogOptions> parse_syslog_address(std::string_view text);
inline constexpr std::string_view kSyslogGrammar = "unix:/dev/log, udp:HOST:PORT or tcp:HOST:PORT";
/// "local0", "auth", ...
std::optional<int> parse_facility(std::string_view text);

enum class WebhookFormat { generic, slack };

/// A POST for each event. Redirects are not followed. Addresses are not restricted: the operator chose them.
struct WebhookOptions {
  std::string url = {};  ///< may hold a secret in its path; never shown but for the host
  WebhookFormat format = WebhookFormat::generic;
  std::string secret = {};   ///< of the signature; empty: not signed
  std::string token = {};    ///< sent as `Authorization: Bearer`; empty: not sent
  std::string ca_file = {};  ///< trusted instead of the system's
  std::chrono::milliseconds timeout{10'000};
};

/// All terms that are set must hold.
struct Filter {
  std::vector<std::string> actions = {};  ///< any of them
  findings::Severity min_severity = findings::Severity::info;
  std::vector<std::string> repositories = {};  ///< globs over `host/repository`, any of them

  bool matches(const findings::Event& event) const;
};

/// Where a target begins that was never there before.
enum class Start { now, beginning };

struct Pace {
  std::chrono::milliseconds poll{500};  ///< how often new events are looked for
  std::chrono::milliseconds first_retry{1'000};
  std::chrono::milliseconds longest_retry{300'000};
  /// An event that the target refuses (not: a target that is down) is tried so often, then set aside.
  int refusals = 5;
  /// Once a target has failed for an hour, events older than this are set aside, so that one that is gone for
  /// good does not keep the records from being cleaned.
  std::chrono::milliseconds keep_for{std::chrono::hours(24 * 7)};
  /// From here on it is said to be behind.
  std::int64_t behind_events = 1'000;
  std::chrono::milliseconds behind_time{300'000};
};

struct TargetOptions {
  std::string name = {};  ///< names its cursor: a target with a new name starts anew
  std::variant<FileOptions, StdoutOptions, SyslogOptions, WebhookOptions> to = StdoutOptions{};
  Filter filter = {};
  Start start = Start::now;
  Pace pace = {};
};

}  // namespace portcullis::notify
