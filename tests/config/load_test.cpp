// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "portcullis/config/config.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using namespace std::chrono_literals;

util::Result<Config> load_text(const test::TempDir& dir, std::string_view toml,
                               const Overrides& overrides = {}) {
  return load(dir.write("p.toml", toml), overrides);
}

TEST(Load, EverythingHasAWorkingDefault) {
  const auto config = load("", {});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->data, "data");
  EXPECT_EQ(config->database(), "data/portcullis.db");
  EXPECT_EQ(config->blobs.directory, "data/blobs");
  EXPECT_EQ(config->registry.listen.host, "127.0.0.1");
  EXPECT_EQ(config->registry.listen.port, 5000);
  EXPECT_EQ(config->admin.listen.port, 5050);
  EXPECT_TRUE(config->builtin_rules);
  EXPECT_EQ(config->policy.mode, policy::Mode::enforce);
  EXPECT_THAT(config->upstreams, SizeIs(10));
  EXPECT_EQ(config->registry.default_host, "docker.io");
}

TEST(Load, EmptyFileIsTheDefault) {
  const test::TempDir dir;
  const auto config = load_text(dir, "");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->registry.listen.port, 5000);
}

TEST(Load, ReadsEverySection) {
  const test::TempDir dir;
  dir.write("secret", "s3cret word\n");
  const auto config = load_text(dir, R"(
data = "/var/lib/portcullis"
[registry]
listen = "[::1]:6000"
hold = "10s"
hops = 3
platforms = ["linux/amd64", "linux/arm/v7"]
max_connections = 100
max_header_size = "16 KiB"
max_connections_per_address = 50
send_stall = "10s"
min_send_rate = "4 KiB"
trusted_proxies = ["192.0.2.1", "10.9.0.0/16"]
tls_cert = "/etc/portcullis/tls.pem"
tls_key = "/etc/portcullis/tls.key"
[clients]
allow = ["10.0.0.0/8", "2001:db8::/32"]
htpasswd = "/etc/portcullis/users"
ca_file = "/etc/portcullis/clients.pem"
[admin]
listen = "127.0.0.1:6050"
idle_timeout = "30s"
hosts = ["portcullis.example.com"]
metrics_token = true
[[upstream]]
name = "ghcr.io"
[[upstream]]
name = "registry.example.com"
platforms = ["linux/arm64"]
url = "https://registry.example.com"
token_hosts = ["auth.example.com"]
ca_file = "/etc/ca.pem"
allow_private_addresses = true
username = "robot"
password_file = ")" + dir.path().string() +
                                         R"(/secret"
proxy = "http://proxy.example.com:3128"
connect_timeout = "2s"
attempts = 2
[blobs]
max_size = "5 GiB"
max_transfers = 3
[scan]
workers = 4
threads = 3
scanner = "/opt/scanner"
unpacked_size = "1 GiB"
entries = 1000
memory = "512 MiB"
file_timeout = "5s"
nested_depth = 2
floor_rate = "2 MiB"
known_clean = false
known_clean_size = "64 MiB"
[rules]
paths = ["/etc/rules", "more.yar"]
builtin = false
[gate]
tag_ttl = "5m"
stale_max = "2h"
max_layer_size = 1073741824
concurrent_rescans = 3
rescan_max = "48h"
[policy]
mode = "audit"
block_at = "critical"
warn_at = "medium"
allow = ["docker.io/library/*"]
deny = ["*/evil"]
deny_digests = ["sha256:0000000000000000000000000000000000000000000000000000000000000000"]
cooldown = "7d"
[policy.on]
timed_out = "warn"
[log]
level = "debug"
format = "json"
)");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->database(), "/var/lib/portcullis/portcullis.db");
  EXPECT_EQ(config->registry.listen.host, "::1");
  EXPECT_EQ(config->registry.listen.port, 6000);
  EXPECT_EQ(config->registry.hold, 10s);
  EXPECT_EQ(config->registry.hops, 3);
  EXPECT_THAT(config->registry.platforms,
              ElementsAre(oci::Platform{"linux", "amd64", ""}, oci::Platform{"linux", "arm", "v7"}));
  EXPECT_THAT(
      config->registry.platforms_by_host,
      ElementsAre(testing::Pair("registry.example.com", ElementsAre(oci::Platform{"linux", "arm64", ""}))));
  EXPECT_EQ(config->registry.listen.max_connections, 100u);
  EXPECT_EQ(config->registry.listen.max_header_bytes, 16u * 1024);
  const http::ListenOptions& listen = config->registry.listen;
  EXPECT_EQ(listen.max_connections_per_address, 50u);
  EXPECT_EQ(listen.send.stall, 10s);
  EXPECT_EQ(listen.send.min_rate, 4096u);
  EXPECT_TRUE(http::contains(listen.trusted_proxies, *http::IpAddress::parse("10.9.255.1")));
  ASSERT_TRUE(listen.tls);
  EXPECT_EQ(listen.tls->cert, "/etc/portcullis/tls.pem");
  EXPECT_EQ(listen.tls->key, "/etc/portcullis/tls.key");
  EXPECT_EQ(listen.tls->client_ca, "/etc/portcullis/clients.pem");
  EXPECT_TRUE(http::contains(config->registry.access.allow, *http::IpAddress::parse("2001:db8::7")));
  EXPECT_EQ(config->registry.access.htpasswd, "/etc/portcullis/users");
  EXPECT_FALSE(config->admin.listen.tls);
  EXPECT_EQ(config->admin.listen.port, 6050);
  EXPECT_EQ(config->admin.listen.idle_timeout, 30s);
  EXPECT_THAT(config->admin.hosts, ElementsAre("portcullis.example.com"));
  EXPECT_EQ(config->admin.metrics, http::MetricsAccess::token);
  ASSERT_THAT(config->upstreams, SizeIs(2));
  EXPECT_EQ(config->registry.default_host, "ghcr.io");
  EXPECT_EQ(config->upstreams[0].url, "https://ghcr.io");  // known by name
  const upstream::Options& own = config->upstreams[1];
  EXPECT_THAT(own.token_hosts, ElementsAre("auth.example.com"));
  EXPECT_EQ(own.ca_file, "/etc/ca.pem");
  EXPECT_TRUE(own.allow_private_addresses);
  EXPECT_FALSE(own.allow_plain_http);
  ASSERT_TRUE(own.credentials);
  EXPECT_EQ(own.credentials->username, "robot");
  EXPECT_EQ(own.credentials->password, "s3cret word");
  EXPECT_EQ(own.proxy, "http://proxy.example.com:3128");
  EXPECT_EQ(own.connect_timeout, 2s);
  EXPECT_EQ(own.attempts, 2);
  EXPECT_EQ(config->blobs.max_bytes, 5ull << 30);
  EXPECT_EQ(config->blobs.max_transfers, 3u);
  EXPECT_EQ(config->scan.workers, 4u);
  EXPECT_EQ(config->scan.threads, 3u);
  EXPECT_EQ(config->scan.scanner, "/opt/scanner");
  EXPECT_EQ(config->scan.limits.unpacked_bytes, 1ull << 30);
  EXPECT_EQ(config->scan.limits.entries, 1000u);
  EXPECT_EQ(config->scan.limits.memory_bytes, 512ull << 20);
  EXPECT_EQ(config->scan.limits.file_timeout, 5s);
  EXPECT_EQ(config->scan.limits.nested_depth, 2u);
  EXPECT_EQ(config->scan.limits.floor_rate, 2ull << 20);
  EXPECT_EQ(config->scan.known_clean.use, scan::KnownCleanUse::off);
  EXPECT_EQ(config->scan.known_clean.max_bytes, 64ull << 20);
  EXPECT_FALSE(config->builtin_rules);
  EXPECT_THAT(config->scan.rules, ElementsAre("/etc/rules", "more.yar"));
  EXPECT_EQ(config->gate.tag_ttl, 5min);
  EXPECT_EQ(config->gate.stale_max, 2h);
  EXPECT_EQ(config->gate.concurrent_rescans, 3u);
  EXPECT_EQ(config->gate.rescan_max, 48h);
  EXPECT_EQ(config->gate.max_layer_bytes, 1ull << 30);
  EXPECT_EQ(config->policy.mode, policy::Mode::audit);
  EXPECT_EQ(config->policy.block_at, findings::Severity::critical);
  EXPECT_EQ(config->policy.warn_at, findings::Severity::medium);
  EXPECT_THAT(config->policy.allow_repositories, ElementsAre("docker.io/library/*"));
  EXPECT_THAT(config->policy.deny_repositories, ElementsAre("*/evil"));
  EXPECT_THAT(config->policy.deny_digests, SizeIs(1));
  EXPECT_EQ(config->policy.cooldown, 7 * 24h);
  const auto on = [&](findings::Outcome o) { return config->policy.on_outcome[static_cast<std::size_t>(o)]; };
  EXPECT_EQ(on(findings::Outcome::timed_out), findings::Action::warn);
  EXPECT_EQ(on(findings::Outcome::crashed), findings::Action::block);
  EXPECT_EQ(config->log_level, util::log::Level::debug);
  EXPECT_EQ(config->log_format, util::log::Format::json);
}

