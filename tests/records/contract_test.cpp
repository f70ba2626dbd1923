// SPDX-License-Identifier: Apache-2.0
//
// What every backend must do.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <limits>
#include <thread>

#include "contract.hpp"
#include "schema.hpp"

namespace portcullis::records {
namespace {

using namespace samples;

INSTANTIATE_TEST_SUITE_P(Backends, Contract, testing::ValuesIn(all_backends()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_P(Contract, NothingIsKnownAtFirst) {
  EXPECT_EQ(shown(records_->find_scan(scan("layer").key)), "nothing");
  EXPECT_EQ(shown(records_->find_decision("ghcr.io", "owner/image", digest("manifest"))), "nothing");
  EXPECT_EQ(shown(records_->find_decision("d1")), "nothing");
  EXPECT_EQ(shown(records_->find_tag("docker.io", "library/nginx", "latest")), "nothing");
  EXPECT_FALSE(value(records_->first_seen(digest("manifest"))).has_value());
  EXPECT_TRUE(value(records_->manifests_with_blob("ghcr.io", "owner/image", digest("layer"))).empty());
  EXPECT_TRUE((pulls_of("docker.io", "library/nginx", 10)).empty());
  EXPECT_TRUE(value(records_->events({})).empty());
  EXPECT_TRUE(value(records_->active_waivers(at(0))).empty());
}

TEST_P(Contract, ScanComesBackWhole) {
  done(records_->put_scan(scan("layer")));
  EXPECT_EQ(shown(records_->find_scan(scan("layer").key)), show(scan("layer")));
}

TEST_P(Contract, ScanIsKeyedByDigestMediaTypeAndProfile) {
  done(records_->put_scan(scan("layer")));
  auto other_type = scan("layer").key;
  other_type.media_type = "application/vnd.oci.image.layer.v1.tar";
  auto other_profile = scan("layer").key;
  other_profile.profile = "profile-2";
  EXPECT_EQ(shown(records_->find_scan(scan("other").key)), "nothing");
  EXPECT_EQ(shown(records_->find_scan(other_type)), "nothing");
  EXPECT_EQ(shown(records_->find_scan(other_profile)), "nothing");
}

TEST_P(Contract, NewScanReplacesTheOldOne) {
  done(records_->put_scan(scan("layer")));
  auto again = scan("layer");
  again.result = {};
  again.result.outcome = findings::Outcome::complete;
  again.result.findings = {finding("only_one")};
  done(records_->put_scan(scan("other")));
  done(records_->put_scan(again));
  EXPECT_EQ(shown(records_->find_scan(again.key)), show(again));
  EXPECT_EQ(shown(records_->find_scan(scan("other").key)), show(scan("other")));
  EXPECT_EQ(backend_->number("SELECT COUNT(*) FROM findings"), 4);
  EXPECT_EQ(backend_->number("SELECT COUNT(*) FROM matched_strings"), 3 + 6);
}

TEST_P(Contract, EveryOutcomeIsKeptButUnavailable) {
  for (const auto outcome : findings::kAllOutcomes) {
    SCOPED_TRACE(findings::to_string(outcome));
    auto record = scan(name(outcome));
    record.result.outcome = outcome;
    const auto put = records_->put_scan(record);
    if (outcome == findings::Outcome::unavailable) {
      ASSERT_FALSE(put);
      EXPECT_EQ(put.error().kind, util::ErrorKind::internal);
      EXPECT_EQ(shown(records_->find_scan(record.key)), "nothing");
    } else {
      done(put);
      EXPECT_EQ(shown(records_->find_scan(record.key)), show(record));
    }
  }
}

TEST_P(Contract, EverySourceAndSeverityIsKept) {
  using enum findings::Source;
  auto record = scan("layer");
  record.result.findings.clear();
  for (const auto source : {yara, layer_check, config_check, manifest_check, name_check}) {
    for (const auto severity : {findings::Severity::info, findings::Severity::low, findings::Severity::medium,
                                findings::Severity::high, findings::Severity::critical}) {
      record.result.findings.push_back(finding("r"));
      record.result.findings.back().source = source;
      record.result.findings.back().severity = severity;
    }
  }
  done(records_->put_scan(record));
  EXPECT_EQ(shown(records_->find_scan(record.key)), show(record));
}

TEST_P(Contract, DecisionComesBackWholeByIdAndByManifest) {
  const auto record = decision("d1");
  done(records_->put_decision(record, event("pull-blocked")));
  EXPECT_EQ(shown(records_->find_decision("d1")), show(record));
  EXPECT_EQ(shown(records_->find_decision("ghcr.io", "owner/image", record.manifest)), show(record));
  EXPECT_EQ(shown(records_->find_decision("ghcr.io", "owner/other", record.manifest)), "nothing");
  EXPECT_EQ(shown(records_->find_decision("quay.io", "owner/image", record.manifest)), "nothing");
  const auto events = value(records_->events({}));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(show(events[0]), show(event("pull-blocked")));
}

TEST_P(Contract, ADecisionAboutANameIsOneAboutNoImage) {
  const auto blocked = name_decision("n1");
  done(records_->put_name_decision(blocked, {event("name-squat")}));
  EXPECT_EQ(shown(records_->find_name_decision("n1")), show(blocked));
  EXPECT_EQ(shown(records_->find_name_decision(blocked.host, blocked.repository)), show(blocked));
  EXPECT_EQ(shown(records_->find_name_decision(blocked.host, "team/other")), "nothing");
  EXPECT_EQ(shown(records_->find_decision("n1")), "nothing");
  EXPECT_TRUE(value(records_->newest_decisions()).empty());
  EXPECT_EQ(value(records_->events({})).size(), 1u);

  done(records_->put_decision(decision("d1"), event("image-warned")));
  EXPECT_EQ(shown(records_->find_name_decision("d1")), "nothing");
  auto newer = name_decision("n2");
  newer.decision.summary = "said otherwise";
  done(records_->put_name_decision(newer, {}));
  EXPECT_EQ(shown(records_->find_name_decision(blocked.host, blocked.repository)), show(newer));

  auto pulled = pull();
  pulled.host = blocked.host;
  pulled.repository = blocked.repository;
  pulled.manifest.reset();
  pulled.action = findings::Action::block;
  pulled.decision_id = "n1";
  done(records_->put_pulls({pulled}));
  done(records_->put_pulls({pull()}));
  auto& search = records_->search();
  const auto pulls = value(search.pulls({.action = findings::Action::block})).pulls;
  ASSERT_EQ(pulls.size(), 1u);
  EXPECT_EQ(show(pulls[0]), show(pulled));
  EXPECT_EQ(pulls[0].summary, blocked.decision.summary);
  const auto who = value(search.pullers({.host = blocked.host, .repository = blocked.repository}));
  ASSERT_EQ(who.size(), 1u);
  EXPECT_FALSE(who[0].manifest);
  EXPECT_EQ(value(search.images({})).images.size(), 1u) << "a name is no image";
  EXPECT_EQ(value(search.images({})).images[0].decision_id, "d1");
}

TEST_P(Contract, ARetroAlertIsOpenUntilSomebodyClosesIt) {
  const auto alert = [&](const std::string& id) {
    auto raised = event(kRetroAlert);
    raised.decision_id = id;
    return raised;
  };
  for (const auto* id : {"a1", "a2", "a3"}) done(records_->put_event(alert(id)));
  auto closing = alert("a2");
  closing.action = kRetroAlertClosed;
  closing.client_user = "olga";
  EXPECT_TRUE(value(records_->put_event_once(closing)));
  EXPECT_FALSE(value(records_->put_event_once(closing)));

  using State = RetroAlertQuery::State;
  auto& search = records_->search();
  const auto ids = [&](const RetroAlertQuery& query) {
    std::string text;
    for (const auto& found : value(search.retro_alerts(query))) {
      text += found.raised.decision_id + (found.closed ? " by " + found.closed->client_user : "") + ";";
    }
    return text;
  };
  EXPECT_EQ(ids({}), "a3;a2 by olga;a1;");
  EXPECT_EQ(ids({.state = State::open}), "a3;a1;");
  EXPECT_EQ(ids({.state = State::closed}), "a2 by olga;");
  EXPECT_EQ(ids({.id = "a2"}), "a2 by olga;");
  EXPECT_EQ(ids({.id = "a9"}), "");
  EXPECT_EQ(ids({.limit = 1}), "a3;");
  const auto last = value(search.retro_alerts({.limit = 1})).at(0);
  EXPECT_EQ(ids({.before_sequence = last.raised.sequence}), "a2 by olga;a1;");
  EXPECT_EQ(show(last.raised), show(alert("a3")));
  EXPECT_EQ(value(search.count_open_retro_alerts()), 2u);
}

TEST_P(Contract, SquatsAreCountedByDecision) {
  done(records_->put_decision(decision("d1"), event("x")));
  done(records_->put_decision(decision("d2", "other"), event("x")));
  auto twice = name_decision("n1");
  twice.names.push_back(twice.names.front());
  done(records_->put_name_decision(twice, {}));
  const Period day{at(0) - std::chrono::hours(1), at(0) + std::chrono::hours(1)};
  const auto top = value(records_->search().top_squats(day, 2));
  ASSERT_EQ(top.size(), 2u);
  EXPECT_EQ(top[0].component + " " + top[0].subject + " " + top[0].target, "repository ngnix nginx");
  EXPECT_EQ(top[0].count, 2u);
  EXPECT_EQ(top[1].count, 1u);
  EXPECT_TRUE(value(records_->search().top_squats(
                        {at(0) - std::chrono::hours(90), at(0) - std::chrono::hours(60)}, 5))
                  .empty());
  EXPECT_EQ(value(records_->search().top_rules(day, 10)).size(), 2u) << "rule:miner_xmrig and name:registry";
}

TEST_P(Contract, DecisionIsReplacedOnlyWhileItIsTheNewest) {
  const std::vector<Event> events{event("image-allowed")};
  EXPECT_FALSE(value(records_->replace_decision("d0", decision("d1"), events)));
  EXPECT_TRUE(value(records_->replace_decision("", decision("d1"), events)));
  EXPECT_FALSE(value(records_->replace_decision("", decision("d2"), events)));
  EXPECT_TRUE(value(records_->replace_decision("d1", decision("d2"), events)));
  EXPECT_FALSE(value(records_->replace_decision("d1", decision("d3"), events)));
  EXPECT_EQ(shown(records_->find_decision("ghcr.io", "owner/image", decision("d2").manifest)),
            show(decision("d2")));
  EXPECT_EQ(shown(records_->find_decision("d3")), "nothing");
  EXPECT_EQ(value(records_->events({})).size(), 2u);
}

/// Of many that decide at the same time, one writes.
TEST_P(Contract, DecisionIsReplacedByOneOfMany) {
  std::atomic<int> replaced{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const auto written = records_->replace_decision("", decision("d" + std::to_string(i)), {});
      replaced += written && *written;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(replaced, 1);
}

TEST_P(Contract, NewestDecisionIsTheOneWrittenLastEvenWhenTheClockWentBack) {
  done(records_->put_decision(decision("d1"), event("pull-allowed")));
  auto later = decision("d2");
  later.at = at(-100'000);
  later.decision.action = findings::Action::block;
  done(records_->put_decision(later, event("pull-blocked")));
  EXPECT_EQ(shown(records_->find_decision("ghcr.io", "owner/image", later.manifest)), show(later));
  EXPECT_EQ(shown(records_->find_decision("d1")), show(decision("d1")));
}

TEST_P(Contract, NewestDecisionsAreOneForEachManifestOfEachRepository) {
  EXPECT_EQ(records_->newest_decisions()->size(), 0u);
  done(records_->put_decision(decision("d1"), event("pull-allowed")));
  done(records_->put_decision(decision("d2", "other"), event("pull-allowed")));
  auto elsewhere = decision("d3");
  elsewhere.repository = "owner/copy";
  done(records_->put_decision(elsewhere, event("pull-allowed")));
  done(records_->put_decision(decision("d4"), event("pull-allowed")));
  const auto newest = records_->newest_decisions();
  ASSERT_TRUE(newest) << newest.error().message;
  std::string ids;
  for (const auto& record : *newest) ids += record.id + " ";
  EXPECT_EQ(ids, "d4 d3 d2 ");
  EXPECT_EQ(show(newest->front()), show(decision("d4")));
}

TEST_P(Contract, DecisionThatCannotBeWrittenLeavesNothingBehind) {
  done(records_->put_decision(decision("same"), event("pull-allowed")));
  auto twin = decision("same", "another manifest");
  const auto put = records_->put_decision(twin, event("pull-allowed"));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().kind, util::ErrorKind::io);
  EXPECT_EQ(value(records_->events({})).size(), 1u);
  EXPECT_FALSE(value(records_->first_seen(twin.manifest)).has_value());
  EXPECT_EQ(shown(records_->find_decision("same")), show(decision("same")));
  done(records_->put_decision(decision("next"), event("pull-allowed")));
}

TEST_P(Contract, DecisionWithoutReasonsAndBlobs) {
  auto record = decision("d1");
  record.blobs.clear();
  record.decision = {};
  done(records_->put_decision(record, event("pull-allowed")));
  EXPECT_EQ(shown(records_->find_decision("d1")), show(record));
}

TEST_P(Contract, ManifestsWithABlobNewestDecisionFirst) {
  done(records_->put_decision(decision("d1", "one"), event("pull-allowed")));
  done(records_->put_decision(decision("d2", "two"), event("pull-allowed")));
  auto stranger = decision("d3", "three");
  stranger.repository = "owner/other";
  done(records_->put_decision(stranger, event("pull-allowed")));
  auto without = decision("d4", "four");
  without.blobs.pop_back();
  done(records_->put_decision(without, event("pull-allowed")));
  using List = std::vector<oci::Digest>;
  EXPECT_EQ(value(records_->manifests_with_blob("ghcr.io", "owner/image", digest("layer"))),
            (List{digest("two"), digest("one")}));
  done(records_->put_decision(decision("d5", "one"), event("pull-allowed")));
  EXPECT_EQ(value(records_->manifests_with_blob("ghcr.io", "owner/image", digest("layer"))),
            (List{digest("one"), digest("two")}));
  EXPECT_EQ(value(records_->manifests_with_blob("ghcr.io", "owner/other", digest("layer"))),
            List{digest("three")});
  EXPECT_EQ(value(records_->manifests_with_blob("quay.io", "owner/image", digest("layer"))), List{});
}

TEST_P(Contract, FirstSeenIsThatOfTheFirstDecisionInAnyRepository) {
  done(records_->put_decision(decision("d1"), event("pull-allowed")));
  auto later = decision("d2");
  later.at = at(99'999);
  later.repository = "owner/other";
  done(records_->put_decision(later, event("pull-allowed")));
  EXPECT_EQ(value(records_->first_seen(digest("manifest"))), decision("d1").at);
}

TEST_P(Contract, TagIsSeenAgain) {
  done(records_->put_tag(tag("one")));
  auto again = tag("one");
  again.seen = at(5'000);
  done(records_->put_tag(again));
  EXPECT_EQ(shown(records_->find_tag(again.host, again.repository, again.tag)), show(again));
  EXPECT_EQ(backend_->number("SELECT COUNT(*) FROM tag_history"), 0);
}

TEST_P(Contract, TagThatMovedKeepsItsPast) {
  done(records_->put_tag(tag("one")));
  auto moved = tag("two");
  moved.seen = at(5'000);
  done(records_->put_tag(moved));
  auto other = tag("three");
  other.tag = "edge";
  done(records_->put_tag(other));
  EXPECT_EQ(shown(records_->find_tag(moved.host, moved.repository, moved.tag)), show(moved));
  EXPECT_EQ(shown(records_->find_tag(other.host, other.repository, other.tag)), show(other));
  EXPECT_EQ(backend_->number("SELECT COUNT(*) FROM tag_history"), 1);
  EXPECT_EQ(backend_->number("SELECT COUNT(*) FROM tag_history WHERE digest = '" + digest("one").text() +
                             "' AND seen_at = " + millis(tag("one").seen) +
                             " AND moved_at = " + millis(moved.seen) + " AND tag = '1.27'"),
            1);
}

TEST_P(Contract, PullsOfOneMinuteMerge) {
  auto first = pull();
  auto second = pull();
  second.reference = digest("manifest").text();
  second.action = findings::Action::block;
  second.decision_id = "d2";
  second.check_only = false;
  second.first = at(20);
  second.last = at(30);
  second.requests = 4;
  done(records_->put_pulls({first}));
  done(records_->put_pulls({second, first}));
  auto merged = pull();
  merged.action = findings::Action::block;
  merged.decision_id = "d2";
  merged.check_only = false;
  merged.last = at(30);
  merged.requests = 6;
  const auto pulls = (pulls_of("docker.io", "library/nginx", 10));
  ASSERT_EQ(pulls.size(), 1u);
  EXPECT_EQ(show(pulls[0]), show(merged));
}

TEST_P(Contract, PullsOfChecksAloneStayChecks) {
  done(records_->put_pulls({pull(), pull()}));
  const auto pulls = (pulls_of("docker.io", "library/nginx", 10));
  ASSERT_EQ(pulls.size(), 1u);
  EXPECT_TRUE(pulls[0].check_only);
  EXPECT_EQ(pulls[0].requests, 2u);
}

TEST_P(Contract, PullsThatDifferInOnePartOfTheKeyStayApart) {
  struct Row {
    const char* name;
    std::function<void(PullRecord&)> change;
  };
  const Row rows[] = {
      {"address", [](auto& p) { p.client_address = "10.0.0.2"; }},
      {"user", [](auto& p) { p.client_user = "dev"; }},
      {"agent", [](auto& p) { p.client_agent = "containerd"; }},
      {"manifest", [](auto& p) { p.manifest = digest("other"); }},
      {"minute", [](auto& p) { p.first += std::chrono::minutes(1), p.last += std::chrono::minutes(1); }},
      {"repository", [](auto& p) { p.repository = "library/redis"; }},
      {"host", [](auto& p) { p.host = "quay.io"; }},
  };
  done(records_->put_pulls({pull()}));
  long long count = 1;
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    auto other = pull();
    row.change(other);
    done(records_->put_pulls({other}));
    EXPECT_EQ(backend_->number("SELECT COUNT(*) FROM pulls"), ++count);
  }
}

TEST_P(Contract, PullsNewestFirstUpToTheLimit) {
  for (int i = 0; i < 5; ++i) {
    auto p = pull();
    p.client_address = "10.0.0." + std::to_string(i);
    p.last = at(i);
    done(records_->put_pulls({p}));
  }
  const auto pulls = (pulls_of("docker.io", "library/nginx", 3));
  ASSERT_EQ(pulls.size(), 3u);
  EXPECT_EQ(pulls[0].client_address, "10.0.0.4");
  EXPECT_EQ(pulls[2].client_address, "10.0.0.2");
}

TEST_P(Contract, RequestsOfAPullStopAtTheirLargestNumber) {
  auto many = pull();
  many.requests = std::numeric_limits<std::uint32_t>::max();
  done(records_->put_pulls({many, many}));
  const auto pulls = (pulls_of("docker.io", "library/nginx", 1));
  ASSERT_EQ(pulls.size(), 1u);
  EXPECT_EQ(pulls[0].requests, many.requests);
}

TEST_P(Contract, NoPullsIsNoWork) { done(records_->put_pulls({})); }

TEST_P(Contract, EventsComeInRisingSequence) {
  for (int i = 0; i < 6; ++i) done(records_->put_event(event(i % 2 == 0 ? "pull-allowed" : "tag-moved")));
  const auto all = value(records_->events({}));
  ASSERT_EQ(all.size(), 6u);
  for (std::size_t i = 1; i < all.size(); ++i) EXPECT_LT(all[i - 1].sequence, all[i].sequence);

  using Sequences = std::vector<std::int64_t>;
  const auto sequences = [&](const EventQuery& query) {
    Sequences found;
    for (const auto& e : value(records_->events(query))) found.push_back(e.sequence);
    return found;
  };
  EXPECT_EQ(sequences({.limit = 2}), (Sequences{all[4].sequence, all[5].sequence}));
  EXPECT_EQ(sequences({.after_sequence = all[1].sequence, .limit = 2, .newest = false}),
            (Sequences{all[2].sequence, all[3].sequence}));
  EXPECT_EQ(sequences({.after_sequence = all[4].sequence}), Sequences{all[5].sequence});
  EXPECT_EQ(sequences({.after_sequence = all[5].sequence, .newest = false}), Sequences{});
  EXPECT_EQ(sequences({.limit = 2, .actions = {"tag-moved"}}), (Sequences{all[3].sequence, all[5].sequence}));
  EXPECT_EQ(sequences({.actions = {"retro-alert"}}), Sequences{});
}

TEST_P(Contract, EventSequenceIsNeverGivenTwice) {
  done(records_->put_event(event("pull-allowed")));
  const auto before = value(records_->events({})).at(0).sequence;
  backend_->run_sql("DELETE FROM events");
  done(records_->put_event(event("pull-allowed")));
  EXPECT_GT(value(records_->events({})).at(0).sequence, before);
}

TEST_P(Contract, WaiversThatHaveNotExpired) {
  findings::Waiver w{"w1", "miner_*", "docker.io/*", digest("m").text(), "", hostile(), "me", at(0), at(100)};
  w.reason = std::string("\0\xff", 2);
  done(records_->waivers().create(w, event("waiver-added")));
  auto longer = w;
  longer.id = "w2";
  longer.expires = at(1'000);
  done(records_->waivers().create(longer, event("waiver-added")));
  auto found = value(records_->active_waivers(at(99)));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(show(found[0]), show(w));
  EXPECT_EQ(show(found[1]), show(longer));
  found = value(records_->active_waivers(at(100)));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].id, "w2");
}

TEST_P(Contract, EverythingOutlivesARestart) {
  done(records_->put_scan(scan("layer")));
  done(records_->put_decision(decision("d1"), event("pull-blocked")));
  done(records_->put_tag(tag("one")));
  done(records_->put_pulls({pull()}));
  const auto sequence = value(records_->events({})).at(0).sequence;
  reopen();
  EXPECT_EQ(shown(records_->find_scan(scan("layer").key)), show(scan("layer")));
  EXPECT_EQ(shown(records_->find_decision("d1")), show(decision("d1")));
  EXPECT_EQ(shown(records_->find_tag("docker.io", "library/nginx", "1.27")), show(tag("one")));
  EXPECT_EQ(show((pulls_of("docker.io", "library/nginx", 1)).at(0)), show(pull()));
  EXPECT_EQ(value(records_->events({})).at(0).sequence, sequence);
}

TEST_P(Contract, CheckPasses) {
  done(records_->check());
  done(records_->check());
}

TEST_P(Contract, ReaderBesideTheServerSeesWritesAndMakesNone) {
  auto reader = backend_->open(OpenMode::existing_read_only);
  ASSERT_TRUE(reader) << reader.error().message;
  done(records_->put_decision(decision("d1"), event("pull-blocked")));
  EXPECT_EQ(shown((*reader)->find_decision("d1")), show(decision("d1")));
  EXPECT_EQ(value((*reader)->events({})).size(), 1u);
  done((*reader)->check());

  const util::Result<void> refused[] = {
      (*reader)->put_scan(scan("layer")), (*reader)->put_decision(decision("d2"), event("pull-blocked")),
      (*reader)->put_tag(tag("one")), (*reader)->put_pulls({pull()}), (*reader)->put_event(event("x"))};
  for (const auto& result : refused) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, util::ErrorKind::io);
    EXPECT_NE(result.error().message.find("opened for reading only"), std::string::npos);
  }
  EXPECT_EQ(value(records_->events({})).size(), 1u);
}

TEST_P(Contract, NewerSchemaIsRefusedInEveryMode) {
  backend_->run_sql("INSERT INTO schema_version (version) VALUES (4711)");
  for (const auto mode : {OpenMode::create, OpenMode::existing, OpenMode::existing_read_only}) {
    const auto opened = backend_->open(mode);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, util::ErrorKind::io);
    EXPECT_NE(opened.error().message.find("version 4711"), std::string::npos) << opened.error().message;
    EXPECT_NE(opened.error().message.find("versions up to " + std::to_string(known_schema())),
              std::string::npos)
        << opened.error().message;
  }
}

TEST_P(Contract, DatabaseOfAnotherProgramIsRefused) {
  backend_->run_sql("ALTER TABLE schema_version RENAME TO somebody_elses");
  const auto opened = backend_->open(OpenMode::create);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("database of another program"), std::string::npos);
}

TEST_P(Contract, DamagedScansAreErrorsAndNeverAnswers) {
  const char* const rows[] = {
      "UPDATE scans SET outcome = 'fine'",        "UPDATE scans SET reason = '%zz'",
      "UPDATE findings SET severity = ''",        "UPDATE findings SET source = 'magic'",
      "UPDATE findings SET techniques = 'T1496'", "UPDATE findings SET path = '%'",
      "UPDATE matched_strings SET data = '%f'",   "UPDATE matched_strings SET finding = finding + 99"};
  for (const auto* damage : rows) {
    SCOPED_TRACE(damage);
    done(records_->put_scan(scan("layer")));
    backend_->run_sql(damage);
    const auto found = records_->find_scan(scan("layer").key);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().kind, util::ErrorKind::io);
  }
}

TEST_P(Contract, DamagedDecisionsAreErrorsAndNeverAnswers) {
  const char* const rows[] = {
      "UPDATE decisions SET action = 'ALLOW'",  "UPDATE decisions SET manifest = 'sha256:x'",
      "UPDATE decisions SET summary = '%zz'",   "UPDATE decision_reasons SET action = ''",
      "UPDATE decision_reasons SET text = ','", "UPDATE decision_blobs SET digest = 'sha256:short'"};
  int number = 0;
  for (const auto* damage : rows) {
    SCOPED_TRACE(damage);
    const auto id = "d" + std::to_string(++number);
    done(records_->put_decision(decision(id), event("pull-blocked")));
    backend_->run_sql(damage);
    const auto found = records_->find_decision(id);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().kind, util::ErrorKind::io);
    EXPECT_NE(found.error().message.find("damaged"), std::string::npos) << found.error().message;
  }
}

TEST_P(Contract, SixteenThreadsWriteAndRead) {
  constexpr int kThreads = 16;
  constexpr int kRounds = 20;
  std::atomic<int> failures = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < kRounds; ++round) {
        const auto id = std::to_string(t) + "-" + std::to_string(round);
        auto p = pull();
        p.check_only = false;
        const bool good =
            records_->put_decision(decision(id, id), event("pull-allowed")).has_value() &&
            shown(records_->find_decision(id)) == show(decision(id, id)) &&
            records_->put_scan(scan("shared layer")).has_value() &&
            shown(records_->find_scan(scan("shared layer").key)) == show(scan("shared layer")) &&
            records_->put_pulls({p}).has_value() && records_->events({}).has_value();
        if (!good) ++failures;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(value(records_->events({.limit = 10'000})).size(), std::size_t{kThreads * kRounds});
  EXPECT_EQ((pulls_of("docker.io", "library/nginx", 2)).at(0).requests, std::uint32_t{kThreads * kRounds});
}

}  // namespace
}  // namespace portcullis::records
