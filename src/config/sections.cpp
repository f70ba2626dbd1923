// SPDX-License-Identifier: Apache-2.0
#include "sections.hpp"

#include <algorithm>
#include <cctype>

#include "portcullis/config/address.hpp"
#include "portcullis/findings/decision.hpp"
#include "portcullis/findings/severity.hpp"
#include "portcullis/oci/reference.hpp"
#include "portcullis/util/files.hpp"

namespace portcullis::config {
namespace {

constexpr std::int64_t kMany = 1'000'000'000;
constexpr std::size_t kMaxPasswordBytes = 64 * 1024;

void read_tls(Reader& r, http::ListenOptions& listen) {
  http::TlsOptions tls;
  r.path("tls_cert", tls.cert);
  r.path("tls_key", tls.key);
  if (tls.cert.empty() && tls.key.empty()) return;
  if (tls.key.empty()) return r.problem("tls_cert", "expected tls_key beside it, saw none");
  if (tls.cert.empty()) return r.problem("tls_key", "expected tls_cert beside it, saw none");
  listen.tls = std::move(tls);
}

void read_listener(Reader& r, http::ListenOptions& listen) {
  Address address{listen.host, listen.port};
  r.parsed("listen", address, kAddressGrammar, parse_address);
  listen.host = address.host;
  listen.port = address.port;
  r.number("max_connections", listen.max_connections, {1, 1'000'000});
  r.number("max_active", listen.max_active, {1, 100'000});
  r.number("max_headers", listen.max_headers, {16, 10'000});
  r.size("max_header_size", listen.max_header_bytes, 1024);
  r.size("max_body_size", listen.max_body_bytes);
  r.duration("header_deadline", listen.header_deadline, {"100ms", "1h"});
  r.duration("body_deadline", listen.body_deadline, {"100ms", "1h"});
  r.duration("idle_timeout", listen.idle_timeout, {"100ms", "24h"});
  r.duration("send_stall", listen.send.stall, {"100ms", "24h"});
  r.size("min_send_rate", listen.send.min_rate, 0);
  r.number("max_connections_per_address", listen.max_connections_per_address, {0, 1'000'000});
  r.parsed_list("trusted_proxies", listen.trusted_proxies, http::kNetworkGrammar, http::Network::parse);
  read_tls(r, listen);
}

void read_clients(Reader& r, Config& config) {
  auto& registry = config.registry;
  r.flag("allow_anonymous", config.allow_anonymous);
  r.parsed_list("allow", registry.access.allow, http::kNetworkGrammar, http::Network::parse);
  r.path("htpasswd", registry.access.htpasswd);
  std::filesystem::path ca_file;
  r.path("ca_file", ca_file);
  if (r.has("allow") && registry.access.allow.empty()) {
    r.problem("allow", "expected at least one network, saw none; leave the key out, or nobody could pull");
  }
  if (config.allow_anonymous && (r.has("allow") || r.has("htpasswd") || r.has("ca_file"))) {
    r.problem("allow_anonymous", "expected false beside allow, htpasswd or ca_file, which say who may pull");
  }
  if (ca_file.empty()) return;
  if (!registry.listen.tls) {
    return r.problem(
        "ca_file",
        "expected tls_cert and tls_key under [registry], without which there are no client certificates");
  }
  registry.listen.tls->client_ca = std::move(ca_file);
}

void read_platforms(Reader& r, std::vector<oci::Platform>& platforms) {
  r.parsed_list("platforms", platforms, "platforms such as linux/amd64 or linux/arm64/v8",
                [](std::string_view text) {
                  auto platform = oci::Platform::parse(text);
                  return platform ? std::optional(*std::move(platform)) : std::nullopt;
                });
}

void read_registry(Reader& r, http::RegistryOptions& registry) {
  read_listener(r, registry.listen);
  // Docker 29.7 and containerd 2.3 give up after 30 s without headers, all clients after 10 redirects.
  r.duration("hold", registry.hold, {"100ms", "28s"});
  r.number("hops", registry.hops, {0, 9});
  read_platforms(r, registry.platforms);
}

std::optional<std::string> parse_admin_host(std::string_view text) {
  auto host = oci::parse_host(text);
  return host ? std::optional(*std::move(host)) : std::nullopt;
}

/// Without scheme, port and path.
std::string host_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  return std::string(url.substr(0, url.find_first_of("/:")));
}

void read_admin(Reader& r, http::AdminOptions& admin) {
  read_listener(r, admin.listen);
  r.parsed_list("hosts", admin.hosts, "host names such as portcullis.example.com", parse_admin_host);
  bool metrics_token = admin.metrics == http::MetricsAccess::token;
  r.flag("metrics_token", metrics_token);
  admin.metrics = metrics_token ? http::MetricsAccess::token : http::MetricsAccess::open;
}

void refuse_password(Reader& r) {
  r.refuse(
      "password",
      "expected password_file = \"FILE\", saw a password in the file itself; credentials are kept apart");
}

void read_password(Reader& r, upstream::Options& upstream) {
  refuse_password(r);
  upstream::Credentials credentials;
  std::filesystem::path file;
  r.text("username", credentials.username);
  r.path("password_file", file);
  if (!r.has("username") && !r.has("password_file")) return;
  if (!r.has("password_file")) return r.problem("username", "expected password_file beside it, saw none");
  if (!r.has("username")) return r.problem("password_file", "expected username beside it, saw none");

  if (!read_secret(r, "password_file", file, credentials.password)) return;
  upstream.credentials = std::move(credentials);
}

/// How Portcullis reaches it and who it is there.
void read_connection(Reader& r, upstream::Options& upstream) {
  r.texts("token_hosts", upstream.token_hosts);
  r.text("docker_config", upstream.docker_config);
  r.text("ca_file", upstream.ca_file);
  r.text("client_cert_file", upstream.client_cert_file);
  r.text("client_key_file", upstream.client_key_file);
  r.flag("allow_plain_http", upstream.allow_plain_http);
  r.flag("allow_private_addresses", upstream.allow_private_addresses);
  r.parsed("proxy", upstream.proxy, kProxyGrammar, parse_proxy);
  r.texts("no_proxy", upstream.no_proxy);
  r.duration("connect_timeout", upstream.connect_timeout, {"100ms", "10m"});
  r.duration("stall_timeout", upstream.stall_timeout, {"100ms", "1h"});
  r.size("floor_rate", upstream.floor_rate, 0);
  r.number("attempts", upstream.attempts, {1, 20});
  read_password(r, upstream);
  if (r.has("no_proxy") && !r.has("proxy")) r.problem("no_proxy", "expected proxy beside it, saw none");
  if (r.has("docker_config") && upstream.credentials) {
    r.problem("docker_config", "expected either it or username and password_file, saw both");
  }
}

void read_upstream(Reader& r, std::vector<upstream::Options>& upstreams, http::RegistryOptions& registry) {
  std::string name;
  r.parsed("name", name, kUpstreamNameGrammar, parse_upstream_name);
  upstream::Options upstream = known_upstream(name);
  r.parsed("url", upstream.url, kUrlGrammar, parse_url);
  r.parsed_list("aliases", upstream.aliases, "registry hosts such as docker.io", parse_upstream_name);
  std::vector<oci::Platform> platforms;
  read_platforms(r, platforms);
  read_connection(r, upstream);

  if (!r.has("name"))
    return r.problem("name", "expected " + std::string(kUpstreamNameGrammar) + ", saw none");
  if (name.empty()) return;  // noted above
  if (upstream.url.empty() && !r.has("url")) {
    return r.problem("url", "expected " + std::string(kUrlGrammar) + ", saw none");
  }
  const auto same_name = [&](const upstream::Options& other) { return other.name == name; };
  if (std::any_of(upstreams.begin(), upstreams.end(), same_name)) {
    return r.problem("name", "expected each name once, saw \"" + name + "\" again");
  }
  if (!platforms.empty()) registry.platforms_by_host[name] = std::move(platforms);
  upstreams.push_back(std::move(upstream));
}

void read_scan(Reader& r, scan::Options& scan) {
  r.path("scanner", scan.scanner);
  r.number("workers", scan.workers, {1, 1024});
  r.number("threads", scan.threads, {0, 1024});
  r.number("queue", scan.queue, {1, 1'000'000});
  r.size("unpacked_size", scan.limits.unpacked_bytes);
  r.number("entries", scan.limits.entries, {1, kMany});
  r.number("path_bytes", scan.limits.path_bytes, {16, 65'536});
  r.size("nested_size", scan.limits.nested_bytes);
  r.number("nested_depth", scan.limits.nested_depth, {0, 16});
  r.size("memory", scan.limits.memory_bytes, 16u << 20);
  r.number("max_findings", scan.limits.max_findings, {1, 100'000});
  r.duration("file_timeout", scan.limits.file_timeout, {"1s", "24h"});
  r.duration("base_time", scan.limits.base_time, {"1s", "24h"});
  r.size("floor_rate", scan.limits.floor_rate);
  bool known_clean = scan.known_clean.use == scan::KnownCleanUse::on;
  r.flag("known_clean", known_clean);
  scan.known_clean.use = known_clean ? scan::KnownCleanUse::on : scan::KnownCleanUse::off;
  r.size("known_clean_size", scan.known_clean.max_bytes, 1u << 20);
}

constexpr std::string_view kRulePatternGrammar =
    "a rule such as miner_xmrig or pack/file.yar:miner_xmrig, in which * and ? stand for any characters";

bool is_rule_pattern(std::string_view text) {
  constexpr std::size_t kLongest = 512;
  const auto rule = text.substr(std::min(text.rfind(':') + 1, text.size()));  // npos + 1 is 0
  const auto part_of_name = [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '*' || c == '?';
  };
  const auto printable = [](unsigned char c) { return c >= ' ' && c != 0x7f; };
  return text.size() <= kLongest && !rule.empty() && std::ranges::all_of(rule, part_of_name) &&
         std::ranges::all_of(text, printable);
}

void read_rules(Reader& r, Config& config) {
  constexpr std::size_t kMostPatterns = 2000;  // they travel to the scanner as arguments
  auto& scan = config.scan;
  r.paths("paths", scan.rules);
  r.flag("builtin", config.builtin_rules);
  r.flag("watch", config.watch_rules);
  bool strict = false;
  r.flag("strict", strict);
  scan.on_set_aside = strict ? scan::OnSetAside::refuse : scan::OnSetAside::go_on;
  auto& disable = scan.adjustments.disable;
  auto& severity = scan.adjustments.severity;
  r.parsed_list("disable", disable, kRulePatternGrammar, [](std::string_view text) {
    return is_rule_pattern(text) ? std::optional<std::string>(text) : std::nullopt;
  });
  r.parsed_map("severity", severity, "one of " + severity_names(), findings::parse_severity,
               kRulePatternGrammar, is_rule_pattern);
  for (const auto& [key, count] :
       {std::pair("disable", disable.size()), std::pair("severity", severity.size())}) {
    if (count <= kMostPatterns) continue;
    r.problem(key, "expected at most " + std::to_string(kMostPatterns) + " patterns, saw " +
                       std::to_string(count) + "; one pattern such as pack/*:* stands for many rules");
  }
}

void read_gate(Reader& r, gate::Options& gate) {
  r.duration("tag_ttl", gate.tag_ttl, {"0s", "365d"});
  r.duration("stale_max", gate.stale_max, {"0s", "365d"});
  r.size("max_layer_size", gate.max_layer_bytes);
  r.number("max_layers", gate.max_layers, {1, 10'000});
  r.number("concurrent_images", gate.concurrent_images, {1, 10'000});
  r.number("queued_images", gate.queued_images, {1, 1'000'000});
  r.number("queued_pulls", gate.queued_pulls, {1, 10'000'000});
  r.number("concurrent_rescans", gate.concurrent_rescans, {0, 100});
  r.duration("rescan_max", gate.rescan_max, {"0s", "365d"});
}

constexpr std::string_view kDatabaseGrammar =
    "a URL such as postgresql://user@host:5432/database, without a password";

/// What is in it is libpq's to read; here it is only kept from holding a credential.
bool is_database_url(std::string_view text) {
  if (!text.starts_with("postgresql://") && !text.starts_with("postgres://")) return false;
  const auto authority = text.substr(text.find("://") + 3);
  const auto at = authority.find('@');
  if (at != authority.npos && authority.substr(0, at).find(':') != authority.npos) return false;
  return text.find("password=") == text.npos;
}

void read_keep(Reader& r, std::string_view name, records::Keep& keep) {
  r.table(name, [&](Reader& t) {
    t.duration("age", keep.age, {"0s", "36500d"});
    t.number("count", keep.count, {0, 1'000'000'000'000});
  });
}

void read_records(Reader& r, RecordsOptions& options) {
  refuse_password(r);
  r.text("url", options.url);
  if (!options.url.empty() && !is_database_url(options.url)) {
    // Not quoted: it may hold a password.
    return r.problem("url", "expected " + std::string(kDatabaseGrammar));
  }
  std::filesystem::path file;
  r.path("password_file", file);
  if (r.has("password_file")) {
    if (!r.has("url")) return r.problem("password_file", "expected url beside it, saw none");
    if (!read_secret(r, "password_file", file, options.password)) return;
  }
  r.table("keep", [&](Reader& keep) {
    auto& retention = options.retention;
    read_keep(keep, "pulls", retention.pulls);
    read_keep(keep, "pullers", retention.pullers);
    read_keep(keep, "events", retention.events);
    read_keep(keep, "decisions", retention.decisions);
    read_keep(keep, "images", retention.images);
    read_keep(keep, "scans", retention.scans);
    read_keep(keep, "tag_history", retention.tag_history);
    read_keep(keep, "waivers", retention.waivers);
    read_keep(keep, "statistics", retention.statistics);
  });
}

}  // namespace

std::string severity_names() {
  using findings::Severity;
  std::string names;
  for (const Severity s :
       {Severity::info, Severity::low, Severity::medium, Severity::high, Severity::critical}) {
    names.append(names.empty() ? "" : ", ").append(findings::to_string(s));
  }
  return names;
}

bool read_secret(Reader& r, std::string_view key, const std::filesystem::path& file, std::string& secret) {
  auto content = util::read_file(file, kMaxPasswordBytes);
  if (!content) {
    r.problem(key, content.error().message);
    return false;
  }
  secret = *std::move(content);
  while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  if (secret.empty()) r.problem(key, "expected a secret, saw an empty file");
  return !secret.empty();
}

upstream::Options known_upstream(const std::string& name) {
  for (const upstream::Options& known : upstream::default_upstreams()) {
    if (known.name == name) return known;
  }
  upstream::Options fresh;
  fresh.name = name;
  return fresh;
}

void read_file(Reader& r, Config& config) {
  r.path("data", config.data);
  r.table("registry", [&](Reader& t) {
    read_registry(t, config.registry);
    t.parsed("public_url", config.public_url, kUrlGrammar, parse_url);
  });
  r.table("admin", [&](Reader& t) {
    read_admin(t, config.admin);
    t.parsed("public_url", config.admin_public_url, kUrlGrammar, parse_url);
    if (auto name = host_of(config.admin_public_url); !name.empty()) {
      config.admin.hosts.push_back(std::move(name));
    }
  });
  r.table("clients", [&](Reader& t) { read_clients(t, config); });  // after [registry]: needs its TLS
  std::vector<upstream::Options> upstreams;
  r.tables("upstream", [&](Reader& t) { read_upstream(t, upstreams, config.registry); });
  if (!upstreams.empty()) config.upstreams = std::move(upstreams);
  r.table("upstreams", [&](Reader& t) { t.text("docker_config", config.docker_config); });
  r.table("blobs", [&](Reader& t) {
    t.size("max_size", config.blobs.max_bytes);
    t.number("max_transfers", config.blobs.max_transfers, {1, 1024});
  });
  r.table("scan", [&](Reader& t) { read_scan(t, config.scan); });
  r.table("rules", [&](Reader& t) { read_rules(t, config); });
  r.table("gate", [&](Reader& t) { read_gate(t, config.gate); });
  r.table("policy", [&](Reader& t) { read_policy(t, config.policy); });
  r.table("names", [&](Reader& t) { read_names(t, config); });
  r.table("waivers", [&](Reader& t) { t.duration("longest", config.waivers.longest, {"1m", "36500d"}); });
  r.table("records", [&](Reader& t) { read_records(t, config.records); });
  r.tables("notify", [&](Reader& t) { read_notify(t, config.notify); });
  r.table("log", [&](Reader& t) {
    t.parsed("level", config.log_level, "one of debug, info, warn, error, off", util::log::parse_level);
    t.parsed("format", config.log_format, "text or json", util::log::parse_format);
  });
}

}  // namespace portcullis::config
