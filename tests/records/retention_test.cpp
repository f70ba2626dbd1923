// SPDX-License-Identifier: Apache-2.0
//
// What may go, and what must stay whatever the limits say.
#include "contract.hpp"

namespace portcullis::records {
namespace {

using namespace samples;
using findings::Action;
using std::chrono::hours;
using std::chrono::minutes;

Retention keep_everything() {
  Retention r;
  r.pulls = r.pullers = r.events = r.decisions = r.images = r.scans = r.tag_history = r.waivers =
      r.statistics = Keep{};
  return r;
}

class RetentionContract : public Contract {
 protected:
  DecisionRecord decided(const std::string& id, const std::string& manifest, util::TimePoint when) {
    auto record = decision(id, manifest);
    record.at = when;
    record.blobs = {{digest("layer of " + manifest), "l", "layer 1", 1}};
    done(records_->put_decision(record, std::vector<Event>{}));
    return record;
  }
  void pulled(const std::string& manifest, util::TimePoint when, const std::string& address = "10.0.0.1") {
    auto p = pull();
    p.host = "ghcr.io";
    p.repository = "owner/image";
    p.manifest = digest(manifest);
    p.client_address = address;
    p.first = p.last = when;
    done(records_->put_pulls({p}));
  }
  /// Until nothing more is to do.
  Removed remove(const Retention& retention, util::TimePoint now) {
    Removed sum;
    for (int calls = 0; calls < 1'000; ++calls) {
      const auto step = value(records_->remove_old(retention, now));
      sum.pulls += step.pulls;
      sum.pullers += step.pullers;
      sum.events += step.events;
      sum.decisions += step.decisions;
      sum.images += step.images;
      sum.scans += step.scans;
      sum.tag_history += step.tag_history;
      sum.waivers += step.waivers;
      sum.statistics += step.statistics;
      if (!step.more) return sum;
    }
    ADD_FAILURE() << "it never ends";
    return sum;
  }
  long long count(const std::string& table) { return backend_->number("SELECT COUNT(*) FROM " + table); }

