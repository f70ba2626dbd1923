// SPDX-License-Identifier: Apache-2.0
//
// [policy] with its overrides, and files of waivers: what is read, and the whole text of each complaint.
#include "portcullis/config/policy_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "portcullis/config/config.hpp"
#include "portcullis/policy/explanation.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::config {
namespace {

using findings::Action;
using findings::Outcome;
using findings::Severity;
using policy::Mode;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using namespace std::chrono_literals;

constexpr auto at(Outcome outcome) { return static_cast<std::size_t>(outcome); }

const char* const kOverrides = R"([policy]
warn_at = "medium"

[[policy.override]]
match = "docker.io/library/*"
mode = "audit"
block_at = "critical"
cooldown = "0s"
on = { timed_out = "warn" }

[[policy.override]]
match = "*/app"
warn_at = "high"
[policy.override.on]
crashed = "allow"
)";

TEST(PolicyFile, ReadsOverridesInTheirOrder) {
  const test::TempDir dir;
  const auto file = dir.write("p.toml", kOverrides);
  const auto read = load_policy(file);
  ASSERT_TRUE(read) << read.error().message;
  const auto& policy = read->policy;
  EXPECT_EQ(policy.warn_at, Severity::medium);
  ASSERT_THAT(policy.overrides, SizeIs(2));
  const auto& first = policy.overrides[0];
  EXPECT_EQ(first.match, "docker.io/library/*");
  EXPECT_EQ(first.line, 4u);
  EXPECT_EQ(first.mode, Mode::audit);
  EXPECT_EQ(first.block_at, Severity::critical);
  EXPECT_EQ(first.warn_at, std::nullopt);
  EXPECT_EQ(first.cooldown, 0ms);
  EXPECT_EQ(first.on_outcome[at(Outcome::timed_out)], Action::warn);
  EXPECT_EQ(first.on_outcome[at(Outcome::crashed)], std::nullopt);
  const auto& second = policy.overrides[1];
  EXPECT_EQ(second.line, 11u);
  EXPECT_EQ(second.mode, std::nullopt);
  EXPECT_EQ(second.cooldown, std::nullopt);
  EXPECT_EQ(second.warn_at, Severity::high);
  EXPECT_EQ(second.on_outcome[at(Outcome::crashed)], Action::allow);

  const auto whole = load(file, {});
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->policy.fingerprint(), policy.fingerprint());
}

TEST(PolicyFile, FlagsWinOverOverridesToo) {
  const test::TempDir dir;
  Overrides flags;
  flags.mode = "enforce";
  const auto config = load(dir.write("p.toml", kOverrides), flags);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(policy::effective(config->policy, "docker.io/library/nginx").mode, Mode::enforce);
}

TEST(PolicyFile, LeavesTheRestOfTheConfigurationAlone) {
  const test::TempDir dir;
  const auto file = dir.write("p.toml",
                              "[registry]\nlisten = \"0.0.0.0:5000\"\n[[upstream]]\nname = \"ghcr.io\"\n"
                              "username = \"u\"\npassword_file = \"/nonexistent\"\n"
                              "[policy]\nmode = \"audit\"\n[waivers]\nlongest = \"7d\"\n");
  EXPECT_FALSE(load(file, {}));
  const auto read = load_policy(file);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->policy.mode, Mode::audit);
  EXPECT_EQ(read->waivers.longest, 7 * 24h);
}

TEST(PolicyFile, NeverQuotesALineThatMayHoldASecret) {
  const test::TempDir dir;
  for (const char* toml : {"password = \"hunter2\"\n", "[[upstream]]\npassword = \"hunter2\n",
                           "[upstreem]\npassword = \"hunter2\"\n"}) {
    const auto read = load_policy(dir.write("p.toml", toml));
    ASSERT_FALSE(read) << toml;
    EXPECT_THAT(read.error().message, Not(HasSubstr("hunter2"))) << toml;
  }
}

struct Bad {
  const char* name;
  const char* toml;
  const char* message;  ///< after the path of the file
};

void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.name; }

class BadPolicy : public testing::TestWithParam<Bad> {};

TEST_P(BadPolicy, NamesAndQuotesTheLine) {
  const test::TempDir dir;
  const auto file = dir.write("p.toml", GetParam().toml);
  const auto read = load_policy(file);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, util::ErrorKind::invalid);
  EXPECT_EQ(read.error().message, file.string() + GetParam().message);
  EXPECT_FALSE(load(file, {})) << "serve would take it";
}

