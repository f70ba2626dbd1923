// SPDX-License-Identifier: Apache-2.0
//
// Names that imitate others: refused before anybody is asked, or weighed with what else is known.
#include <gmock/gmock.h>

#include <algorithm>

#include "portcullis/gate/waiving.hpp"
#include "portcullis/records/search.hpp"
#include "world.hpp"

namespace portcullis::gate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

std::string extra(const records::Event& event, const std::string& key) {
  const auto found = event.extra.find(key);
  return found == event.extra.end() ? "" : found->second;
}

int requests(const World& world) {
  int all = 0;
  for (const char* what : {"resolve", "manifest", "blob", "tags", "referrers"}) {
    all += world.registry.requests(what) + world.second.requests(what);
  }
  return all;
}

findings::Waiver waiver_for(const World& world, const std::string& rule, const std::string& repository) {
  findings::Waiver waiver;
  waiver.id = "w1";
  waiver.rule = rule;
  waiver.repository = repository;
  waiver.reason = "ours";
  waiver.author = "sec";
  waiver.created = world.clock.now();
  waiver.expires = world.clock.now() + 24h;
  return waiver;
}

TEST(Names, AnUnknownHostThatImitatesAnotherIsBlockedWithTheSuggestion) {
  World world;
  world.watch_names();
  const auto answer = world.pull_anywhere("ghrc.io", "team/app", "1");
  EXPECT_EQ(answer.status, Status::blocked);
  EXPECT_THAT(answer.message,
              AllOf(StartsWith("BLOCKED by Portcullis: registry ghrc.io looks like ghcr.io ("),
                    HasSubstr("did you mean ghcr.io/team/app?"), HasSubstr("; report " + answer.report_id)));
  EXPECT_EQ(requests(world), 0);
  const auto events = world.events("name-squat");
  ASSERT_EQ(events.size(), 1u);
  const auto& event = events[0];
  EXPECT_EQ(event.decision_id, answer.report_id);
  EXPECT_EQ(event.host + '/' + event.repository + ':' + event.reference, "ghrc.io/team/app:1");
  EXPECT_EQ(extra(event, "squat.component"), "registry");
  EXPECT_EQ(extra(event, "squat.target"), "ghcr.io");
  EXPECT_EQ(extra(event, "squat.suggestion"), "ghcr.io/team/app");
  EXPECT_EQ(extra(event, "squat.outcome"), "blocked");
  EXPECT_GT(std::stod(extra(event, "squat.score")), 0.8);
  EXPECT_NE(extra(event, "squat.operation"), "");
  EXPECT_THAT(event.message, HasSubstr("did you mean ghcr.io/team/app?"));
}

TEST(Names, ABlockedNameIsADecisionWithItsPulls) {
  World world;
  world.watch_names();
  const auto answer = world.pull_anywhere("ghrc.io", "team/app", "1");
  const auto found = world.recorded().find_name_decision(answer.report_id);
  ASSERT_TRUE(found && *found);
  const auto& decision = **found;
  EXPECT_EQ(decision.host + '/' + decision.repository + ':' + decision.reference, "ghrc.io/team/app:1");
  EXPECT_EQ(decision.decision.action, findings::Action::block);
  EXPECT_EQ(decision.policy, world.policy.fingerprint());
  ASSERT_EQ(decision.decision.reasons.size(), 1u);
  EXPECT_EQ(decision.decision.reasons[0].code, "name:registry");
  ASSERT_EQ(decision.names.size(), 1u);
  EXPECT_EQ(decision.names[0].target, "ghcr.io");
  EXPECT_FALSE(decision.names[0].letters.empty());
  world.clock.advance(2min);
  EXPECT_EQ(world.pull_anywhere("ghrc.io", "team/app", "2").report_id, answer.report_id);
  world.gate->stop();
  const auto pulls = world.recorded().search().pulls({.host = "ghrc.io"});
  ASSERT_TRUE(pulls);
  ASSERT_EQ(pulls->pulls.size(), 2u);
  for (const auto& pull : pulls->pulls) {
    EXPECT_FALSE(pull.manifest);
    EXPECT_EQ(pull.action, findings::Action::block);
    EXPECT_EQ(pull.decision_id, answer.report_id);
  }
  const auto events = world.events("pull-blocked");
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].decision_id, answer.report_id);
  EXPECT_EQ(extra(events[0], "squat.suggestion"), "ghcr.io/team/app");
  EXPECT_EQ(events[0].rules.at(0).rule, "name:registry");
  EXPECT_EQ(world.events("name-squat").size(), 1u) << "it is said once; who asks again is a pull";
}