TEST(NamesSection, SaysWhichProtectedNameIsNone) {
  const test::TempDir dir;
  dir.write("p.toml", "[names]\n\nprotect = [\"corp/app\", \"corp/Not A Name\"]\n");
  const auto config = load(dir / "p.toml", {});
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message,
              testing::AllOf(testing::HasSubstr(":3: names.protect: "), testing::HasSubstr("not a name"),
                             testing::Not(testing::HasSubstr("names.protect: names.protect"))));
}

struct NamesRow {
  const char* name;
  const char* squat;
  findings::Action alone;
  findings::Action with_second_signal;
};

class Names : public testing::TestWithParam<NamesRow> {};

TEST_P(Names, AreReadIntoThePolicyAndTheIndex) {
  const test::TempDir dir;
  dir.write("p.toml", std::string(R"([names]
registry = "warn"
known_bad = "off"
second_signal_at = "high"
new_days = 3
protect = ["corp/*", "registry.corp.example"]
allow = ["docker.io/library/ngnix"]
deny = ["docker.io/evil/*"]
files = "/etc/portcullis/names"
squat = ")") + GetParam().squat +
                          "\"\n");
  const auto config = load(dir / "p.toml", {});
  ASSERT_TRUE(config) << config.error().message;
  const auto& names = config->policy.names;
  EXPECT_EQ(names.registry, findings::Action::warn);
  EXPECT_EQ(names.known_bad, findings::Action::allow);
  EXPECT_EQ(names.suspicions.alone, GetParam().alone);
  EXPECT_EQ(names.suspicions.with_second_signal, GetParam().with_second_signal);
  EXPECT_EQ(names.suspicions.finding_at, findings::Severity::high);
  EXPECT_EQ(names.suspicions.new_for, 72h);
  EXPECT_THAT(config->names.protect, ElementsAre("corp/*", "registry.corp.example"));
  EXPECT_THAT(config->names.allow, ElementsAre("docker.io/library/ngnix"));
  EXPECT_THAT(config->names.deny, ElementsAre("docker.io/evil/*"));
  EXPECT_EQ(config->name_files, "/etc/portcullis/names");
  EXPECT_THAT(config->names.trusted_hosts, testing::Contains("docker.io"));
}