const Bad kBadPolicies[] = {
    {"severity", "[policy]\n  block_at = \"hgih\"  # so\n",
     ":2: policy.block_at: expected one of info, low, medium, high, critical, saw \"hgih\"; the line reads: "
     "block_at = \"hgih\"  # so"},
    {"unknown_key", "[policy]\nblok_at = \"high\"\n",
     ":2: policy.blok_at: unknown key; did you mean \"block_at\"?; the line reads: blok_at = \"high\""},
    {"unknown_section", "[polcy]\nmode = \"audit\"\n", ":1: polcy: unknown key; did you mean \"policy\"?"},
    {"override_without_match", "[[policy.override]]\nmode = \"audit\"\n",
     ":1: policy.override[1].match: expected a pattern over host/repository such as \"docker.io/library/*\", "
     "saw "
     "none; the line reads: [[policy.override]]"},
    {"override_without_setting", "[policy]\n[[policy.override]]\nmatch = \"docker.io/*\"\n",
     ":2: policy.override[1]: this override sets nothing; expected one of mode, block_at, warn_at, cooldown, "
     "on; "
     "the line reads: [[policy.override]]"},
    {"override_match_without_host", "[[policy.override]]\nmatch = \"nginx\"\nmode = \"audit\"\n",
     ":2: policy.override[1].match: this pattern matches no repository: the host is missing (e.g. "
     "docker.io/library/*), saw \"nginx\"; the line reads: match = \"nginx\""},
    {"override_match_with_tag", "[[policy.override]]\nmatch = \"docker.io/a:1\"\nmode = \"audit\"\n",
     ":2: policy.override[1].match: this pattern matches no repository: tags and digests are no part of the "
     "name, "
     "saw \"docker.io/a:1\"; the line reads: match = \"docker.io/a:1\""},
    {"override_match_is_a_list", "[[policy.override]]\nmatch = [\"docker.io/a\"]\nmode = \"audit\"\n",
     ":2: policy.override[1].match: expected a text, saw a list; the line reads: match = [\"docker.io/a\"]"},
    {"second_override",
     "[[policy.override]]\nmatch = \"a.io/*\"\nmode = \"audit\"\n[[policy.override]]\nmatch = \"b.io/*\"\n"
     "mode = \"of\"\n",
     ":6: policy.override[2].mode: expected enforce or audit, saw \"of\"; the line reads: mode = \"of\""},
    {"override_outcome", "[[policy.override]]\nmatch = \"a.io/*\"\non = { timed_out = \"no\" }\n",
     ":3: policy.override[1].on.timed_out: expected one of allow, warn, block, saw \"no\"; the line reads: "
     "on = { "
     "timed_out = \"no\" }"},
    {"override_lifts_no_deny", "[[policy.override]]\nmatch = \"a.io/*\"\ndeny = []\n",
     ":3: policy.override[1].deny: unknown key; expected one of match, mode, block_at, warn_at, cooldown, "
     "on; the "
     "line reads: deny = []"},
    {"override_cooldown", "[[policy.override]]\nmatch = \"a.io/*\"\ncooldown = \"3 moons\"\n",
     ":3: policy.override[1].cooldown: expected a duration from \"0s\" to \"365d\", saw \"3 moons\"; the "
     "line reads: "
     "cooldown = \"3 moons\""},
    {"override_is_a_table", "[policy.override]\nmatch = \"a.io/*\"\n",
     ":1: policy.override: expected a list of tables, [[policy.override]], saw a table; the line reads: "
     "[policy.override]"},
    {"deny_that_never_matches", "[policy]\ndeny = [\"*/evil\", \"Evil.io/*\"]\n",
     ":2: policy.deny: this pattern matches no repository: names of hosts and repositories are lower-case, "
     "saw "
     "\"Evil.io/*\"; the line reads: deny = [\"*/evil\", \"Evil.io/*\"]"},
    {"allow_that_never_matches", "[policy]\nallow = [\"library/nginx\"]\n",
     ":2: policy.allow: this pattern matches no repository: the host is missing (e.g. docker.io/library/*), "
     "saw "
     "\"library/nginx\"; the line reads: allow = [\"library/nginx\"]"},
    {"hostile_key", "[policy]\n\"a\\u001bb\" = 1\n",
     ":2: policy.a\\x1bb: unknown key; expected one of mode, block_at, warn_at, cooldown, on, allow, deny, "
     "deny_digests, override; the line reads: \"a\\\\u001bb\" = 1"},
};
INSTANTIATE_TEST_SUITE_P(Table, BadPolicy, testing::ValuesIn(kBadPolicies),
                         [](const auto& row) { return std::string(row.param.name); });

