// SPDX-License-Identifier: Apache-2.0
//
// [[notify]]: where events are sent. Each type has its own keys; a key of another type is an unknown one.
#include <algorithm>

#include "portcullis/config/address.hpp"
#include "portcullis/findings/severity.hpp"
#include "sections.hpp"

namespace portcullis::config {
namespace {

constexpr std::string_view kNameGrammar = "a name of up to 40 small letters, digits, '-' and '_'";
constexpr std::string_view kTypeGrammar = "one of file, stdout, syslog, webhook";

std::optional<std::string> parse_name(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  const bool good =
      !text.empty() && text.size() <= kLongest && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
      });
  return good ? std::optional<std::string>(text) : std::nullopt;
}

std::optional<std::string> parse_type(std::string_view text) {
  for (const std::string_view type : {"file", "stdout", "syslog", "webhook"}) {
    if (text == type) return std::string(type);
  }
  return std::nullopt;
}

std::optional<notify::WebhookFormat> parse_format(std::string_view text) {
  if (text == "generic") return notify::WebhookFormat::generic;
  if (text == "slack") return notify::WebhookFormat::slack;
  return std::nullopt;
}

std::optional<notify::Start> parse_start(std::string_view text) {
  if (text == "now") return notify::Start::now;
  if (text == "start") return notify::Start::beginning;
  return std::nullopt;
}

/// As parse_url(), but with a query: it is where some services have the token.
std::optional<std::string> parse_webhook_url(std::string_view text) {
  const auto plain = parse_url(text.substr(0, text.find('?')));
  const bool good = plain && text.find_first_of("@# \t\r\n") == text.npos;
  return good ? std::optional<std::string>(text) : std::nullopt;
}

/// What a header can carry.
bool is_token(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

notify::FileOptions read_file_target(Reader& r) {
  notify::FileOptions options;
  r.path("path", options.path);
  if (!r.has("path")) r.problem("path", "expected the path of a file, saw none");
  return options;
}

notify::SyslogOptions read_syslog(Reader& r) {
  notify::SyslogOptions options;
  r.parsed("address", options, notify::kSyslogGrammar, notify::parse_syslog_address);
  r.parsed("facility", options.facility, "a syslog facility such as local0, daemon or authpriv",
           notify::parse_facility);
  r.duration("timeout", options.timeout, {"100ms", "30s"});
  return options;
}

void read_secret_key(Reader& r, std::string_view key, std::string& secret) {
  std::filesystem::path file;
  r.path(key, file);
  if (!file.empty()) read_secret(r, key, file, secret);
}

/// The address itself is the secret of many services, so it may come from a file.
void read_webhook_url(Reader& r, std::string& url) {
  r.parsed("url", url, kUrlGrammar, parse_webhook_url);
  read_secret_key(r, "url_file", url);
  if (r.has("url") && r.has("url_file")) return r.problem("url_file", "expected either it or url, saw both");
  if (r.has("url_file") && !url.empty() && !parse_webhook_url(url)) {
    return r.problem("url_file",
                     "expected a file with a URL such as https://hooks.example.com/x in one line");
  }
  if (!r.has("url") && !r.has("url_file"))
    r.problem("url", "expected " + std::string(kUrlGrammar) + ", saw none");
}

notify::WebhookOptions read_webhook(Reader& r) {
  notify::WebhookOptions options;
  read_webhook_url(r, options.url);
  r.parsed("format", options.format, "generic or slack", parse_format);
  r.refuse("secret",
           "expected secret_file = \"FILE\", saw a secret in the file itself; credentials are kept apart");
  r.refuse("token",
           "expected token_file = \"FILE\", saw a token in the file itself; credentials are kept apart");
  read_secret_key(r, "secret_file", options.secret);
  read_secret_key(r, "token_file", options.token);
  if (!is_token(options.token)) r.problem("token_file", "expected a token in one line of printable ASCII");
  r.text("ca_file", options.ca_file);
  r.duration("timeout", options.timeout, {"100ms", "30s"});
  return options;
}

void read_filter(Reader& r, notify::Filter& filter) {
  r.texts("actions", filter.actions);
  r.parsed("min_severity", filter.min_severity, "one of " + severity_names(), findings::parse_severity);
  r.texts("repositories", filter.repositories);
}

void read_pace(Reader& r, notify::Pace& pace) {
  r.duration("longest_retry", pace.longest_retry, {"1s", "24h"});
  r.number("refusals", pace.refusals, {1, 100});
  r.duration("keep_for", pace.keep_for, {"1m", "365d"});
  r.number("behind_events", pace.behind_events, {1, 1'000'000'000});
  r.duration("behind_time", pace.behind_time, {"1s", "365d"});
}

}  // namespace

void read_notify(Reader& r, std::vector<notify::TargetOptions>& targets) {
  notify::TargetOptions target;
  std::string type;
  r.parsed("name", target.name, kNameGrammar, parse_name);
  r.parsed("type", type, kTypeGrammar, parse_type);
  read_filter(r, target.filter);
  r.parsed("from", target.start, "now or start", parse_start);
  read_pace(r, target.pace);
  if (type == "file") target.to = read_file_target(r);
  if (type == "syslog") target.to = read_syslog(r);
  if (type == "webhook") target.to = read_webhook(r);

  if (!r.has("name")) return r.problem("name", "expected " + std::string(kNameGrammar) + ", saw none");
  if (!r.has("type")) return r.problem("type", "expected " + std::string(kTypeGrammar) + ", saw none");
  if (target.name.empty()) return;  // noted above
  const auto same = [&](const auto& other) { return other.name == target.name; };
  if (std::any_of(targets.begin(), targets.end(), same)) {
    return r.problem("name", "expected each name once, saw \"" + target.name + "\" again");
  }
  targets.push_back(std::move(target));
}

}  // namespace portcullis::config