INSTANTIATE_TEST_SUITE_P(
    Squats, Names,
    testing::Values(NamesRow{"off", "off", findings::Action::allow, findings::Action::allow},
                    NamesRow{"warn", "warn", findings::Action::warn, findings::Action::warn},
                    NamesRow{"second_signal", "second-signal", findings::Action::warn,
                             findings::Action::block},
                    NamesRow{"block", "block", findings::Action::block, findings::Action::block}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Load, RecordsInADatabaseServer) {
  const test::TempDir dir;
  dir.write("secret", "s3cret word\n");
  const auto config = load_text(dir, R"(
[records]
url = "postgresql://portcullis@db.example.com:5432/portcullis?sslmode=verify-full"
password_file = ")" + dir.path().string() +
                                         R"(/secret"
[records.keep]
pulls = { age = "30d", count = 1000 }
events = { age = "0s" }
[waivers]
longest = "14d"
)");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->database(), "postgresql://portcullis@db.example.com:5432/portcullis?sslmode=verify-full");
  EXPECT_EQ(config->records.password, "s3cret word");
  EXPECT_EQ(config->records.retention.pulls.age, std::chrono::hours(24 * 30));
  EXPECT_EQ(config->records.retention.pulls.count, 1000u);
  EXPECT_EQ(config->records.retention.events.age, 0s);
  EXPECT_EQ(config->records.retention.scans.age, records::Retention{}.scans.age);
  EXPECT_EQ(config->waivers.longest, std::chrono::hours(24 * 14));
}

struct Bad {
  const char* name;
  const char* toml;
  const char* message;  ///< after the path of the file
};

class BadFile : public testing::TestWithParam<Bad> {};

TEST_P(BadFile, SaysFileLineKeyAndWhatWasExpected) {
  const test::TempDir dir;
  const auto config = load_text(dir, GetParam().toml);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().kind, util::ErrorKind::invalid);
  EXPECT_EQ(config.error().message, (dir / "p.toml").string() + GetParam().message);
}