  const util::TimePoint now_ = at(0) + hours(24 * 1000);
};

INSTANTIATE_TEST_SUITE_P(Backends, RetentionContract, testing::ValuesIn(all_backends()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_P(RetentionContract, NothingGoesWithoutLimits) {
  decided("d1", "one", at(0));
  pulled("one", at(0));
  done(records_->put_event(event("x")));
  EXPECT_EQ(remove(keep_everything(), now_).total(), 0u);
}

TEST_P(RetentionContract, NothingGoesFromAnEmptyDatabase) {
  EXPECT_EQ(remove(Retention{}, now_).total(), 0u);
}

TEST_P(RetentionContract, PullsByAgeAndByCountOldestFirstInBatches) {
  for (int i = 0; i < 10; ++i) pulled("one", at(0) + minutes(i), "10.0.0." + std::to_string(i));
  auto retention = keep_everything();
  retention.batch = 2;
  retention.pulls.age = now_ - (at(0) + minutes(3));
  EXPECT_TRUE(value(records_->remove_old(retention, now_)).more);
  EXPECT_EQ(count("pulls"), 8);
  EXPECT_EQ(remove(retention, now_).pulls, 1u);
  retention.pulls = {hours(0), 4};
  EXPECT_EQ(remove(retention, now_).pulls, 3u);
  const auto left = pulls_of("ghcr.io", "owner/image", 10);
  ASSERT_EQ(left.size(), 4u);
  EXPECT_EQ(left.back().client_address, "10.0.0.6");
  EXPECT_EQ(value(records_->search().pullers({})).size(), 10u) << "who pulled outlives the pulls";
}

TEST_P(RetentionContract, PullersAndThenTheirClients) {
  decided("d1", "one", at(0));
  pulled("one", at(0), "10.0.0.1");
  pulled("one", now_, "10.0.0.2");
  auto retention = keep_everything();
  retention.pullers.age = retention.pulls.age = hours(24);
  EXPECT_EQ(remove(retention, now_).pullers, 1u);
  EXPECT_EQ(count("clients"), 1);
  retention.pullers = {hours(0), 1};
  EXPECT_EQ(remove(retention, now_).pullers, 0u);
  EXPECT_EQ(value(records_->search().pullers({})).at(0).address, "10.0.0.2");
}

TEST_P(RetentionContract, EventsThatACursorHasNotPassedStay) {
  for (int i = 0; i < 6; ++i) done(records_->put_event(event("x")));
  const auto all = value(records_->events({}));
  done(records_->put_cursor("fast", all[5].sequence, at(0)));
  done(records_->put_cursor("slow", all[1].sequence, at(0)));
  auto retention = keep_everything();
  retention.events.age = hours(1);
  EXPECT_EQ(remove(retention, now_).events, 2u);
  EXPECT_EQ(count("event_rules"), 4 * 2);
  done(records_->put_cursor("slow", all[3].sequence, at(0)));
  retention.events = {hours(0), 1};
  EXPECT_EQ(remove(retention, now_).events, 2u);
  done(records_->remove_cursor("slow"));
  EXPECT_EQ(remove(retention, now_).events, 1u);
  EXPECT_EQ(value(records_->events({})).at(0).sequence, all[5].sequence);
}

TEST_P(RetentionContract, CurrentDecisionsStayAndOldOnesGoWhole) {
  decided("old", "one", at(0));
  const auto current = decided("current", "one", at(1));
  const auto other = decided("other", "two", at(2));
  pulled("one", now_);
  pulled("two", now_);
  auto retention = keep_everything();
  retention.decisions = {hours(1), 1};
  retention.images.age = hours(1);
  EXPECT_EQ(remove(retention, now_).decisions, 1u);
  EXPECT_EQ(shown(records_->find_decision("old")), "nothing");
  EXPECT_EQ(shown(records_->find_decision("ghcr.io", "owner/image", current.manifest)), show(current));
  EXPECT_EQ(shown(records_->find_decision("other")), show(other));
  EXPECT_EQ(count("decision_reasons"), 4);
  EXPECT_EQ(count("decision_blobs"), 2);
  EXPECT_EQ(count("decision_names"), 2);
}

TEST_P(RetentionContract, DecisionsAboutNamesGoByAge) {
  auto old = name_decision("old");
  old.at = at(0);
  auto fresh = name_decision("fresh");
  fresh.at = now_;
  for (const auto& blocked : {old, fresh}) done(records_->put_name_decision(blocked, {}));
  auto retention = keep_everything();
  retention.decisions.age = hours(1);
  EXPECT_EQ(remove(retention, now_).decisions, 1u);
  EXPECT_EQ(shown(records_->find_name_decision("old")), "nothing");
  EXPECT_EQ(shown(records_->find_name_decision("fresh")), show(fresh));
  EXPECT_EQ(count("decision_names"), 2);
}

TEST_P(RetentionContract, AnImageGoesWithAllItsDecisionsWhenNobodyPullsIt) {
  decided("blocked then", "one", at(0));
  decided("allowed now", "one", at(1));
  decided("fresh", "two", now_);
  decided("pulled", "three", at(0));
  pulled("three", now_ - hours(1));
  done(records_->inventory().put({digest("layer of one"), {{"x", "h", 1, "elf"}}, false, at(0)}));
  done(records_->inventory().put({digest("layer of two"), {{"x", "h", 1, "elf"}}, false, at(0)}));
  auto retention = keep_everything();
  retention.images.age = hours(24);
  EXPECT_EQ(remove(retention, now_).images, 1u);
  EXPECT_EQ(shown(records_->find_decision("ghcr.io", "owner/image", digest("one"))), "nothing")
      << "an older decision must not become current again";
  EXPECT_EQ(count("decisions"), 2);
  EXPECT_TRUE(value(records_->first_seen(digest("one"))))
      << "kept for ever: it is what the cooldown rests on";
  EXPECT_EQ(value(records_->inventory().state(digest("layer of one"))), InventoryState::unknown);
  EXPECT_EQ(value(records_->inventory().state(digest("layer of two"))), InventoryState::whole);
  EXPECT_EQ(count("layer_files"), 1);
}

TEST_P(RetentionContract, ScansOfKeptImagesStayButForThoseThatWereReplaced) {
  decided("d1", "one", at(0));
  auto used = scan("layer of one");
  auto used_again = used;
  used_again.key.profile = "profile-2";
  used_again.finished = at(500);
  for (const auto& record : {used, used_again, scan("of nobody")}) done(records_->put_scan(record));
  auto retention = keep_everything();
  retention.scans = {hours(1), 0};
  EXPECT_EQ(remove(retention, now_).scans, 2u);
  EXPECT_EQ(shown(records_->find_scan(used.key)), "nothing");
  EXPECT_EQ(shown(records_->find_scan(used_again.key)), show(used_again));
  EXPECT_EQ(count("findings"), 3);
  EXPECT_EQ(count("matched_strings"), 6);
}

TEST_P(RetentionContract, TagHistoryWaiversAndStatistics) {
  done(records_->put_tag(tag("one")));
  auto moved = tag("two");
  moved.seen = at(5'000);
  done(records_->put_tag(moved));
  findings::Waiver w{"active", "r", "docker.io/*", "", "", "why", "me", at(0), now_ + hours(1)};
  done(records_->waivers().create(w, event("waiver-added")));
  w.id = "expired, not announced";
  w.expires = at(10);
  done(records_->waivers().create(w, event("waiver-added")));
  w.id = "expired and announced";
  w.expires = at(5);
  done(records_->waivers().create(w, event("waiver-added")));
  EXPECT_EQ(
      value(records_->waivers().announce_expired(at(6), 10, [](const auto&) { return event("x"); })).size(),
      1u);
  w.id = "revoked";
  w.expires = now_ + hours(1);
  done(records_->waivers().create(w, event("waiver-added")));
  EXPECT_EQ(value(records_->waivers().revoke("revoked", {"me", "", at(9)}, event("x"))), Revoked::done);
  pulled("one", at(0));
  decided("d1", "one", at(0));

  auto retention = keep_everything();
  retention.tag_history.age = retention.waivers.age = retention.statistics.age = hours(24);
  const auto removed = remove(retention, now_);
  EXPECT_EQ(removed.tag_history, 1u);
  EXPECT_EQ(removed.waivers, 2u);
  EXPECT_GT(removed.statistics, 0u);
  EXPECT_EQ(shown(records_->find_tag(moved.host, moved.repository, moved.tag)), show(moved));
  EXPECT_TRUE(value(records_->waivers().find("active")));
  EXPECT_TRUE(value(records_->waivers().find("expired, not announced")));
}

}  // namespace
}  // namespace portcullis::records
