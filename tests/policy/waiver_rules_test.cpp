// SPDX-License-Identifier: Apache-2.0
#include "portcullis/policy/waiver_rules.hpp"

#include <gtest/gtest.h>

#include <ostream>

#include "portcullis/oci/digest.hpp"
#include "portcullis/policy/policy.hpp"

namespace portcullis::policy {
namespace {

using findings::Severity;
using findings::Waiver;
using std::chrono::hours;

const util::TimePoint kNow = util::from_millis(1'800'000'000'000);
const std::string kDigest = oci::Digest::of("manifest").text();
const std::string kHash(64, 'a');
constexpr auto kUnknown = std::nullopt;

struct Row {
  const char* name;
  std::string rule;
  std::string repository;
  std::string digest;
  std::string file_hash;
  std::optional<Severity> worst;
  const char* refusal = "";  ///< part of the text; empty: allowed
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

Waiver waiver_of(const Row& row) {
  return {"w1",         row.rule, row.repository, row.digest,      row.file_hash,
          "known good", "me",     kNow,           kNow + hours(24)};
}

class Scope : public testing::TestWithParam<Row> {};

TEST_P(Scope, IsAllowedOrRefusedWithWhatToDo) {
  const auto result = check_waiver(waiver_of(GetParam()), GetParam().worst, {}, kNow);
  const std::string refusal = GetParam().refusal;
  ASSERT_EQ(result.has_value(), refusal.empty()) << (result ? "allowed" : result.error().message);
  if (result) return;
  EXPECT_EQ(result.error().kind, util::ErrorKind::invalid);
  EXPECT_NE(result.error().message.find(refusal), std::string::npos) << result.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Scope,
    testing::Values(
        Row{"medium_rule_in_repository", "suid", "docker.io/app/*", "", "", Severity::medium},
        Row{"low_rule_pattern_in_repository", "suid_*", "docker.io/app/web", "", "", Severity::low},
        Row{"high_rule_with_digest", "miner", "", kDigest, "", Severity::high},
        Row{"critical_rule_with_hash", "miner", "", "", kHash, Severity::critical},
        Row{"unknown_rule_with_digest", "miner", "", kDigest, "", kUnknown},
        Row{"repository_and_digest", "", "docker.io/app/web", kDigest, "", kUnknown},
        Row{"digest_and_hash", "", "", kDigest, kHash, kUnknown},
        Row{"all_four", "miner", "docker.io/app/web", kDigest, kHash, Severity::critical},
        Row{"outcome_with_digest", "outcome:unscannable", "", kDigest, "", kUnknown},
        Row{"crash_with_digest", "outcome:crashed", "docker.io/*", kDigest, "", kUnknown},
        Row{"cooldown_in_repository", "cooldown", "docker.io/app/web", "", "", kUnknown},
        Row{"cooldown_of_digest", "cooldown", "", kDigest, "", kUnknown},
        Row{"name_check", "name:repository", "docker.io/app/web", "", "", Severity::medium},

        Row{"nothing", "", "", "", "", kUnknown, "at least two"},
        Row{"rule_alone", "suid", "", "", "", Severity::low, "at least two"},
        Row{"repository_alone", "", "docker.io/app/web", "", "", kUnknown, "at least two"},
        Row{"digest_alone", "", "", kDigest, "", kUnknown, "at least two"},
        Row{"hash_alone", "", "", "", kHash, kUnknown, "at least two"},
        Row{"star_is_no_rule", "*", "docker.io/app/web", "", "", Severity::low, "rule must name"},
        Row{"question_marks_are_no_rule", "??*", "", kDigest, "", Severity::low, "rule must name"},
        Row{"star_is_no_repository", "suid", "*", "", "", Severity::low, "host/repository"},
        Row{"stars_are_no_repository", "suid", "*/*", "", "", Severity::low, "host/repository"},
        Row{"repository_without_host", "suid", "nginx", "", "", Severity::low, "saw 'nginx'"},
        Row{"high_rule_in_repository", "miner", "docker.io/app/web", "", "", Severity::high,
            "digest or a file hash"},
        Row{"critical_rule_in_repository", "miner", "docker.io/app/web", "", "", Severity::critical,
            "digest or a file hash"},
        Row{"unknown_rule_in_repository", "m*", "docker.io/app/web", "", "", kUnknown, "may match rules"},
        Row{"digest_too_short", "miner", "", "sha256:abc", "", Severity::low, "saw 'sha256:abc'"},
        Row{"digest_is_a_tag", "miner", "", "latest", "", Severity::low, "64 hex digits"},
        Row{"hash_with_algorithm", "miner", "", "", "sha256:" + kHash, Severity::low, "lower-case hex"},
        Row{"hash_in_upper_case", "miner", "", "", std::string(64, 'A'), Severity::low, "lower-case hex"},
        Row{"hash_too_short", "miner", "", "", "abc", Severity::low, "lower-case hex"},
        Row{"outcome_in_repository", "outcome:unscannable", "docker.io/app/web", "", "", Severity::low,
            "by its digest only"},
        Row{"violation_in_repository", "outcome:violation", "docker.io/app/web", "", "", Severity::low,
            "by its digest only"},
        Row{"outcome_with_hash", "outcome:crashed", "", kDigest, kHash, kUnknown, "leave the file hash out"},
        Row{"outcome_nobody_knows", "outcome:fine", "", kDigest, "", kUnknown, "outcome of a scan"},
        Row{"outcome_complete", "outcome:complete", "", kDigest, "", kUnknown, "outcome of a scan"},
        Row{"outcome_pattern", "outcome:*", "", kDigest, "", kUnknown, "outcome of a scan"},
        Row{"cooldown_with_hash", "cooldown", "", kDigest, kHash, kUnknown, "leave the file hash out"},
        Row{"denied_digest", "deny:digest", "", kDigest, "", kUnknown, "changed in the policy"},
        Row{"denied_repository", "deny:repository", "", kDigest, "", kUnknown, "changed in the policy"},
        Row{"hostile_rule", "outcome:\x1b[2J", "", kDigest, "", kUnknown, "\\x1b"}),
    [](const auto& row) { return std::string(row.param.name); });

struct PaperRow {
  const char* name;
  void (*change)(Waiver&);
  const char* refusal;
};

class Paper : public testing::TestWithParam<PaperRow> {};

TEST_P(Paper, IsComplete) {
  Waiver waiver{"w1", "miner", "", kDigest, "", "known good", "me", kNow, kNow + hours(24)};
  GetParam().change(waiver);
  const auto result = check_waiver(waiver, Severity::high, {.longest = hours(24 * 30), .text = 10}, kNow);
  const std::string refusal = GetParam().refusal;
  ASSERT_EQ(result.has_value(), refusal.empty());
  if (result) return;
  EXPECT_NE(result.error().message.find(refusal), std::string::npos) << result.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Paper,
    testing::Values(
        PaperRow{"whole", [](Waiver&) {}, ""},
        PaperRow{"no_reason", [](Waiver& w) { w.reason.clear(); }, "reason is missing"},
        PaperRow{"blank_reason", [](Waiver& w) { w.reason = " \n"; }, "reason is missing"},
        PaperRow{"long_reason", [](Waiver& w) { w.reason = "01234567890"; }, "longer than 10"},
        PaperRow{"no_author", [](Waiver& w) { w.author.clear(); }, "author is missing"},
        PaperRow{"long_author", [](Waiver& w) { w.author = "01234567890"; }, "longer than 10"},
        PaperRow{"no_expiry", [](Waiver& w) { w.expires = {}; }, "in the future"},
        PaperRow{"expired", [](Waiver& w) { w.expires = kNow; }, "in the future"},
        PaperRow{"longest", [](Waiver& w) { w.expires = kNow + hours(24 * 30); }, ""},
        PaperRow{"too_long", [](Waiver& w) { w.expires = kNow + hours(24 * 30 + 1); }, "within 30 days"},
        PaperRow{"for_ever", [](Waiver& w) { w.expires = util::TimePoint::max(); }, "within 30 days"}),
    [](const auto& row) { return std::string(row.param.name); });

/// What may be created also works, and what may not be does nothing.
TEST_P(Scope, IsHonouredOnlyWhenAllowed) {
  const auto& row = GetParam();
  Inputs inputs{.host = "docker.io", .repository = "app/web", .manifest = oci::Digest::of("manifest")};
  findings::Finding finding;
  finding.rule = row.rule == "m*" ? "miner" : row.rule == "suid_*" ? "suid_x" : row.rule;
  if (finding.rule.empty()) finding.rule = "miner";
  finding.severity = row.worst.value_or(Severity::critical);
  finding.file_hash = kHash;
  ScannedBlob blob{.digest = oci::Digest::of("layer")};
  blob.result.outcome = findings::Outcome::complete;
  Policy policy;
  policy.block_at = Severity::low;
  if (row.rule.starts_with("outcome:")) {
    blob.result.outcome = findings::parse_outcome(row.rule.substr(8)).value_or(findings::Outcome::crashed);
  } else if (row.rule == "cooldown") {
    policy.cooldown = hours(24);
  } else if (row.rule.starts_with("deny:")) {
    policy.deny_digests = {inputs.manifest};
    policy.deny_repositories = {"*"};
  } else if (row.rule.starts_with("name:")) {
    inputs.names = {{"repository", "", "nginx", 1, Severity::medium, ""}};
  } else {
    blob.result.findings = {finding};
  }
  inputs.blobs = {blob};
  inputs.waivers = {waiver_of(row)};
  const auto decision = decide(policy, inputs, kNow);
  if (row.refusal[0] == '\0') {
    EXPECT_EQ(decision.action, findings::Action::warn);
  } else if (row.rule != "outcome:complete") {
    EXPECT_EQ(decision.action, findings::Action::block);
  }
}

}  // namespace
}  // namespace portcullis::policy