const auto kNow = *util::parse_rfc3339("2026-11-26T12:00:00Z");

/// A whole waiver with some lines of it replaced or added; an empty text leaves the key out.
std::string waiver_with(const std::vector<std::pair<std::string, std::string>>& changes = {}) {
  std::vector<std::pair<std::string, std::string>> lines = {
      {"id", "\"w1\""},         {"rule", "\"suid\""},  {"repository", "\"docker.io/app/*\""},
      {"reason", "\"known\""},  {"author", "\"sec\""}, {"created", "2026-11-01"},
      {"expires", "2026-12-01"}};
  for (const auto& [key, value] : changes) {
    const auto line = std::ranges::find(lines, key, [](const auto& l) { return l.first; });
    if (line == lines.end()) {
      lines.emplace_back(key, value);
    } else {
      line->second = value;
    }
  }
  std::string text = "[[waiver]]\n";
  for (const auto& [key, value] : lines) {
    if (!value.empty()) text += key + " = " + value + "\n";
  }
  return text;
}

TEST(WaiverFile, ReadsEveryField) {
  const test::TempDir dir;
  const std::string digest = "sha256:" + std::string(64, 'a');
  const std::string hash(64, 'b');
  const auto read = read_waivers(dir.write("w.toml", waiver_with({{"digest", '"' + digest + '"'},
                                                                  {"file_hash", '"' + hash + '"'},
                                                                  {"created", "2026-11-01T01:30:00+01:30"},
                                                                  {"expires", "\"2026-12-01T00:00:00Z\""}}) +
                                                         waiver_with({{"id", "\"w2\""}})),
                                 {}, kNow);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_THAT(*read, SizeIs(2));
  const auto& waiver = read->front();
  EXPECT_EQ(waiver.id, "w1");
  EXPECT_EQ(waiver.rule, "suid");
  EXPECT_EQ(waiver.repository, "docker.io/app/*");
  EXPECT_EQ(waiver.digest, digest);
  EXPECT_EQ(waiver.file_hash, hash);
  EXPECT_EQ(waiver.reason, "known");
  EXPECT_EQ(waiver.author, "sec");
  EXPECT_EQ(util::to_rfc3339(waiver.created), "2026-11-01T00:00:00.000Z");
  EXPECT_EQ(util::to_rfc3339(waiver.expires), "2026-12-01T00:00:00.000Z");
  EXPECT_EQ((*read)[1].created, waiver.created);  // a date is its first moment
  EXPECT_EQ((*read)[1].expires, waiver.expires);
}

TEST(WaiverFile, ExpiredOnesAreReadAndNoneIsFine) {
  const test::TempDir dir;
  const auto expired = read_waivers(
      dir.write("w.toml", waiver_with({{"created", "2026-01-01"}, {"expires", "2026-02-01"}})), {}, kNow);
  ASSERT_TRUE(expired) << expired.error().message;
  EXPECT_THAT(*expired, SizeIs(1));
  const auto none = read_waivers(dir.write("w.toml", ""), {}, kNow);
  ASSERT_TRUE(none);
  EXPECT_THAT(*none, SizeIs(0));
}

TEST(WaiverFile, MissingOneIsNoEmptyList) {
  const auto read = read_waivers("/nonexistent/w.toml", {}, kNow);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("/nonexistent/w.toml"));
}

struct BadWaiver {
  const char* name;
  std::string toml;
  std::string message;  ///< after the path of the file
};

void PrintTo(const BadWaiver& bad, std::ostream* out) { *out << bad.name; }

class BadWaivers : public testing::TestWithParam<BadWaiver> {};

TEST_P(BadWaivers, NamesAndQuotesTheLine) {
  const test::TempDir dir;
  const auto file = dir.write("w.toml", GetParam().toml);
  const auto read = read_waivers(file, {}, kNow);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, util::ErrorKind::invalid);
  EXPECT_EQ(read.error().message, file.string() + GetParam().message);
}