TEST(Names, ADecisionAboutANameStandsAcrossARestart) {
  World world;
  world.watch_names();
  const auto first = world.pull_anywhere("ghrc.io", "team/app", "1").report_id;
  world.restart();
  EXPECT_EQ(world.pull_anywhere("ghrc.io", "team/app", "1").report_id, first);
  world.watch_names({.deny = {"ghrc.io/team/app"}});
  const auto denied = world.pull_anywhere("ghrc.io", "team/app", "1");
  EXPECT_NE(denied.report_id, first) << "another reason is another decision";
  EXPECT_NE(denied.report_id, "");
}

TEST(Names, InventedNamesAreNotWrittenDownWithoutBound) {
  World world;
  world.watch_names();
  int reported = 0;
  for (int i = 0; i < 150; ++i) {
    const auto answer = world.pull_anywhere("ghrc.io", "team/app" + std::to_string(i), "1");
    ASSERT_EQ(answer.status, Status::blocked);
    reported += answer.report_id.empty() ? 0 : 1;
  }
  EXPECT_EQ(reported, 100);
  world.clock.advance(1min);
  EXPECT_NE(world.pull_anywhere("ghrc.io", "team/app149", "1").report_id, "");
}

TEST(Names, AReportOfABlockedNameCanBeWaivedByItsName) {
  World world;
  world.watch_names();
  world.push("alpine2/alpine", "1", {"layer"});
  const auto answer = world.pull("alpine2/alpine", "1");
  ASSERT_EQ(answer.status, Status::blocked);
  Waiving waiving(world.recorded(), world.clock, {});
  const WaiverGrounds grounds{.reason = "ours", .author = "sec", .term = {.lifetime = 24h}};
  const auto waivers = waiving.prepare_for_report(answer.report_id, grounds);
  ASSERT_TRUE(waivers) << waivers.error().message;
  ASSERT_EQ(waivers->size(), 1u);
  EXPECT_EQ(waivers->front().rule, "name:name");
  EXPECT_EQ(waivers->front().repository, "docker.io/alpine2/alpine");
  EXPECT_EQ(waivers->front().digest, "");
  const auto effect = waiving.preview(*waivers);
  ASSERT_TRUE(effect);
  EXPECT_EQ(effect->passing, 1u);
  ASSERT_EQ(effect->images.size(), 1u);
  EXPECT_EQ(effect->images[0].decision_id, answer.report_id);
  EXPECT_THAT(effect->images[0].covered.at(0), HasSubstr("was published as malicious"));
  ASSERT_TRUE(waiving.create(*waivers));
  EXPECT_EQ(world.pull("alpine2/alpine", "1").status, Status::served);
}

TEST(Names, AReportOfADeniedNameIsNotWaived) {
  World world;
  world.watch_names({.deny = {"docker.io/evil/*"}});
  const auto answer = world.pull("evil/app", "1");
  Waiving waiving(world.recorded(), world.clock, {});
  const auto waivers = waiving.prepare_for_report(answer.report_id, {.reason = "ours", .author = "sec"});
  ASSERT_FALSE(waivers);
  EXPECT_THAT(waivers.error().message, HasSubstr("changed in the policy, not waived"));
}