const char* const kDatabaseUrl =
    ":2: records.url: expected a URL such as postgresql://user@host:5432/database, without a password";

const Bad kBad[] = {
    {"database_of_another_kind", "[records]\nurl = \"mysql://h/d\"\n", kDatabaseUrl},
    {"database_password_before_the_host", "[records]\nurl = \"postgresql://u:s3cret@h/d\"\n", kDatabaseUrl},
    {"database_password_behind", "[records]\nurl = \"postgresql://h/d?password=s3cret\"\n", kDatabaseUrl},
    {"database_password_in_the_file", "[records]\npassword = \"s3cret\"\n",
     ":2: records.password: expected password_file = \"FILE\", saw a password in the file itself; "
     "credentials are kept "
     "apart"},
    {"database_password_without_url", "[records]\npassword_file = \"/nowhere\"\n",
     ":2: records.password_file: expected url beside it, saw none"},
    {"severity", "[policy]\nblock_at = \"hgih\"\n",
     ":2: policy.block_at: expected one of info, low, medium, high, critical, saw \"hgih\""},
    {"severity_as_number", "[policy]\nblock_at = 3\n",
     ":2: policy.block_at: expected one of info, low, medium, high, critical, saw 3"},
    {"unknown_key_near", "[policy]\nmode = \"audit\"\nblok_at = \"high\"\n",
     ":3: policy.blok_at: unknown key; did you mean \"block_at\"?"},
    {"unknown_key_far", "[log]\ncolour = true\n",
     ":2: log.colour: unknown key; expected one of level, format"},
    {"unknown_section", "[polcy]\n", ":1: polcy: unknown key; did you mean \"policy\"?"},
    {"unknown_key_hostile", "[log]\n\"a\\u001bb\" = 1\n",
     ":2: log.a\\x1bb: unknown key; expected one of level, format"},
    {"first_problem_wins", "[policy]\nwarn_at = \"x\"\nmode = \"y\"\n",
     ":2: policy.warn_at: expected one of info, low, medium, high, critical, saw \"x\""},
    {"section_is_a_value", "policy = 3\n", ":1: policy: expected a table, [policy], saw 3"},
    {"listen_without_port", "[registry]\nlisten = \"127.0.0.1\"\n",
     ":2: registry.listen: expected HOST:PORT such as 127.0.0.1:5000 or [::1]:5000, saw \"127.0.0.1\""},
    {"hold_over_client_patience", "[registry]\nhold = \"31s\"\n",
     ":2: registry.hold: expected a duration from \"100ms\" to \"28s\", saw \"31s\""},
    {"platform", "[registry]\nplatforms = [\"amd64\"]\n",
     ":2: registry.platforms: expected a list of platforms such as linux/amd64 or linux/arm64/v8, saw "
     "\"amd64\""},
    {"hops_over_client_patience", "[registry]\nhops = 10\n",
     ":2: registry.hops: expected a number from 0 to 9, saw 10"},
    {"size", "[blobs]\nmax_size = \"much\"\n",
     ":2: blobs.max_size: expected a size of at least 1 B such as \"20 GiB\", saw \"much\""},
    {"negative_size", "[blobs]\nmax_size = -1\n",
     ":2: blobs.max_size: expected a size of at least 1 B such as \"20 GiB\", saw -1"},
    {"zero_workers", "[scan]\nworkers = 0\n", ":2: scan.workers: expected a number from 1 to 1024, saw 0"},
    {"workers_as_float", "[scan]\nworkers = 1.5\n",
     ":2: scan.workers: expected a number from 1 to 1024, saw a number with a fraction"},
    {"outcome_action", "[policy.on]\ncrashed = \"ignore\"\n",
     ":2: policy.on.crashed: expected one of allow, warn, block, saw \"ignore\""},
    {"outcome_complete", "[policy.on]\ncomplete = \"block\"\n",
     ":2: policy.on.complete: unknown key; expected one of unscannable, timed_out, limit, violation, "
     "crashed, "
     "garbled, unavailable"},
    {"names_mode", "[names]\nregistry = \"maybe\"\n",
     ":2: names.registry: expected one of off, warn, block, saw \"maybe\""},
    {"names_squat", "[names]\nsquat = \"no\"\n",
     ":2: names.squat: expected one of off, warn, second-signal, block, saw \"no\""},
    {"names_deny", "[names]\ndeny = [\"nginx\"]\n",
     ":2: names.deny: this pattern matches no repository: the host is missing (e.g. docker.io/library/*), "
     "saw "
     "\"nginx\""},
    {"digest", "[policy]\ndeny_digests = [\"sha256:12\"]\n",
     ":2: policy.deny_digests: expected a list of digests such as sha256:<64 hex digits>, saw \"sha256:12\""},
    {"list_is_a_text", "[rules]\npaths = \"a.yar\"\n",
     ":2: rules.paths: expected a list of paths, saw \"a.yar\""},
    {"rules_strict", "[rules]\nstrict = 1\n", ":2: rules.strict: expected true or false, saw 1"},
    {"rules_disable", "[rules]\ndisable = [\"two words\"]\n",
     ":2: rules.disable: expected a list of a rule such as miner_xmrig or pack/file.yar:miner_xmrig, in "
     "which * and "
     "? stand for any characters, saw \"two words\""},
    {"rules_severity", "[rules.severity]\nminer = \"bad\"\n",
     ":2: rules.severity.miner: expected one of info, low, medium, high, critical, saw \"bad\""},
    {"rules_severity_pattern", "[rules]\n[rules.severity]\n\"a b\" = \"low\"\n",
     ":3: rules.severity.a b: expected as a key a rule such as miner_xmrig or pack/file.yar:miner_xmrig, in "
     "which * "
     "and ? stand for any characters"},
    {"flag", "[rules]\nbuiltin = \"yes\"\n", ":2: rules.builtin: expected true or false, saw \"yes\""},
    {"upstream_without_name", "[[upstream]]\nurl = \"https://a.example\"\n",
     ":1: upstream[1].name: expected a registry host such as docker.io, saw none"},
    {"upstream_without_url", "[[upstream]]\nname = \"a.example\"\n",
     ":1: upstream[1].url: expected a URL such as https://registry.example.com, saw none"},
    {"upstream_twice", "[[upstream]]\nname = \"ghcr.io\"\n[[upstream]]\nname = \"ghcr.io\"\n",
     ":4: upstream[2].name: expected each name once, saw \"ghcr.io\" again"},
    {"upstream_name_is_no_host", "[[upstream]]\nname = \"hub\"\n",
     ":2: upstream[1].name: expected a registry host such as docker.io, saw \"hub\""},
    {"upstream_url_scheme", "[[upstream]]\nname = \"ghcr.io\"\nurl = \"ftp://ghcr.io\"\n",
     ":3: upstream[1].url: expected a URL such as https://registry.example.com, saw \"ftp://ghcr.io\""},
    {"inline_password", "[[upstream]]\nname = \"ghcr.io\"\nusername = \"u\"\npassword = \"hunter2\"\n",
     ":3: upstream[1].username: expected password_file beside it, saw none"},
    {"only_inline_password", "[[upstream]]\nname = \"ghcr.io\"\npassword = \"hunter2\"\n",
     ":3: upstream[1].password: expected password_file = \"FILE\", saw a password in the file itself; "
     "credentials are kept apart"},
    {"password_file_alone", "[[upstream]]\nname = \"ghcr.io\"\npassword_file = \"/x\"\n",
     ":3: upstream[1].password_file: expected username beside it, saw none"},
    {"network", "[clients]\nallow = [\"10.0.0.1/8\"]\n",
     ":2: clients.allow: expected a list of addresses or networks such as 10.0.0.0/8 or 2001:db8::/32, saw "
     "\"10.0.0.1/8\""},
    {"no_networks", "[clients]\nallow = []\n",
     ":2: clients.allow: expected at least one network, saw none; leave the key out, or nobody could pull"},
    {"proxies", "[admin]\ntrusted_proxies = [\"proxy\"]\n",
     ":2: admin.trusted_proxies: expected a list of addresses or networks such as 10.0.0.0/8 or "
     "2001:db8::/32, saw \"proxy\""},
    {"host", "[admin]\nhosts = [\"https://portcullis\"]\n",
     ":2: admin.hosts: expected a list of host names such as portcullis.example.com, saw "
     "\"https://portcullis\""},
    {"anonymous_beside_allow", "[clients]\nallow_anonymous = true\nallow = [\"10.0.0.0/8\"]\n",
     ":2: clients.allow_anonymous: expected false beside allow, htpasswd or ca_file, which say who may pull"},
    {"client_ca_without_tls", "[clients]\nca_file = \"ca.pem\"\n",
     ":2: clients.ca_file: expected tls_cert and tls_key under [registry], without which there are no client "
     "certificates"},
    {"cert_without_key", "[registry]\ntls_cert = \"a.pem\"\n",
     ":2: registry.tls_cert: expected tls_key beside it, saw none"},
    {"key_without_cert", "[admin]\ntls_key = \"a.key\"\n",
     ":2: admin.tls_key: expected tls_cert beside it, saw none"},
    {"upstream_as_table", "[upstream]\nname = \"ghcr.io\"\n",
     ":1: upstream: expected a list of tables, [[upstream]], saw a table"},
};
INSTANTIATE_TEST_SUITE_P(Table, BadFile, testing::ValuesIn(kBad),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Load, SyntaxErrorHasItsLine) {
  const test::TempDir dir;
  const auto config = load_text(dir, "[log]\nlevel = \n");
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message, HasSubstr("p.toml:2: not valid TOML: "));
}

