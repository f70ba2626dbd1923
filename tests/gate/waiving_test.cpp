// SPDX-License-Identifier: Apache-2.0
//
// Waivers on real records. What each does to each image is asked twice: of the forecast, which knows
// the records only, and of policy::decide, which knows everything.
#include "portcullis/gate/waiving.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "portcullis/policy/policy.hpp"
#include "portcullis/records/search.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::gate {
namespace {

using findings::Outcome;
using findings::Severity;
using std::chrono::hours;
using testing::HasSubstr;

const std::string kLayerType = "application/vnd.oci.image.layer.v1.tar+gzip";

std::string hash(char digit) { return std::string(64, digit); }

findings::Finding finding(const std::string& rule, Severity severity, char file, const std::string& path) {
  findings::Finding f;
  f.rule = rule;
  f.severity = severity;
  f.file_hash = hash(file);
  f.path = path;
  return f;
}

findings::NameVerdict looks_like(const std::string& component, const std::string& text) {
  findings::NameVerdict verdict;
  verdict.component = component;
  verdict.severity = Severity::high;
  verdict.text = text;
  return verdict;
}

struct Image {
  std::string name;  ///< of the repository; the host is docker.io
  std::vector<findings::Finding> findings = {};
  Outcome outcome = Outcome::complete;
  std::vector<findings::NameVerdict> names = {};
  std::vector<findings::Finding> structure = {};
  bool scan_kept = true;
};

oci::Digest manifest_of(const std::string& name) { return oci::Digest::of("manifest of " + name); }

std::vector<Image> images() {
  const auto miner = finding("miner_xmrig", Severity::critical, 'a', "usr/bin/x");
  const auto shell = finding("webshell_php", Severity::high, 'b', "var/www/a.php");
  const auto again = finding("webshell_php", Severity::high, 'd', "var/www/b.php");
  const auto odd = finding("odd_thing", Severity::medium, 'c', "etc/odd");
  const auto squat = looks_like("library/ngnix", "looks like nginx");
  auto urls = finding("manifest_urls", Severity::high, '0', "");
  urls.source = findings::Source::manifest_check;
  urls.file_hash.clear();
  return {{.name = "library/clean"},
          {.name = "library/mined", .findings = {miner}},
          {.name = "team/mined", .findings = {miner, odd}},
          {.name = "team/both", .findings = {miner, shell}},
          {.name = "team/shells", .findings = {shell, again}},
          {.name = "team/odd", .findings = {odd}},
          {.name = "team/crashed", .outcome = Outcome::crashed},
          {.name = "library/ngnix", .names = {squat}},
          {.name = "team/urls", .structure = {urls}},
          {.name = "team/forgotten",
           .findings = {finding("miner_xmrig", Severity::critical, 'f', "usr/bin/x")},
           .scan_kept = false}};
}

class WaivingTest : public testing::Test {
 protected:
  WaivingTest() {
    for (const auto& image : images()) put(image);
  }

  void put(const Image& image) {
    const auto layer = oci::Digest::of("layer of " + image.name);
    policy::ScannedBlob blob{.digest = layer, .place = "layer 1"};
    blob.result.outcome = image.outcome;
    blob.result.findings = image.findings;
    policy::Inputs inputs{
        .host = "docker.io", .repository = image.name, .manifest = manifest_of(image.name), .blobs = {blob}};
    inputs.names = image.names;
    inputs.structure = image.structure;
    if (image.scan_kept) {
      ASSERT_TRUE(records_->put_scan(
          {.key = {layer, kLayerType, "profile-1"}, .result = blob.result, .started = clock_.now()}));
    }
    decide(inputs);
    inputs_.insert_or_assign(image.name, inputs);
  }

  void decide(const policy::Inputs& inputs) {
    records::DecisionRecord record{.manifest = inputs.manifest};
    record.id = "r" + std::to_string(++reports_);
    record.host = inputs.host;
    record.repository = inputs.repository;
    record.profile = "profile-1";
    record.decision = policy::decide(policy_, inputs, clock_.now());
    for (const auto& blob : inputs.blobs) record.blobs.push_back({blob.digest, kLayerType, blob.place, 1});
    record.at = clock_.now();
    ASSERT_TRUE(records_->put_decision(record, records::Event{.at = clock_.now(), .action = "image-judged"}));
  }