TEST(Names, SuspicionsAreKeptWithTheDecision) {
  World world;
  world.watch_names();
  world.push("library/ngnix", "1", {"layer"});
  const auto record = world.decision(world.pull("library/ngnix", "1").report_id);
  ASSERT_TRUE(record);
  ASSERT_EQ(record->names.size(), 1u);
  EXPECT_EQ(record->names[0].subject, "ngnix");
  EXPECT_EQ(record->names[0].target, "nginx");
  EXPECT_EQ(record->names[0].suggestion, "nginx");
  EXPECT_GT(record->names[0].score, 0.8);
  std::string seen;
  std::string expected;
  for (const auto& letter : record->names[0].letters) {
    seen += letter.seen;
    expected += letter.expected;
  }
  EXPECT_EQ(seen, "ngnix");
  EXPECT_EQ(expected, "nginx");
}

TEST(Names, AHostThatIsOnlyUnknownIsRefusedAsBefore) {
  World world;
  world.watch_names();
  const auto answer = world.pull_anywhere("registry.example.org", "team/app", "1");
  EXPECT_EQ(answer.status, Status::refused);
  EXPECT_THAT(answer.message, HasSubstr("is not configured here and was not contacted"));
  EXPECT_TRUE(world.events("name-squat").empty());
}

TEST(Names, InAuditModeAnImitatedHostIsRefusedAsUnknownWithTheSuggestion) {
  World world;
  world.policy.mode = policy::Mode::audit;
  world.watch_names();
  const auto answer = world.pull_anywhere("ghrc.io", "team/app", "1");
  EXPECT_EQ(answer.status, Status::refused);
  EXPECT_THAT(answer.message, AllOf(HasSubstr("is not configured here"), HasSubstr("did you mean ghcr.io")));
  ASSERT_EQ(world.events("name-squat").size(), 1u);
  EXPECT_EQ(extra(world.events("name-squat")[0], "squat.outcome"), "warned");
}

struct AtOnce {
  const char* name;
  naming::Options options;
  const char* repository;
  const char* says;
};

class BlockedAtOnce : public testing::TestWithParam<AtOnce> {};

TEST_P(BlockedAtOnce, AndNobodyIsAsked) {
  World world;
  const auto& row = GetParam();
  const auto image = world.push(row.repository, "1", {"layer"});
  ASSERT_EQ(world.pull(row.repository, "1").status, Status::served) << "names are not watched yet";
  const int before = requests(world);
  world.watch_names(row.options);
  world.clock.advance(world.options.tag_ttl * 2);
  const auto by_tag = world.pull(row.repository, "1");
  EXPECT_EQ(by_tag.status, Status::blocked);
  EXPECT_THAT(by_tag.message, HasSubstr(row.says));
  EXPECT_EQ(world.pull(row.repository, image.manifest.text()).status, Status::blocked);
  EXPECT_EQ(world.pull_blob(row.repository, image.layers[0]).status, Status::blocked);
  const auto repository = *oci::Repository::parse(row.repository);
  EXPECT_EQ(world.gate->tags({"docker.io", repository, "", 5s}).status, Status::blocked);
  EXPECT_EQ(world.gate->referrers({"docker.io", repository, image.manifest, 5s}).status, Status::blocked);
  EXPECT_EQ(requests(world), before);
}