std::vector<BadWaiver> bad_waivers() {
  const std::string whole = "; the line reads: [[waiver]]";
  const std::string missing =
      "is missing; a waiver has id, reason, author, created, expires and two of rule, repository, digest and "
      "file_hash" +
      whole;
  const std::string time = "expected a date, or a time with its offset such as 2026-12-31T18:00:00Z, saw ";
  return {
      {"no_id", waiver_with({{"id", ""}}), ":1: waiver[1].id: " + missing},
      {"no_reason", waiver_with({{"reason", ""}}), ":1: waiver[1].reason: " + missing},
      {"no_author", waiver_with({{"author", ""}}), ":1: waiver[1].author: " + missing},
      {"no_created", waiver_with({{"created", ""}}), ":1: waiver[1].created: " + missing},
      {"no_expiry", waiver_with({{"expires", ""}}), ":1: waiver[1].expires: " + missing},
      {"blank_reason", waiver_with({{"reason", "\" \""}}),
       ":1: waiver[1]: reason is missing: an exception says who and why" + whole},
      {"id_with_blanks", waiver_with({{"id", "\"a b\""}}),
       ":2: waiver[1].id: expected a name of letters, digits, '.', '_' and '-', at most 64 of them, saw \"a "
       "b\"; the "
       "line reads: id = \"a b\""},
      {"id_twice", waiver_with() + waiver_with(),
       ":10: waiver[2].id: expected each id once, saw \"w1\" again; the line reads: id = \"w1\""},
      {"one_term", waiver_with({{"repository", ""}}),
       ":1: waiver[1]: a waiver needs at least two of rule, repository, digest and file hash, so that it is "
       "not wider "
       "than was meant" +
           whole},
      {"short_digest", waiver_with({{"digest", "\"sha256:1\""}}),
       ":1: waiver[1]: digest must be that of a manifest, sha256: and 64 hex digits, saw 'sha256:1'" + whole},
      {"denied_is_not_waived", waiver_with({{"rule", "\"deny:digest\""}}),
       ":1: waiver[1]: what policy denies by name or digest is changed in the policy, not waived, saw "
       "'deny:digest'" +
           whole},
      {"unknown_key", waiver_with({{"sevrity", "\"high\""}}),
       ":9: waiver[1].sevrity: unknown key; expected one of id, rule, repository, digest, file_hash, reason, "
       "author, "
       "created, expires; the line reads: sevrity = \"high\""},
      {"not_yet_written", waiver_with({{"created", "2026-11-27"}}),
       ":7: waiver[1].created: expected a time that has passed, saw 2026-11-27T00:00:00.000Z; the line "
       "reads: created "
       "= 2026-11-27"},
      {"ends_before_it_begins", waiver_with({{"expires", "2026-11-01"}}),
       ":8: waiver[1].expires: expected a time after created, saw 2026-11-01T00:00:00.000Z; the line reads: "
       "expires = "
       "2026-11-01"},
      {"local_time", waiver_with({{"expires", "2026-12-01T10:00:00"}}),
       ":8: waiver[1].expires: " + time + "a date or time; the line reads: expires = 2026-12-01T10:00:00"},
      {"number_as_time", waiver_with({{"expires", "90"}}),
       ":8: waiver[1].expires: " + time + "90; the line reads: expires = 90"},
      {"table_instead_of_tables", "[waiver]\nid = \"w1\"\n",
       ":1: waiver: expected a list of tables, [[waiver]], saw a table; the line reads: [waiver]"},
      {"other_table", "[[waivers]]\nid = \"w1\"\n",
       ":1: waivers: unknown key; did you mean \"waiver\"?; the line reads: [[waivers]]"},
  };
}
INSTANTIATE_TEST_SUITE_P(Table, BadWaivers, testing::ValuesIn(bad_waivers()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(WaiverFile, LastsNoLongerThanThePolicySays) {
  const test::TempDir dir;
  const auto file = dir.write("w.toml", waiver_with());
  EXPECT_TRUE(read_waivers(file, {.longest = 30 * 24h}, kNow));
  const auto read = read_waivers(file, {.longest = 29 * 24h}, kNow);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr(":1: waiver[1]: expiry must be within 29 days"));
}

}  // namespace
}  // namespace portcullis::config