  /// Images that are blocked now and would not be with these waivers, by policy's own word.
  std::string passing_by_policy(const std::vector<findings::Waiver>& waivers) {
    std::string names;
    for (auto [name, inputs] : inputs_) {
      const auto before = policy::decide(policy_, inputs, clock_.now()).action;
      inputs.waivers.insert(inputs.waivers.end(), waivers.begin(), waivers.end());
      const auto after = policy::decide(policy_, inputs, clock_.now()).action;
      if (before == findings::Action::block && after != findings::Action::block) names += name + ' ';
    }
    return names;
  }

  static std::string passing(const WaiverEffect& effect) {
    std::map<std::string, bool> names;
    for (const auto& image : effect.images) {
      if (image.passes) names[image.repository] = true;
    }
    std::string text;
    for (const auto& [name, passes] : names) text += name + ' ';
    return text;
  }

  WaiverGrounds grounds(std::chrono::milliseconds lifetime = hours(24)) const {
    return {.reason = "known", .author = "me@host", .term = {.lifetime = lifetime, .expires = {}}};
  }

  std::string report_on(const std::string& name) {
    return (*records_->find_decision("docker.io", name, manifest_of(name)))->id;
  }

  std::size_t events(const std::string& action) { return records_->events({.actions = {action}})->size(); }