TEST(Load, MissingFileAndMissingPasswordFileAreNamed) {
  const test::TempDir dir;
  const auto absent = load(dir / "none.toml", {});
  ASSERT_FALSE(absent);
  EXPECT_THAT(absent.error().message, HasSubstr("none.toml"));

  const auto password = load_text(
      dir, "[[upstream]]\nname = \"ghcr.io\"\nusername = \"u\"\npassword_file = \"/nonexistent/password\"\n");
  ASSERT_FALSE(password);
  EXPECT_THAT(password.error().message, HasSubstr("p.toml:4: upstream[1].password_file: "));
  EXPECT_THAT(password.error().message, HasSubstr("/nonexistent/password"));
}

TEST(Load, PasswordsNeverAppearInErrors) {
  const test::TempDir dir;
  const auto config = load_text(dir, "[[upstream]]\nname = \"ghcr.io\"\npassword = \"hunter2\"\n");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message.find("hunter2"), std::string::npos);
}

TEST(Load, WrittenTellsWhichSectionChanged) {
  const test::TempDir dir;
  const auto before = load_text(dir, "[log]\nlevel = \"info\"\n[scan]\nworkers = 2\n");
  const auto after = load_text(dir, "[log]\nlevel = \"info\"\n\n[scan]\nworkers = 3\n");
  ASSERT_TRUE(before && after);
  EXPECT_EQ(before->written.at("log"), after->written.at("log"));
  EXPECT_NE(before->written.at("scan"), after->written.at("scan"));
}

