// SPDX-License-Identifier: Apache-2.0
//
// Overrides against modes, thresholds, outcomes, allow and deny, cooldown and waivers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "inputs.hpp"
#include "portcullis/policy/explanation.hpp"

namespace portcullis::policy {
namespace {

using namespace samples;
using namespace std::chrono_literals;
using findings::Action;
using findings::Outcome;
using findings::Severity;
using testing::ElementsAre;
using Change = std::function<void(Policy&, Inputs&)>;

const std::string kHub = "docker.io/*";
const std::string kLibrary = "docker.io/library/*";
const std::string kOther = "quay.io/*";

Change all_of(const std::vector<Change>& changes) {
  return [changes](Policy& p, Inputs& i) {
    for (const auto& change : changes) change(p, i);
  };
}
/// One more override, after those that are there.
Change over(const std::string& match, const std::function<void(Override&)>& set) {
  return [=](Policy& p, Inputs&) {
    Override o;
    o.match = match;
    set(o);
    p.overrides.push_back(o);
  };
}
Change mode(const std::string& match, Mode wanted) {
  return over(match, [=](Override& o) { o.mode = wanted; });
}
Change block_at(const std::string& match, Severity severity) {
  return over(match, [=](Override& o) { o.block_at = severity; });
}
Change warn_at(const std::string& match, Severity severity) {
  return over(match, [=](Override& o) { o.warn_at = severity; });
}
Change cooldown(const std::string& match, std::chrono::milliseconds wanted) {
  return over(match, [=](Override& o) { o.cooldown = wanted; });
}
Change on(const std::string& match, Outcome outcome, Action action) {
  return over(match, [=](Override& o) { o.on_outcome[static_cast<std::size_t>(outcome)] = action; });
}
Change own(const std::function<void(Policy&)>& set) {
  return [set](Policy& p, Inputs&) { set(p); };
}
Change found(Severity severity) {
  return [severity](Policy&, Inputs& i) { i.blobs[2].result.findings.push_back(finding("miner", severity)); };
}
Change ended(Outcome outcome) {
  return [outcome](Policy&, Inputs& i) { i.blobs[2].result.outcome = outcome; };
}
Change seen(std::chrono::milliseconds age) {
  return [age](Policy&, Inputs& i) { i.first_seen = kNow - age; };
}
Change built(std::chrono::milliseconds age) {
  return [age](Policy&, Inputs& i) { i.created = kNow - age; };
}
Change waived(const std::string& rule) {
  return [rule](Policy&, Inputs& i) { i.waivers.push_back(waiver(rule)); };
}
Change allowed(const std::string& pattern) {
  return own([pattern](Policy& p) { p.allow_repositories.push_back(pattern); });
}

struct Row {
  const char* name;
  std::vector<Change> changes;  ///< on the default policy and the clean docker.io/library/nginx
  Action action;
  bool would_block;
  Origin origin;     ///< which override asked for the worst reason
  std::string text;  ///< of that reason, whole; empty: there is none
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

std::string miner(const std::string& severity, const std::string& more = "") {
  return "rule miner (" + severity + ") matched usr/bin/x in layer 2" + more;
}
std::string by(Origin number, const std::string& pattern) {
  return "; by override " + std::to_string(number) + " (" + pattern + ")";
}

const auto high = Severity::high;
const auto medium = Severity::medium;
const std::string kTimedOut = "layer 2 could not be judged: timed out";

std::vector<Row> threshold_rows() {
  const auto low = Severity::low;
  const auto critical = Severity::critical;
  return {
      {"none_matches", {block_at(kOther, medium), found(medium)}, Action::warn, false, 0, miner("medium")},
      {"stricter",
       {block_at(kHub, medium), found(medium)},
       Action::block,
       false,
       1,
       miner("medium", by(1, kHub))},
      {"looser", {block_at(kHub, critical), found(high)}, Action::warn, false, 1, miner("high", by(1, kHub))},
      {"looser_still_blocks_critical",
       {block_at(kHub, critical), found(critical)},
       Action::block,
       false,
       1,
       miner("critical", by(1, kHub))},
      {"looser_says_nothing_of_what_only_warns",
       {block_at(kHub, critical), found(medium)},
       Action::warn,
       false,
       0,
       miner("medium")},
      {"stricter_leaves_what_only_warns",
       {block_at(kHub, medium), found(low)},
       Action::warn,
       false,
       0,
       miner("low")},
      {"same_value_is_its_word",
       {block_at(kHub, high), found(high)},
       Action::block,
       false,
       1,
       miner("high", by(1, kHub))},
      {"last_of_two_wins",
       {block_at(kHub, medium), block_at(kLibrary, critical), found(high)},
       Action::warn,
       false,
       2,
       miner("high", by(2, kLibrary))},
      {"order_and_not_length_of_the_pattern",
       {block_at(kLibrary, critical), block_at(kHub, medium), found(medium)},
       Action::block,
       false,
       2,
       miner("medium", by(2, kHub))},
      {"last_that_matches_and_not_last",
       {block_at(kHub, medium), block_at(kOther, critical), found(medium)},
       Action::block,
       false,
       1,
       miner("medium", by(1, kHub))},
      {"last_that_sets_the_key",
       {block_at(kHub, medium), warn_at(kLibrary, critical), found(medium)},
       Action::block,
       false,
       1,
       miner("medium", by(1, kHub))},
      {"same_pattern_twice",
       {block_at(kHub, medium), block_at(kHub, critical), found(medium)},
       Action::warn,
       false,
       0,
       miner("medium")},
      {"over_the_policys_own",
       {own([](Policy& p) { p.block_at = Severity::low; }), block_at(kHub, high), found(medium)},
       Action::warn,
       false,
       1,
       miner("medium", by(1, kHub))},
      {"warn_at_raised",
       {warn_at(kHub, high), found(medium)},
       Action::allow,
       false,
       1,
       miner("medium", by(1, kHub))},
      {"warn_at_lowered",
       {warn_at(kHub, Severity::info), found(Severity::info)},
       Action::warn,
       false,
       1,
       miner("info", by(1, kHub))},
      {"warn_at_of_another", {warn_at(kOther, high), found(medium)}, Action::warn, false, 0, miner("medium")},
      {"warn_at_never_lifts_a_block",
       {warn_at(kHub, critical), found(high)},
       Action::block,
       false,
       0,
       miner("high")},
      {"two_keys_of_two_overrides",
       {block_at(kHub, critical), warn_at(kLibrary, critical), found(high)},
       Action::allow,
       false,
       1,
       miner("high", by(1, kHub))},
      {"unknown_severity_blocks_whatever_is_set",
       {block_at(kHub, critical), found(static_cast<Severity>(99))},
       Action::block,
       false,
       1,
       miner(std::string(to_string(static_cast<Severity>(99))), by(1, kHub))},
      {"exact_name",
       {block_at("docker.io/library/nginx", medium), found(medium)},
       Action::block,
       false,
       1,
       miner("medium", by(1, "docker.io/library/nginx"))},
      {"part_of_a_name",
       {block_at("library/nginx", medium), found(medium)},
       Action::warn,
       false,
       0,
       miner("medium")},
      {"prefix_of_a_name",
       {block_at("docker.io/library/ngin", medium), found(medium)},
       Action::warn,
       false,
       0,
       miner("medium")},
      {"everything",
       {block_at("*", medium), found(medium)},
       Action::block,
       false,
       1,
       miner("medium", by(1, "*"))},
      {"any_host",
       {block_at("*/library/nginx", medium), found(medium)},
       Action::block,
       false,
       1,
       miner("medium", by(1, "*/library/nginx"))},
      {"question_mark",
       {block_at("docker.io/library/ngin?", medium), found(medium)},
       Action::block,
       false,
       1,
       miner("medium", by(1, "docker.io/library/ngin?"))},
      {"hostile_pattern",
       {block_at("docker.io/*\n*", medium), found(medium)},
       Action::warn,
       false,
       0,
       miner("medium")},
      {"clean_image_has_no_reason", {block_at(kHub, medium)}, Action::allow, false, 0, ""},
  };
}

std::vector<Row> mode_rows() {
  const auto audit_policy = own([](Policy& p) { p.mode = Mode::audit; });
  return {
      {"audit_here", {mode(kHub, Mode::audit), found(high)}, Action::warn, true, 0, miner("high")},
      {"audit_elsewhere", {mode(kOther, Mode::audit), found(high)}, Action::block, false, 0, miner("high")},
      {"enforce_here",
       {audit_policy, mode(kHub, Mode::enforce), found(high)},
       Action::block,
       false,
       0,
       miner("high")},
      {"enforce_elsewhere",
       {audit_policy, mode(kOther, Mode::enforce), found(high)},
       Action::warn,
       true,
       0,
       miner("high")},
      {"audit_then_enforce",
       {mode(kHub, Mode::audit), mode(kLibrary, Mode::enforce), found(high)},
       Action::block,
       false,
       0,
       miner("high")},
      {"enforce_then_audit",
       {mode(kLibrary, Mode::enforce), mode(kHub, Mode::audit), found(high)},
       Action::warn,
       true,
       0,
       miner("high")},
      {"audit_of_a_warning",
       {mode(kHub, Mode::audit), found(medium)},
       Action::warn,
       false,
       0,
       miner("medium")},
      {"audit_of_a_clean_image", {mode(kHub, Mode::audit)}, Action::allow, false, 0, ""},
      {"audit_and_stricter",
       {mode(kHub, Mode::audit), block_at(kLibrary, medium), found(medium)},
       Action::warn,
       true,
       2,
       miner("medium", by(2, kLibrary))},
      {"audit_of_an_outcome",
       {mode(kHub, Mode::audit), ended(Outcome::timed_out)},
       Action::warn,
       true,
       0,
       kTimedOut},
      {"audit_of_a_denied_repository_is_recorded",
       {mode(kHub, Mode::audit), own([](Policy& p) { p.deny_repositories = {kHub}; })},
       Action::warn,
       true,
       0,
       "repository docker.io/library/nginx is denied by the pattern docker.io/*"},
      {"waived_in_audit",
       {mode(kHub, Mode::audit), found(high), waived("miner")},
       Action::warn,
       false,
       0,
       miner("high", "; waived by w1")},
  };
}

std::vector<Row> outcome_rows() {
  const auto timed_out = Outcome::timed_out;
  return {
      {"outcome_warns_here",
       {on(kHub, timed_out, Action::warn), ended(timed_out)},
       Action::warn,
       false,
       1,
       kTimedOut + by(1, kHub)},
      {"outcome_allowed_here",
       {on(kHub, timed_out, Action::allow), ended(timed_out)},
       Action::allow,
       false,
       1,
       kTimedOut + by(1, kHub)},
      {"outcome_allowed_elsewhere",
       {on(kOther, timed_out, Action::allow), ended(timed_out)},
       Action::block,
       false,
       0,
       kTimedOut},
      {"another_outcome_allowed",
       {on(kHub, Outcome::limit, Action::allow), ended(timed_out)},
       Action::block,
       false,
       0,
       kTimedOut},
      {"outcome_blocked_again",
       {on(kHub, timed_out, Action::allow), on(kLibrary, timed_out, Action::block), ended(timed_out)},
       Action::block,
       false,
       2,
       kTimedOut + by(2, kLibrary)},
      {"own_setting_blocked_here",
       {own([](Policy& p) { p.on_outcome[2] = Action::allow; }), on(kHub, timed_out, Action::block),
        ended(timed_out)},
       Action::block,
       false,
       1,
       kTimedOut + by(1, kHub)},
      {"complete_is_ignored", {on(kHub, Outcome::complete, Action::block)}, Action::allow, false, 0, ""},
      {"unknown_action_in_an_override_blocks",
       {on(kHub, timed_out, static_cast<Action>(99)), ended(timed_out)},
       Action::block,
       false,
       1,
       kTimedOut + by(1, kHub)},
      {"unknown_outcome_has_no_override",
       {on(kHub, timed_out, Action::allow), ended(static_cast<Outcome>(99))},
       Action::block,
       false,
       0,
       "layer 2 could not be judged: an unknown outcome"},
      {"crash_warns_here",
       {on(kHub, Outcome::crashed, Action::warn), ended(Outcome::crashed)},
       Action::warn,
       false,
       1,
       "layer 2 could not be judged: the scanner crashed" + by(1, kHub)},
      {"unscannable_warns_here",
       {on(kHub, Outcome::unscannable, Action::warn), ended(Outcome::unscannable)},
       Action::warn,
       false,
       1,
       "layer 2 could not be judged: unscannable" + by(1, kHub)},
      {"violation_warns_here",
       {on(kHub, Outcome::violation, Action::warn), ended(Outcome::violation)},
       Action::warn,
       false,
       1,
       "layer 2 could not be judged: the scanner tried something forbidden" + by(1, kHub)},
      {"unavailable_warns_here",
       {on(kHub, Outcome::unavailable, Action::warn), ended(Outcome::unavailable)},
       Action::warn,
       false,
       1,
       "layer 2 could not be judged: no scanner was available" + by(1, kHub)},
      {"findings_of_an_allowed_outcome_count",
       {on(kHub, timed_out, Action::allow), ended(timed_out), found(high)},
       Action::block,
       false,
       0,
       miner("high")},
      {"waived_outcome_of_an_override",
       {on(kHub, timed_out, Action::block), ended(timed_out), waived("outcome:timed_out")},
       Action::warn,
       false,
       1,
       kTimedOut + by(1, kHub) + "; waived by w1"},
  };
}

std::vector<Row> cooldown_rows() {
  const auto week = own([](Policy& p) { p.cooldown = 168h; });
  return {
      {"cooldown_here",
       {cooldown(kHub, 72h), seen(2h)},
       Action::block,
       false,
       1,
       "first seen 2 hours ago, policy wants 3 days" + by(1, kHub)},
      {"cooldown_elsewhere", {cooldown(kOther, 72h), seen(2h)}, Action::allow, false, 0, ""},
      {"cooldown_lifted_here", {week, cooldown(kHub, 0h), seen(2h)}, Action::allow, false, 0, ""},
      {"cooldown_lifted_elsewhere",
       {week, cooldown(kOther, 0h), seen(2h)},
       Action::block,
       false,
       0,
       "first seen 2 hours ago, policy wants 7 days"},
      {"cooldown_shortened", {week, cooldown(kHub, 1h), seen(2h)}, Action::allow, false, 0, ""},
      {"cooldown_lengthened",
       {own([](Policy& p) { p.cooldown = 1h; }), cooldown(kHub, 72h), seen(2h)},
       Action::block,
       false,
       1,
       "first seen 2 hours ago, policy wants 3 days" + by(1, kHub)},
      {"cooldown_lifted_and_set_again",
       {cooldown(kHub, 0h), cooldown(kLibrary, 24h), seen(2h)},
       Action::block,
       false,
       2,
       "first seen 2 hours ago, policy wants 1 day" + by(2, kLibrary)},
      {"cooldown_over", {cooldown(kHub, 2h), seen(2h)}, Action::allow, false, 0, ""},
      {"cooldown_of_the_build",
       {cooldown(kHub, 24h), seen(48h), built(1h)},
       Action::block,
       false,
       1,
       "created 1 hour ago by its own account, policy wants 1 day" + by(1, kHub)},
      {"negative_cooldown_is_none", {week, cooldown(kHub, -1h), seen(2h)}, Action::allow, false, 0, ""},
      {"waived_cooldown_of_an_override",
       {cooldown(kHub, 24h), seen(2h), waived("cooldown")},
       Action::warn,
       false,
       1,
       "first seen 2 hours ago, policy wants 1 day" + by(1, kHub) + "; waived by w1"},
      {"allowed_cooldown_of_an_override",
       {cooldown(kHub, 24h), seen(2h), allowed(kLibrary)},
       Action::warn,
       false,
       1,
       "first seen 2 hours ago, policy wants 1 day" + by(1, kHub) + "; the repository is allowed by policy"},
      {"cooldown_in_audit",
       {cooldown(kHub, 24h), mode(kLibrary, Mode::audit), seen(2h)},
       Action::warn,
       true,
       1,
       "first seen 2 hours ago, policy wants 1 day" + by(1, kHub)},
  };
}

std::vector<Row> list_and_waiver_rows() {
  const auto lenient = over(kHub, [](Override& o) {
    o.block_at = Severity::critical;
    o.warn_at = Severity::critical;
    o.cooldown = 0h;
    o.on_outcome.fill(Action::allow);
  });
  const auto deny_digest = own([](Policy& p) { p.deny_digests = {digest("layer 1")}; });
  const auto deny_name = own([](Policy& p) { p.deny_repositories = {kLibrary}; });
  const auto denied_digest = "layer 1 is denied by its digest " + digest("layer 1").text();
  const auto denied_name = "repository docker.io/library/nginx is denied by the pattern " + kLibrary;
  return {
      {"denied_digest_is_not_lifted", {lenient, deny_digest}, Action::block, false, 0, denied_digest},
      {"denied_repository_is_not_lifted", {lenient, deny_name}, Action::block, false, 0, denied_name},
      {"denied_manifest_is_not_lifted",
       {lenient, own([](Policy& p) { p.deny_digests = {digest("manifest")}; })},
       Action::block,
       false,
       0,
       "the manifest is denied by its digest " + digest("manifest").text()},
      {"denied_and_allowed_and_lenient",
       {lenient, deny_name, allowed(kHub)},
       Action::block,
       false,
       0,
       denied_name},
      {"allowed_and_stricter",
       {block_at(kHub, medium), allowed(kLibrary), found(medium)},
       Action::warn,
       false,
       1,
       miner("medium", by(1, kHub) + "; the repository is allowed by policy")},
      {"allowed_and_looser",
       {block_at(kHub, Severity::critical), allowed(kLibrary), found(high)},
       Action::warn,
       false,
       1,
       miner("high", by(1, kHub))},
      {"waived_and_stricter",
       {block_at(kHub, medium), found(medium), waived("miner")},
       Action::warn,
       false,
       1,
       miner("medium", by(1, kHub) + "; waived by w1")},
      {"waiver_of_another_rule_and_stricter",
       {block_at(kHub, medium), found(medium), waived("suid")},
       Action::block,
       false,
       1,
       miner("medium", by(1, kHub))},
      {"waived_and_allowed_and_stricter",
       {block_at(kHub, medium), found(medium), waived("miner"), allowed(kHub)},
       Action::warn,
       false,
       1,
       miner("medium", by(1, kHub) + "; waived by w1; the repository is allowed by policy")},
      {"lenient_lets_high_pass", {lenient, found(high)}, Action::allow, false, 1, miner("high", by(1, kHub))},
      {"lenient_lets_time_outs_pass",
       {lenient, ended(Outcome::timed_out)},
       Action::allow,
       false,
       1,
       kTimedOut + by(1, kHub)},
      {"lenient_blocks_critical",
       {lenient, found(Severity::critical)},
       Action::block,
       false,
       1,
       miner("critical", by(1, kHub))},
      {"name_is_not_weighed_by_block_at",
       {block_at(kHub, Severity::low),
        [](Policy&, Inputs& i) {
          i.names.push_back({"repository", "", "nginx", 1, Severity::high, "ngnix"});
        }},
       Action::warn,
       false,
       0,
       "ngnix"},
  };
}

class Overrides : public testing::TestWithParam<Row> {
 protected:
  Overrides() { all_of(GetParam().changes)(policy_, inputs_); }
  Policy policy_;
  Inputs inputs_ = clean();
};

TEST_P(Overrides, DecideAndSayWho) {
  const auto& row = GetParam();
  const auto explanation = explain(policy_, inputs_, kNow);
  const auto& decision = explanation.decision;
  EXPECT_EQ(to_string(decision.action), to_string(row.action));
  EXPECT_EQ(decision.would_block, row.would_block);
  ASSERT_EQ(explanation.reasons.empty(), row.text.empty());
  if (row.text.empty()) return;
  EXPECT_EQ(explanation.reasons.front().reason.text, row.text);
  EXPECT_EQ(explanation.reasons.front().origin, row.origin);
}

/// decide() is explain() with less to say.
TEST_P(Overrides, ExplanationHasTheReasonsOfTheDecision) {
  const auto explanation = explain(policy_, inputs_, kNow);
  const auto decision = decide(policy_, inputs_, kNow);
  ASSERT_EQ(explanation.reasons.size(), decision.reasons.size());
  for (std::size_t i = 0; i < decision.reasons.size(); ++i) {
    const auto& weighed = explanation.reasons[i];
    EXPECT_EQ(weighed.reason.text, decision.reasons[i].text);
    EXPECT_GE(weighed.asked, weighed.reason.action);
    const bool changed = !weighed.reason.waiver.empty() || !weighed.allowed_by.empty();
    EXPECT_TRUE(changed || weighed.asked == weighed.reason.action) << weighed.reason.text;
  }
}

const auto kRowName = [](const auto& row) { return std::string(row.param.name); };
INSTANTIATE_TEST_SUITE_P(Thresholds, Overrides, testing::ValuesIn(threshold_rows()), kRowName);
INSTANTIATE_TEST_SUITE_P(Modes, Overrides, testing::ValuesIn(mode_rows()), kRowName);
INSTANTIATE_TEST_SUITE_P(Outcomes, Overrides, testing::ValuesIn(outcome_rows()), kRowName);
INSTANTIATE_TEST_SUITE_P(Cooldown, Overrides, testing::ValuesIn(cooldown_rows()), kRowName);
INSTANTIATE_TEST_SUITE_P(ListsAndWaivers, Overrides, testing::ValuesIn(list_and_waiver_rows()), kRowName);

TEST(Explain, NamesTheModeOfAnOverrideBesideEveryReason) {
  Policy policy;
  auto inputs = clean();
  all_of({block_at(kHub, medium), mode(kLibrary, Mode::audit), found(medium)})(policy, inputs);
  const auto explanation = explain(policy, inputs, kNow);
  ASSERT_EQ(explanation.reasons.size(), 2u);
  EXPECT_EQ(explanation.reasons[1].reason.code, "policy:mode");
  EXPECT_EQ(explanation.reasons[1].reason.text, "nothing is blocked here, audit mode" + by(2, kLibrary));
  EXPECT_EQ(explanation.reasons[1].setting, "mode");
  EXPECT_EQ(explanation.name, "docker.io/library/nginx");
  EXPECT_THAT(explanation.settings.matching, ElementsAre(1, 2));
}

TEST(Explain, SaysOfEachSettingWhatAndWhence) {
  Policy policy;
  policy.warn_at = medium;
  auto inputs = clean();
  all_of({cooldown(kHub, 36h), on(kLibrary, Outcome::limit, Action::warn), block_at(kOther, medium)})(policy,
                                                                                                      inputs);
  using S = SettingText;
  EXPECT_THAT(
      in_words(explain(policy, inputs, kNow).settings),
      ElementsAre(S{"mode", "enforce", 0}, S{"block_at", "high", 0}, S{"warn_at", "medium", 0},
                  S{"cooldown", "36 hours", 1}, S{"on.unscannable", "block", 0},
                  S{"on.timed_out", "block", 0}, S{"on.limit", "warn", 2}, S{"on.violation", "block", 0},
                  S{"on.crashed", "block", 0}, S{"on.garbled", "block", 0}, S{"on.unavailable", "block", 0}));
  EXPECT_THAT(in_words(policy.overrides[1], 2), ElementsAre(S{"on.limit", "warn", 2}));
}

TEST(Explain, NamesTheSettingThatAsked) {
  Policy policy;
  policy.cooldown = 24h;
  policy.deny_repositories = {kHub};
  policy.deny_digests = {digest("manifest")};
  auto inputs = clean();
  all_of({found(high), found(Severity::low), ended(Outcome::crashed), seen(1h)})(policy, inputs);
  std::vector<std::string> settings;
  for (const auto& weighed : explain(policy, inputs, kNow).reasons) settings.push_back(weighed.setting);
  EXPECT_THAT(settings, ElementsAre("deny_digests", "deny", "on.crashed", "block_at", "cooldown", "warn_at"));
}

struct FateRow {
  const char* name;
  std::function<void(findings::Waiver&)> change;  ///< on one that covers rule miner in the manifest
  WaiverFate fate;
};

TEST(Explain, SaysWhatBecameOfEachWaiver) {
  const auto broad = [](findings::Waiver& w) {
    w.digest.clear();
    w.repository = kLibrary;
  };
  const FateRow rows[] = {
      {"used", [](auto&) {}, WaiverFate::used},
      {"other rule", [](auto& w) { w.rule = "suid"; }, WaiverFate::matches_nothing},
      {"other file", [](auto& w) { w.file_hash = std::string(64, '0'); }, WaiverFate::matches_nothing},
      {"expired", [](auto& w) { w.expires = kNow; }, WaiverFate::expired},
      {"other digest", [](auto& w) { w.digest = digest("other").text(); }, WaiverFate::other_image},
      {"other repository", [](auto& w) { w.repository = kOther; }, WaiverFate::other_image},
      {"one term", [](auto& w) { w.digest.clear(); }, WaiverFate::too_wide},
      {"no id", [](auto& w) { w.id.clear(); }, WaiverFate::too_wide},
      {"high needs a digest", broad, WaiverFate::needs_digest},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    Policy policy;
    auto inputs = clean();
    all_of({found(high), waived("miner")})(policy, inputs);
    row.change(inputs.waivers[0]);
    const auto uses = explain(policy, inputs, kNow).waivers;
    ASSERT_EQ(uses.size(), 1u);
    EXPECT_EQ(to_string(uses[0].fate), to_string(row.fate));
  }
}

TEST(Explain, OfTwoWaiversOneIsSpare) {
  Policy policy;
  auto inputs = clean();
  all_of({found(high), waived("miner"), waived("min*")})(policy, inputs);
  inputs.waivers[0].id = "w2";
  const auto uses = explain(policy, inputs, kNow).waivers;
  ASSERT_EQ(uses.size(), 2u);
  EXPECT_EQ(uses[0].id, "w1");
  EXPECT_EQ(to_string(uses[0].fate), "used");
  EXPECT_EQ(to_string(uses[1].fate), "spare");
}

TEST(Everywhere, WinsOverOverrides) {
  Policy policy;
  auto inputs = clean();
  all_of({mode(kHub, Mode::audit), block_at(kLibrary, Severity::critical), found(high)})(policy, inputs);
  policy.set_mode_everywhere(Mode::enforce);
  EXPECT_EQ(decide(policy, inputs, kNow).action, Action::warn);
  policy.set_block_at_everywhere(high);
  EXPECT_EQ(decide(policy, inputs, kNow).action, Action::block);
}

struct ChangeRow {
  const char* name;
  std::vector<Change> changes;
  std::optional<util::TimePoint> next;
};

TEST(NextChange, IsTheEarliestThatCouldMatter) {
  const auto expires = [](const std::string& repository, std::chrono::milliseconds in) -> Change {
    return [=](Policy&, Inputs& i) {
      auto w = waiver("miner");
      w.repository = repository;
      w.expires = kNow + in;
      i.waivers.push_back(w);
    };
  };
  const ChangeRow rows[] = {
      {"nothing", {}, {}},
      {"waiver", {expires(kHub, 2h)}, kNow + 2h},
      {"waiver of another image", {expires(kOther, 2h)}, {}},
      {"expired waiver", {expires(kHub, -2h)}, {}},
      {"two waivers", {expires(kHub, 3h), expires(kLibrary, 2h)}, kNow + 2h},
      {"cooldown", {own([](Policy& p) { p.cooldown = 24h; }), seen(1h)}, kNow + 23h},
      {"cooldown of an override", {cooldown(kHub, 24h), seen(1h)}, kNow + 23h},
      {"cooldown of another override", {cooldown(kOther, 24h), seen(1h)}, {}},
      {"cooldown that an override lifts",
       {own([](Policy& p) { p.cooldown = 24h; }), cooldown(kHub, 0h), seen(1h)},
       {}},
      {"cooldown that is over", {cooldown(kHub, 24h), seen(24h)}, {}},
      {"cooldown of the build", {cooldown(kHub, 24h), seen(48h), built(1h)}, kNow + 23h},
      {"the build is from the future", {cooldown(kHub, 24h), seen(48h), built(-1h)}, kNow + 25h},
      {"never seen", {cooldown(kHub, 24h), [](Policy&, Inputs& i) { i.first_seen.reset(); }}, kNow + 24h},
      {"waiver before cooldown", {cooldown(kHub, 24h), seen(1h), expires(kHub, 2h)}, kNow + 2h},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    Policy policy;
    auto inputs = clean();
    all_of(row.changes)(policy, inputs);
    EXPECT_EQ(next_change(policy, inputs, kNow), row.next);
  }
}

TEST(Pattern, MustBeAbleToMatch) {
  const std::pair<const char*, const char*> rows[] = {
      {"docker.io/library/*", ""},
      {"docker.io/library/nginx", ""},
      {"*", ""},
      {"*/evil", ""},
      {"*nginx", ""},
      {"docker.io*", ""},
      {"localhost/a", ""},
      {"127.0.0.1:5000/*", ""},
      {"registry.?.example/a", ""},
      {"", "an empty pattern matches nothing, saw \"\""},
      {"nginx", "the host is missing (e.g. docker.io/library/*), saw \"nginx\""},
      {"library/nginx", "the host is missing (e.g. docker.io/library/*), saw \"library/nginx\""},
      {"docker.io", "the host is missing (e.g. docker.io/library/*), saw \"docker.io\""},
      {"docker.io/Nginx", "names of hosts and repositories are lower-case, saw \"docker.io/Nginx\""},
      {"docker.io/library/nginx:1",
       "tags and digests are no part of the name, saw \"docker.io/library/nginx:1\""},
      {"docker.io/a@sha256:0", "tags and digests are no part of the name, saw \"docker.io/a@sha256:0\""},
  };
  for (const auto& [pattern, refusal] : rows) {
    SCOPED_TRACE(pattern);
    const auto result = check_pattern(pattern);
    EXPECT_EQ(result ? "" : result.error().message, refusal);
  }
}

}  // namespace
}  // namespace portcullis::policy