INSTANTIATE_TEST_SUITE_P(
    Names, BlockedAtOnce,
    testing::Values(AtOnce{"known_bad", {}, "alpine2/alpine", "was published as malicious: miner"},
                    AtOnce{"denied", {.deny = {"docker.io/evil/*"}}, "evil/app", "is denied by names.deny"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Names, AWaiverForTheRepositoryLetsAKnownBadNamePass) {
  World world;
  world.watch_names();
  world.push("alpine2/alpine", "1", {"layer"});
  ASSERT_EQ(world.pull("alpine2/alpine", "1").status, Status::blocked);
  world.waive(waiver_for(world, "name:name", "docker.io/alpine2/alpine"));
  const auto answer = world.pull("alpine2/alpine", "1");
  EXPECT_EQ(answer.status, Status::served) << answer.message;
  EXPECT_THAT(answer.warning, HasSubstr("waived by w1"));
}

TEST(Names, UnreadableWaiversBlockNothingOpen) {
  World world;
  world.watch_names();
  world.lose_records(true);
  EXPECT_EQ(world.pull("alpine2/alpine", "1").status, Status::failed);
}

TEST(Names, ABlockStaysWhenItsEventCannotBeWritten) {
  World world;
  world.watch_names();
  world.break_records(true);
  const auto answer = world.pull_anywhere("ghrc.io", "team/app", "1");
  EXPECT_EQ(answer.status, Status::blocked);
  EXPECT_EQ(answer.report_id, "");
  world.break_records(false);
  EXPECT_NE(world.pull_anywhere("ghrc.io", "team/app", "1").report_id, "");
}

TEST(Names, ASuspiciousNameIsBlockedWhileItsDigestIsNewAndThenWarned) {
  World world;
  world.watch_names();
  const auto image = world.push("library/ngnix", "1", {"layer"});
  const auto fresh = world.pull("library/ngnix", "1");
  EXPECT_EQ(fresh.status, Status::blocked);
  EXPECT_THAT(fresh.message,
              AllOf(HasSubstr("repository ngnix looks like nginx"),
                    HasSubstr("did you mean nginx? (the digest was first seen less than 7 days ago)")));
  const auto events = world.events("name-squat");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].decision_id, fresh.report_id);
  EXPECT_EQ(events[0].manifest, image.manifest.text());
  EXPECT_EQ(extra(events[0], "squat.outcome"), "blocked");
  world.clock.advance(24h * 7 + 1min);
  const auto later = world.pull("library/ngnix", "1");
  EXPECT_EQ(later.status, Status::served) << later.message;
  EXPECT_THAT(later.warning, HasSubstr("repository ngnix looks like nginx"));
}

TEST(Names, AFindingIsASecondSignalHoweverOldTheDigestIs) {
  World world;
  world.policy.names.suspicions.new_for = 0ms;
  world.watch_names();
  world.push("library/ngnix", "1", {"layer"});
  world.push("library/ngnix", "2", {"malware"});
  const auto reason_of = [&](const std::string& tag) {
    const auto decision = world.decision(world.pull("library/ngnix", tag).report_id)->decision;
    const auto found = std::ranges::find(decision.reasons, "name:repository", &findings::Reason::code);
    return found == decision.reasons.end() ? findings::Reason{} : *found;
  };
  EXPECT_EQ(reason_of("1").action, findings::Action::warn);
  EXPECT_EQ(reason_of("2").action, findings::Action::block);
  EXPECT_THAT(reason_of("2").text, HasSubstr("(the image has a finding of severity critical)"));
}

TEST(Names, ANamespaceIsSuspectedUntilTheRepositoryIsKnown) {
  World world;
  world.policy.names.suspicions.new_for = 0ms;
  world.push("bitnmai/kafka", "1", {"layer"});
  world.push("bitnmai/kafka", "2", {"another"});
  world.push("bitnmai/spark", "1", {"layer"});
  ASSERT_EQ(world.pull("bitnmai/kafka", "1").status, Status::served) << "names are not watched yet";
  world.watch_names();
  EXPECT_EQ(world.pull("bitnmai/kafka", "2").status, Status::served);
  const auto unknown = world.pull("bitnmai/spark", "1");
  EXPECT_EQ(unknown.status, Status::blocked);
  EXPECT_THAT(unknown.message, HasSubstr("nothing of this repository was served here before"));
}

TEST(Names, WhatWasServedIsDecidedAnewUnderOtherNames) {
  World world;
  world.policy.names.suspicions.alone = findings::Action::block;
  world.push("library/ngnix", "1", {"layer"});
  ASSERT_EQ(world.pull("library/ngnix", "1").status, Status::served);
  world.watch_names();
  EXPECT_EQ(world.pull("library/ngnix", "1").status, Status::blocked);
  world.watch_names({.allow = {"docker.io/library/ngnix"}});
  EXPECT_EQ(world.pull("library/ngnix", "1").status, Status::served);
}

}  // namespace
}  // namespace portcullis::gate