TEST(Overrides, WinOverTheFile) {
  const test::TempDir dir;
  Overrides overrides;
  overrides.listen = "127.0.0.2:7000";
  overrides.admin_listen = "[::1]:0";
  overrides.data = "/elsewhere";
  overrides.upstreams = {"docker.io=http://127.0.0.1:5601", "b.example:444=https://b.example:444"};
  overrides.rules = {"mine.yar"};
  overrides.mode = "enforce";
  overrides.log_level = "error";
  overrides.log_format = "text";
  const auto config = load_text(dir,
                                "data = \"here\"\n[registry]\nlisten = \"127.0.0.1:1\"\nhops = 2\n"
                                "[rules]\npaths = [\"theirs.yar\"]\n[policy]\nmode = \"audit\"\n"
                                "[log]\nlevel = \"debug\"\nformat = \"json\"\n",
                                overrides);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->registry.listen.host, "127.0.0.2");
  EXPECT_EQ(config->registry.listen.port, 7000);
  EXPECT_EQ(config->registry.hops, 2);
  EXPECT_EQ(config->admin.listen.host, "::1");
  EXPECT_EQ(config->admin.listen.port, 0);
  EXPECT_EQ(config->blobs.directory, "/elsewhere/blobs");
  ASSERT_THAT(config->upstreams, SizeIs(2));
  EXPECT_EQ(config->registry.default_host, "docker.io");
  EXPECT_EQ(config->upstreams[0].url, "http://127.0.0.1:5601");
  EXPECT_TRUE(config->upstreams[0].token_hosts.empty());  // those belong to the real one
  EXPECT_THAT(config->scan.rules, ElementsAre("theirs.yar", "mine.yar"));
  EXPECT_EQ(config->policy.mode, policy::Mode::enforce);
  EXPECT_EQ(config->log_level, util::log::Level::error);
  EXPECT_EQ(config->log_format, util::log::Format::text);
}

