// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"

namespace portcullis::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

struct Row {
  const char* name;
  std::vector<std::string> arguments;
  int exit_code;
  const char* expected;  ///< part of stdout when the code is 0, else of stderr
};

class Usage : public testing::TestWithParam<Row> {};

TEST_P(Usage, ExitCodeAndText) {
  const auto result = test::run(portcullis(GetParam().arguments));
  EXPECT_EQ(result.exit_code, GetParam().exit_code);
  if (GetParam().exit_code == 0) {
    EXPECT_THAT(result.out, HasSubstr(GetParam().expected));
    EXPECT_THAT(result.err, IsEmpty());
  } else {
    EXPECT_THAT(result.err, StartsWith("portcullis: "));
    EXPECT_THAT(result.err, HasSubstr(GetParam().expected));
    EXPECT_THAT(result.out, IsEmpty());
  }
}

const Row kRows[] = {
    {"version", {"--version"}, 0, "portcullis 0."},
    {"help", {"--help"}, 0, "Exit codes: 0 clean, 1 blocked, 2 could not judge"},
    {"help_serve", {"serve", "--help"}, 0, "Examples:"},
    {"help_scan", {"scan", "--help"}, 0, "Examples:"},
    {"help_events", {"events", "--help"}, 0, "Examples:"},
    {"help_search", {"search", "--help"}, 0, "Examples:"},
    {"help_doctor", {"doctor", "--help"}, 0, "Examples:"},
    {"help_rules", {"rules", "--help"}, 0, "Examples:"},
    {"help_client_config", {"client-config", "--help"}, 0, "Examples:"},
    {"help_prefetch", {"prefetch", "--help"}, 0, "Examples:"},
    {"help_cache", {"cache", "--help"}, 0, "Examples:"},
    {"help_policy", {"policy", "--help"}, 0, "Examples:"},
    {"help_policy_test", {"policy", "test", "--help"}, 0, "Exit codes: 0 allowed"},
    {"nothing",
     {},
     64,
     "expected a command: serve, scan, events, search, check-name, doctor, rules, client-config, "
     "prefetch, cache, waive, token or policy"},
    {"doctor_url", {"doctor", "--url", "p.example"}, 64, "--url: expected http://HOST"},
    {"doctor_format", {"doctor", "--format", "xml"}, 64, "xml"},
    {"prefetch_nothing", {"prefetch"}, 64, "name at least one image"},
    {"prefetch_bad_image", {"prefetch", "A b"}, 64, "A b"},
    {"prefetch_no_list", {"prefetch", "--file", "/nonexistent"}, 64, "/nonexistent"},
    {"prefetch_platform", {"prefetch", "--platform", "linux", "a"}, 64, "--platform"},
    {"prefetch_platforms", {"prefetch", "--platform", "linux/amd64", "--all-platforms", "a"}, 64, "excludes"},
    {"prefetch_timeout", {"prefetch", "--timeout", "soon", "a"}, 64, "--timeout"},
    {"cache_nothing", {"cache"}, 64, "list or purge"},
    {"cache_purge_what", {"cache", "purge"}, 64, "--repository, --digest, --older-than or --all"},
    {"cache_purge_both", {"cache", "purge", "--all", "--older-than", "1d"}, 64, "--all takes everything"},
    {"cache_purge_age", {"cache", "purge", "--older-than", "old"}, 64, "--older-than"},
    {"cache_purge_digest", {"cache", "purge", "--digest", "latest"}, 64, "--digest"},
    {"cache_no_data", {"cache", "list", "--data", "/nonexistent"}, 2, "no such database"},
    {"help_waive", {"waive", "--help"}, 0, "Examples:"},
    {"help_token", {"token", "--help"}, 0, "Examples:"},
    {"waive_nothing", {"waive"}, 64, "add, list, show or revoke"},
    {"waive_without_scope",
     {"waive", "add", "--reason", "x", "--for", "1d", "--yes"},
     64,
     "--report ID, or two"},
    {"waive_without_reason", {"waive", "add", "--report", "x", "--for", "1d"}, 64, "--reason"},
    {"waive_with_nobody_to_ask",
     {"waive", "add", "--report", "x", "--for", "1d", "--reason", "x"},
     64,
     "add --yes, or --dry-run"},
    {"waive_report_and_rule",
     {"waive", "add", "--report", "x", "--rule", "y", "--reason", "x"},
     64,
     "excludes"},
    {"waive_two_terms",
     {"waive", "add", "--report", "x", "--for", "1d", "--until", "y", "--reason", "x"},
     64,
     "excludes"},
    {"waive_state", {"waive", "list", "--state", "old"}, 64, "old"},
    {"waive_within", {"waive", "list", "--within", "soon"}, 64, "saw \"soon\""},
    {"waive_no_data",
     {"waive", "list", "--data", "/nonexistent"},
     2,
     "/nonexistent/portcullis.db: there is no"},
    {"waive_add_no_data",
     {"waive", "add", "--report", "x", "--for", "1d", "--reason", "x", "--yes", "--data", "/nonexistent"},
     2,
     "name the server's data directory with --data"},
    {"token_nothing", {"token"}, 64, "create, list or revoke"},
    {"token_role", {"token", "create", "--name", "a", "--role", "admin"}, 64, "admin"},
    {"token_no_role", {"token", "create", "--name", "a"}, 64, "--role"},
    {"token_no_name", {"token", "create", "--name", " ", "--role", "viewer"}, 64, "--name: expected who"},
    {"token_lifetime",
     {"token", "create", "--name", "a", "--role", "viewer", "--for", "20y"},
     64,
     "at most 3650d, saw \"20y\""},
    {"token_too_long", {"token", "create", "--name", "a", "--role", "viewer", "--for", "3651d"}, 64, "3651d"},
    {"token_no_data", {"token", "list", "--data", "/nonexistent"}, 2, "there is no such database"},
    {"unknown_command", {"scna"}, 64, "scna"},
    {"unknown_flag", {"serve", "--prot"}, 64, "--prot"},
    {"scan_without_source", {"scan"}, 64, "SOURCE"},
    {"scan_format", {"scan", "--format", "xml", "a"}, 64, "xml"},
    {"scan_fail_on", {"scan", "--fail-on", "worst", "a"}, 64, "worst"},
    {"scan_platform", {"scan", "--platform", "linux", "a"}, 64, "--platform"},
    {"scan_other_transport", {"scan", "containers-storage:a"}, 64, "expected an image such as nginx:1.27"},
    {"scan_timeout", {"scan", "--timeout", "soon", "a"}, 64, "such as 10m, saw \"soon\""},
    {"scan_platforms", {"scan", "--platform", "linux/amd64", "--all-platforms", "a"}, 64, "excludes"},
    {"scan_token_without_server", {"scan", "--token-file", "f", "a"}, 64, "requires"},
    {"scan_server_without_token", {"scan", "--server", "http://127.0.0.1:9", "a"}, 64, "PORTCULLIS_TOKEN"},
    {"scan_token_in_clear",
     {"scan", "--server", "http://192.0.2.1:5050", "--token-file", "/etc/hostname", "a"},
     64,
     "unencrypted"},
    {"scan_token_in_clear_to_a_lookalike",
     {"scan", "--server", "http://127.0.0.1.example.invalid:5050", "--token-file", "/etc/hostname", "a"},
     64,
     "unencrypted"},
    {"scan_token_in_clear_to_another_host",
     {"scan", "--server", "http://gate.example.invalid", "--plain-http", "gate", "--token-file",
      "/etc/hostname", "a"},
     64,
     "unencrypted"},
    {"scan_user_without_password", {"scan", "--username", "ann", "a"}, 64, "PORTCULLIS_PASSWORD"},
    {"scan_stdin_twice", {"scan", "-", "-"}, 64, "once only"},
    {"scan_empty_path", {"scan", "layer:"}, 64, "saw \"layer:\""},
    {"scan_data_and_no_cache", {"scan", "--data", "d", "--no-cache", "a"}, 64, "excludes"},
    {"rules_without_question", {"rules"}, 64, "list, lint, test, bench, disable, override or restore"},
    {"rules_format", {"rules", "list", "--format", "xml"}, 64, "xml"},
    {"rules_no_such_path", {"rules", "lint", "--rules", "/nonexistent.yar"}, 69, "/nonexistent.yar"},
    {"search_nothing", {"search"}, 64, "name what to look for, by --image"},
    {"search_hash", {"search", "--hash", "abc"}, 64, "--hash: expected a SHA-256 of 64 hexadecimal digits"},
    {"search_digest", {"search", "--digest", "latest"}, 64, "--digest: expected a digest"},
    {"search_layer", {"search", "--layer", "1"}, 64, "--layer: expected a digest"},
    {"search_both", {"search", "--hash", "a", "--path", "b"}, 64, "excludes"},
    {"search_limit", {"search", "--path", "a", "--limit", "0"}, 64, "--limit"},
    {"search_no_data", {"search", "--path", "a", "--data", "/nonexistent"}, 2, "there is no such database"},
    {"events_count", {"events", "-n", "0"}, 64, "0"},
    {"serve_address", {"serve", "--listen", "5000"}, 78, "--listen: expected HOST:PORT"},
    {"serve_mode", {"serve", "--mode", "off"}, 78, "--mode: expected enforce or audit, saw \"off\""},
    {"serve_no_file", {"serve", "--config", "/nonexistent.toml"}, 78, "/nonexistent.toml"},
    {"serve_to_the_world", {"serve", "--listen", "0.0.0.0:5000"}, 78, "allow_anonymous = true"},
    {"scan_no_file", {"scan", "--config", "/nonexistent.toml", "a"}, 78, "/nonexistent.toml"},
};
INSTANTIATE_TEST_SUITE_P(Table, Usage, testing::ValuesIn(kRows),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Events, NoRecordsIsAnErrorThatSaysWhereItLooked) {
  const test::TempDir dir;
  const auto result = test::run(portcullis({"events", "--data", dir.path().string()}));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr((dir / "portcullis.db").string() + ": there is no such database"));
  EXPECT_FALSE(std::filesystem::exists(dir / "portcullis.db"));
}

TEST(Doctor, SaysWhatToDoWhenNobodyAnswers) {
  const std::string url = "http://127.0.0.1:" + std::to_string(test::free_port());
  const auto result =
      test::run(portcullis({"doctor", "--url", url, "--admin-url", url, "--etc", "/nonexistent"}));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.out, HasSubstr("??    /healthz of " + url));
  EXPECT_THAT(result.out, HasSubstr("-> is `portcullis serve` running"));
  EXPECT_THAT(result.out, HasSubstr("Not everything could be told."));
}

}  // namespace
}  // namespace portcullis::cli