  test::TempDir dir_;
  std::unique_ptr<records::Records> records_ = std::move(*records::open((dir_ / "p.db").string()));
  util::ManualClock clock_{util::from_millis(1'800'000'000'000)};
  policy::Policy policy_;
  Waiving waiving_{*records_, clock_, {}};
  std::map<std::string, policy::Inputs> inputs_;
  int reports_ = 0;
};

struct EffectRow {
  const char* name;
  WaiverScope scope;
  std::string passing;
  std::string counts;  ///< passing, still blocked, served in any case, findings
};

class Effect : public WaivingTest, public testing::WithParamInterface<EffectRow> {};

TEST_P(Effect, IsForecastAsPolicyDecides) {
  const auto waiver = waiving_.prepare(GetParam().scope, grounds());
  ASSERT_TRUE(waiver) << waiver.error().message;
  const auto effect = waiving_.preview({*waiver});
  ASSERT_TRUE(effect) << effect.error().message;
  EXPECT_EQ(passing(*effect), GetParam().passing);
  EXPECT_EQ(passing_by_policy({*waiver}), GetParam().passing);
  EXPECT_EQ(std::to_string(effect->passing) + ' ' + std::to_string(effect->still_blocked) + ' ' +
                std::to_string(effect->not_blocked) + ' ' + std::to_string(effect->findings),
            GetParam().counts);
  EXPECT_TRUE(effect->complete);
  EXPECT_EQ(events("waiver-added"), 0u) << "a preview writes nothing";
}

std::string digest(const std::string& name) { return manifest_of(name).text(); }

const EffectRow kEffects[] = {
    {"rule_and_digest", {"miner_xmrig", "", digest("library/mined"), ""}, "library/mined ", "1 0 0 1"},
    {"rule_as_reports_write_it",
     {"rule:miner_xmrig", "", digest("library/mined"), ""},
     "library/mined ",
     "1 0 0 1"},
    {"pattern_and_digest", {"miner_*", "", digest("library/mined"), ""}, "library/mined ", "1 0 0 1"},
    {"repository_and_digest",
     {"", "docker.io/library/*", digest("library/mined"), ""},
     "library/mined ",
     "1 0 0 1"},
    {"other_repository", {"", "ghcr.io/*", digest("library/mined"), ""}, "", "0 0 0 0"},
    {"other_rule", {"webshell_php", "", digest("library/mined"), ""}, "", "0 0 0 0"},
    {"unknown_digest", {"miner_xmrig", "", digest("nobody"), ""}, "", "0 0 0 0"},
    {"rule_and_file", {"miner_xmrig", "", "", hash('a')}, "library/mined team/mined ", "2 1 0 3"},
    {"rule_and_file_with_algorithm",
     {"miner_xmrig", "", "", "sha256:" + hash('a')},
     "library/mined team/mined ",
     "2 1 0 3"},
    {"file_in_a_team", {"", "docker.io/team/*", "", hash('a')}, "team/mined ", "1 1 0 2"},
    {"one_of_two_reasons", {"miner_xmrig", "", digest("team/both"), ""}, "", "0 1 0 1"},
    {"all_rules_of_a_digest", {"*_*", "docker.io/*", digest("team/both"), ""}, "team/both ", "1 0 0 2"},
    {"one_of_two_files", {"webshell_php", "", digest("team/shells"), hash('b')}, "", "0 1 0 1"},
    {"both_files", {"webshell_php", "", digest("team/shells"), ""}, "team/shells ", "1 0 0 2"},
    {"not_blocked_anyway", {"odd_thing", "docker.io/team/odd", "", ""}, "", "0 0 1 1"},
    {"medium_in_a_blocked_one", {"odd_thing", "docker.io/team/*", "", ""}, "", "0 1 1 2"},
    {"outcome", {"outcome:crashed", "", digest("team/crashed"), ""}, "team/crashed ", "1 0 0 1"},
    {"other_outcome", {"outcome:garbled", "", digest("team/crashed"), ""}, "", "0 0 0 0"},
    {"name", {"name:library/ngnix", "", digest("library/ngnix"), ""}, "library/ngnix ", "1 0 0 1"},
    {"manifest_check", {"manifest_urls", "", digest("team/urls"), ""}, "team/urls ", "1 0 0 1"},
    {"clean", {"miner_xmrig", "", digest("library/clean"), ""}, "", "0 0 0 0"},
    {"scan_forgotten", {"miner_xmrig", "", digest("team/forgotten"), ""}, "team/forgotten ", "1 0 0 1"},
};
INSTANTIATE_TEST_SUITE_P(Scopes, Effect, testing::ValuesIn(kEffects),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(WaivingTest, ForgottenScanPromisesNothingForAFile) {
  const auto waiver = waiving_.prepare({"miner_xmrig", "", digest("team/forgotten"), hash('f')}, grounds());
  ASSERT_TRUE(waiver);
  EXPECT_EQ(waiving_.preview({*waiver})->passing, 0u);
}

TEST_F(WaivingTest, OneScanOfTwoForgottenPromisesNothingForAFileEither) {
  auto inputs = inputs_.at("library/mined");
  policy::ScannedBlob lost{.digest = oci::Digest::of("lost layer"), .place = "layer 2"};
  lost.result.outcome = Outcome::complete;
  lost.result.findings = {finding("miner_xmrig", Severity::critical, 'f', "usr/bin/y")};
  inputs.blobs.push_back(lost);
  decide(inputs);
  const auto waiver = waiving_.prepare({"miner_xmrig", "", digest("library/mined"), hash('a')}, grounds());
  ASSERT_TRUE(waiver);
  const auto effect = waiving_.preview({*waiver});
  EXPECT_EQ(effect->passing, 0u);
  EXPECT_EQ(effect->still_blocked, 1u);
}

TEST_F(WaivingTest, EffectCountsWhatOtherWaiversCoverAlready) {
  const auto miner = waiving_.prepare({"miner_xmrig", "", digest("team/both"), ""}, grounds());
  ASSERT_TRUE(waiving_.create({*miner}));
  const auto shell = waiving_.prepare({"webshell_php", "", digest("team/both"), ""}, grounds());
  const auto effect = waiving_.preview({*shell});
  EXPECT_EQ(passing(*effect), "team/both ");
  EXPECT_EQ(effect->findings, 1u);
}

TEST_F(WaivingTest, EffectOnManyImagesIsCountedWholeAndShownInPart) {
  for (int i = 0; i < 120; ++i) {
    put({.name = "many/" + std::to_string(i),
         .findings = {finding("miner_xmrig", Severity::critical, 'e', "x")}});
  }
  const auto waiver = waiving_.prepare({"miner_xmrig", "docker.io/many/*", "", hash('e')}, grounds());
  ASSERT_TRUE(waiver);
  const auto effect = waiving_.preview({*waiver});
  EXPECT_EQ(effect->passing, 120u);
  EXPECT_EQ(effect->images.size(), WaiverEffect::kMaxImages);
  EXPECT_EQ(effect->worst, Severity::critical);
}

struct RefusalRow {
  const char* name;
  WaiverScope scope;
  WaiverGrounds grounds;
  const char* error;
};

class Refusal : public WaivingTest, public testing::WithParamInterface<RefusalRow> {};

TEST_P(Refusal, SaysWhatToChange) {
  const auto waiver = waiving_.prepare(GetParam().scope, GetParam().grounds);
  ASSERT_FALSE(waiver);
  EXPECT_EQ(waiver.error().kind, util::ErrorKind::invalid);
  EXPECT_THAT(waiver.error().message, HasSubstr(GetParam().error));
}

WaiverGrounds because(const std::string& reason, const std::string& author, WaiverTerm term) {
  return {.reason = reason, .author = author, .term = term};
}
const WaiverTerm kDay{.lifetime = hours(24), .expires = {}};
const WaiverGrounds kGood = because("known", "me", kDay);
const WaiverScope kNarrow{"miner_xmrig", "", digest("library/mined"), ""};

const RefusalRow kRefusals[] = {
    {"nothing", {}, kGood, "at least two of rule, repository, digest and file hash"},
    {"one_term", {"miner_xmrig", "", "", ""}, kGood, "at least two"},
    {"one_term_of_low_weight", {"odd_thing", "", "", ""}, kGood, "at least two"},
    {"digest_alone", {"", "", digest("library/mined"), ""}, kGood, "at least two"},
    {"critical_without_digest",
     {"miner_xmrig", "docker.io/library/*", "", ""},
     kGood,
     "high or critical is waived for a digest or a file hash only; name one, saw 'miner_xmrig'"},
    {"pattern_that_reaches_critical", {"*m*", "docker.io/library/*", "", ""}, kGood, "name one, saw '*m*'"},
    {"unknown_rule",
     {"never_seen", "docker.io/library/*", "", ""},
     kGood,
     "may match rules of severity high"},
    {"digest_of_a_layer",
     {"miner_xmrig", "", oci::Digest::of("layer of library/mined").text(), ""},
     kGood,
     "a layer or config of docker.io/library/mined, whose manifest is sha256:"},
    {"digest_is_none", {"miner_xmrig", "", "latest", ""}, kGood, "64 hex digits, saw 'latest'"},
    {"file_is_none", {"miner_xmrig", "", "", "abc"}, kGood, "64 lower-case hex digits, saw 'abc'"},
    {"repository_without_host", {"miner_xmrig", "nginx", "", ""}, kGood, "host/repository"},
    {"denied", {"deny:digest", "", digest("library/mined"), ""}, kGood, "changed in the policy"},
    {"no_reason", kNarrow, because(" ", "me", kDay), "reason is missing"},
    {"no_author", kNarrow, because("known", "", kDay), "author is missing"},
    {"long_reason", kNarrow, because(std::string(1001, 'x'), "me", kDay), "longer than 1000 bytes"},
    {"no_term", kNarrow, because("known", "me", {}), "say either for how long"},
    {"two_terms", kNarrow,
     because("known", "me", {.lifetime = hours(1), .expires = util::from_millis(1'800'000'999'000)}),
     "say either for how long"},
    {"too_long", kNarrow, because("known", "me", {.lifetime = hours(24 * 91), .expires = {}}),
     "within 90 days (waivers.longest), saw '2027-04-16T"},
    {"for_ever", kNarrow,
     because("known", "me", {.lifetime = std::chrono::milliseconds::max(), .expires = {}}), "within 90 days"},
    {"no_time", kNarrow, because("known", "me", {.lifetime = hours(0), .expires = {}}), "in the future"},
    {"negative", kNarrow, because("known", "me", {.lifetime = hours(-1), .expires = {}}), "in the future"},
    {"past", kNarrow,
     because("known", "me", {.lifetime = {}, .expires = util::from_millis(1'700'000'000'000)}),
     "in the future, saw '2023-11-14T22:13:20"},
};
INSTANTIATE_TEST_SUITE_P(Requests, Refusal, testing::ValuesIn(kRefusals),
                         [](const auto& row) { return std::string(row.param.name); });

struct ReportRow {
  const char* name;
  const char* image;
  std::vector<std::string> scopes;  ///< rule and, after a blank, the file hash's first digit
};

class OfAReport : public WaivingTest, public testing::WithParamInterface<ReportRow> {};

TEST_P(OfAReport, CoversEveryReasonThatBlocksAndNoMore) {
  const auto waivers = waiving_.prepare_for_report(report_on(GetParam().image), grounds());
  ASSERT_TRUE(waivers) << waivers.error().message;
  std::vector<std::string> scopes;
  for (const auto& waiver : *waivers) {
    scopes.push_back(waiver.file_hash.empty() ? waiver.rule : waiver.rule + ' ' + waiver.file_hash.front());
    EXPECT_EQ(waiver.digest, digest(GetParam().image));
  }
  EXPECT_EQ(scopes, GetParam().scopes);
  EXPECT_EQ(passing(*waiving_.preview(*waivers)), std::string(GetParam().image) + ' ');
  EXPECT_EQ(passing_by_policy(*waivers), std::string(GetParam().image) + ' ');
  ASSERT_TRUE(waiving_.create(*waivers));
  EXPECT_EQ(records_->active_waivers(clock_.now())->size(), waivers->size());
  EXPECT_EQ(events("waiver-added"), waivers->size());
}

const ReportRow kReports[] = {
    {"one", "library/mined", {"miner_xmrig a"}},
    {"medium_is_left_out", "team/mined", {"miner_xmrig a"}},
    {"two_rules", "team/both", {"miner_xmrig a", "webshell_php b"}},
    {"one_rule_in_two_files", "team/shells", {"webshell_php"}},
    {"outcome", "team/crashed", {"outcome:crashed"}},
    {"name", "library/ngnix", {"name:library/ngnix"}},
    {"manifest_check", "team/urls", {"manifest_urls"}},
    {"scan_forgotten", "team/forgotten", {"miner_xmrig"}},
};
INSTANTIATE_TEST_SUITE_P(Images, OfAReport, testing::ValuesIn(kReports),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(WaivingTest, UnknownReport) {
  const auto waivers = waiving_.prepare_for_report("nobody\x1b", grounds());
  ASSERT_FALSE(waivers);
  EXPECT_EQ(waivers.error().kind, util::ErrorKind::absent);
  EXPECT_THAT(waivers.error().message, HasSubstr("no report 'nobody\\x1b' in the records"));
}

TEST_F(WaivingTest, ReportIsReadInCapitalsToo) { EXPECT_TRUE(waiving_.prepare_for_report("R2", grounds())); }

TEST_F(WaivingTest, NothingToWaiveInAServedImage) {
  const auto waivers = waiving_.prepare_for_report(report_on("team/odd"), grounds());
  ASSERT_FALSE(waivers);
  EXPECT_THAT(waivers.error().message, HasSubstr("nothing blocks docker.io/team/odd@sha256:"));
}

TEST_F(WaivingTest, AllOrNothingWhereAReasonCannotBeWaived) {
  policy_.deny_repositories = {"docker.io/team/both"};
  decide(inputs_.at("team/both"));
  const auto waivers = waiving_.prepare_for_report(report_on("team/both"), grounds());
  ASSERT_FALSE(waivers);
  EXPECT_THAT(waivers.error().message, HasSubstr("changed in the policy, not waived: repository docker.io"));
}

TEST_F(WaivingTest, AnOldReportStandsForTheImageAsItIsNow) {
  const auto old = report_on("team/shells");
  auto inputs = inputs_.at("team/shells");
  inputs.names.push_back(looks_like("team", "looks like tm"));
  decide(inputs);
  const auto waivers = waiving_.prepare_for_report(old, grounds());
  ASSERT_TRUE(waivers);
  EXPECT_EQ(waivers->size(), 2u);
}

TEST_F(WaivingTest, CooldownIsWaivedByItsDigest) {
  policy_.cooldown = hours(48);
  decide(inputs_.at("library/clean"));
  const auto waivers = waiving_.prepare_for_report(report_on("library/clean"), grounds());
  ASSERT_TRUE(waivers) << waivers.error().message;
  EXPECT_EQ(waivers->at(0).rule, "cooldown");
  EXPECT_EQ(waiving_.preview(*waivers)->passing, 1u);
}

TEST_F(WaivingTest, BroadWaiverForWhatIsKnownToBeMild) {
  const auto waiver = waiving_.prepare({"odd_thing", "docker.io/team/*", "", ""}, grounds());
  ASSERT_TRUE(waiver) << waiver.error().message;
}

TEST_F(WaivingTest, EventSaysWhoWhatAndUntilWhen) {
  const auto waiver = waiving_.prepare(
      {"miner_xmrig", "docker.io/library/mined", digest("library/mined"), hash('a')}, grounds());
  ASSERT_TRUE(waiving_.create({*waiver}, "10.0.0.7"));
  const auto told = records_->events({.actions = {"waiver-added"}})->at(0);
  EXPECT_EQ(told.host, "docker.io");
  EXPECT_EQ(told.repository, "library/mined");
  EXPECT_EQ(told.manifest, digest("library/mined"));
  EXPECT_EQ(told.client_address, "10.0.0.7");
  const std::map<std::string, std::string> extra = {{"waiver", waiver->id},
                                                    {"author", "me@host"},
                                                    {"reason", "known"},
                                                    {"expires", "2027-01-16T08:00:00.000Z"},
                                                    {"scope.rule", "miner_xmrig"},
                                                    {"scope.repository", "docker.io/library/mined"},
                                                    {"scope.digest", digest("library/mined")},
                                                    {"scope.file_hash", hash('a')}};
  EXPECT_EQ(told.extra, extra);
  EXPECT_THAT(told.message,
              HasSubstr(waiver->id + " by me@host: rule miner_xmrig in docker.io/library/mined"));
}

TEST_F(WaivingTest, WhatWasPreparedTooLongAgoIsNotCreated) {
  const auto waiver = waiving_.prepare(kNarrow, grounds(hours(1)));
  clock_.advance(hours(2));
  const auto created = waiving_.create({*waiver});
  ASSERT_FALSE(created);
  EXPECT_THAT(created.error().message, HasSubstr("in the future"));
  EXPECT_EQ(events("waiver-added"), 0u);
}

TEST_F(WaivingTest, RevokedOnceByNameAndReason) {
  const auto waiver = waiving_.prepare(kNarrow, grounds());
  ASSERT_TRUE(waiving_.create({*waiver}));
  EXPECT_THAT(waiving_.revoke(waiver->id, "boss", "").error().message, HasSubstr("reason is missing"));
  const auto revoked = waiving_.revoke(waiver->id, "boss", "fixed");
  ASSERT_TRUE(revoked) << revoked.error().message;
  EXPECT_EQ(revoked->state(clock_.now()), records::WaiverState::revoked);
  EXPECT_EQ(events("waiver-revoked"), 1u);
  EXPECT_THAT(waiving_.revoke(waiver->id, "boss", "fixed").error().message,
              HasSubstr("was revoked already, by 'boss' at 2027-01-15T08:00:00"));
  EXPECT_EQ(waiving_.revoke("w-nobody", "boss", "fixed").error().kind, util::ErrorKind::absent);
  EXPECT_EQ(events("waiver-revoked"), 1u);
}

TEST_F(WaivingTest, ExpiredIsNotRevoked) {
  const auto waiver = waiving_.prepare(kNarrow, grounds(hours(1)));
  ASSERT_TRUE(waiving_.create({*waiver}));
  clock_.advance(hours(1));
  EXPECT_THAT(waiving_.revoke(waiver->id, "boss", "fixed").error().message,
              HasSubstr("expired at 2027-01-15T09:00:00"));
}

}  // namespace
}  // namespace portcullis::gate