struct BadFlag {
  const char* name;
  Overrides overrides;
  const char* message;
};

TEST(Overrides, BadOnesNameTheFlag) {
  const auto with = [](auto member, auto value) {
    Overrides overrides;
    overrides.*member = value;
    return overrides;
  };
  using Texts = std::vector<std::string>;
  const BadFlag rows[] = {
      {"listen", with(&Overrides::listen, "5000"),
       "--listen: expected HOST:PORT such as 127.0.0.1:5000 or [::1]:5000, saw \"5000\""},
      {"admin_listen", with(&Overrides::admin_listen, "[::g]:1"),
       "--admin-listen: expected HOST:PORT such as 127.0.0.1:5000 or [::1]:5000, saw \"[::g]:1\""},
      {"port_range", with(&Overrides::listen, "127.0.0.1:65536"),
       "--listen: expected HOST:PORT such as 127.0.0.1:5000 or [::1]:5000, saw \"127.0.0.1:65536\""},
      {"mode", with(&Overrides::mode, "block"), "--mode: expected enforce or audit, saw \"block\""},
      {"log_level", with(&Overrides::log_level, "loud"),
       "--log-level: expected one of debug, info, warn, error, off, saw \"loud\""},
      {"log_format", with(&Overrides::log_format, "xml"), "--log-format: expected text or json, saw \"xml\""},
      {"upstream", with(&Overrides::upstreams, Texts{"docker.io"}),
       "--upstream: expected NAME=URL such as docker.io=https://registry-1.docker.io, saw \"docker.io\""},
      {"upstream_credentials", with(&Overrides::upstreams, Texts{"a.example=https://u:p@a.example"}),
       "--upstream: expected NAME=URL such as docker.io=https://registry-1.docker.io, saw "
       "\"a.example=https://***@a.example\""},
      {"upstream_twice", with(&Overrides::upstreams, Texts{"a.io=https://a.io", "a.io=https://b.io"}),
       "--upstream: expected each name once, saw \"a.io=https://b.io\""},
  };
  for (const BadFlag& row : rows) {
    SCOPED_TRACE(row.name);
    const auto config = load("", row.overrides);
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().message, row.message);
  }
}

TEST(Load, ListeningBeyondLoopbackNeedsAWord) {
  const test::TempDir dir;
  for (const char* address : {"0.0.0.0:5000", "[::]:5000", "192.0.2.1:5000", "registry.internal:5000"}) {
    SCOPED_TRACE(address);
    Overrides overrides;
    overrides.listen = address;
    const auto refused = load("", overrides);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message,
                HasSubstr(std::string(address) + " can be reached by other machines"));
    EXPECT_THAT(refused.error().message, HasSubstr("allow_anonymous = true"));
    for (const char* word : {"allow_anonymous = true", "allow = [\"10.0.0.0/8\"]", "htpasswd = \"users\"",
                             "ca_file = \"ca.pem\""}) {
      EXPECT_THAT(refused.error().message, HasSubstr(std::string(word).substr(0, 8)));
      const auto toml =
          "[registry]\ntls_cert = \"a.pem\"\ntls_key = \"a.key\"\n[clients]\n" + std::string(word);
      EXPECT_TRUE(load_text(dir, toml + "\n", overrides)) << word;
    }
    EXPECT_FALSE(load_text(dir, "[registry]\ntls_cert = \"a.pem\"\ntls_key = \"a.key\"\n", overrides))
        << "TLS alone says nothing of who may pull";
  }
  for (const char* address : {"127.9.9.9:1", "[::1]:1", "localhost:1"}) {
    SCOPED_TRACE(address);
    Overrides overrides;
    overrides.listen = address;
    EXPECT_TRUE(load("", overrides));
  }
}

TEST(Load, NoRulesAtAllIsRefused) {
  Overrides overrides;
  overrides.no_builtin_rules = true;
  const auto refused = load("", overrides);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("rules: the built-in rules are off"));
  overrides.rules = {"mine.yar"};
  EXPECT_TRUE(load("", overrides));
}

TEST(Load, WhatIsMadeOfRules) {
  const test::TempDir dir;
  const auto file = dir.write("p.toml",
                              "[rules]\nstrict = true\nwatch = true\ndisable = [\"a\", \"d/*.yar:b?\"]\n"
                              "[rules.severity]\n\"d/x y.yar:*\" = \"low\"\nminer = \"critical\"\n");
  const auto config = load(file, {});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_TRUE(config->watch_rules);
  EXPECT_EQ(config->scan.on_set_aside, scan::OnSetAside::refuse);
  EXPECT_THAT(config->scan.adjustments.disable, ElementsAre("a", "d/*.yar:b?"));
  EXPECT_EQ(config->scan.adjustments.severity,
            (std::map<std::string, findings::Severity>{{"d/x y.yar:*", findings::Severity::low},
                                                       {"miner", findings::Severity::critical}}));
}

TEST(Installation, IsABuildTreeOrAPrefix) {
  const test::TempDir dir;
  dir.write("build/bin/portcullis-scanner", "");
  dir.write("build/bin/rules/yara/a.yar", "");
  const auto build = find_installation(dir / "build/bin");
  ASSERT_TRUE(build) << build.error().message;
  EXPECT_EQ(build->scanner, dir / "build/bin/portcullis-scanner");
  EXPECT_EQ(build->builtin_rules, dir / "build/bin/rules/yara");
  EXPECT_EQ(build->names, dir / "build/bin/rules/names");

  dir.write("usr/libexec/portcullis/portcullis-scanner", "");
  const auto half = find_installation(dir / "usr/bin");
  ASSERT_FALSE(half);
  EXPECT_THAT(half.error().message, HasSubstr((dir / "usr/share/portcullis/rules/yara").string()));
  dir.write("usr/share/portcullis/rules/yara/a.yar", "");
  const auto installed = find_installation(dir / "usr/bin");
  ASSERT_TRUE(installed) << installed.error().message;
  EXPECT_EQ(installed->scanner, dir / "usr/libexec/portcullis/portcullis-scanner");
}

}  // namespace
}  // namespace portcullis::config
