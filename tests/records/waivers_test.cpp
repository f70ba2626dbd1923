// SPDX-License-Identifier: Apache-2.0
#include "contract.hpp"

namespace portcullis::records {
namespace {

using namespace samples;

findings::Waiver waiver(const std::string& id, std::int64_t created, std::int64_t expires) {
  return {id,        "miner_*" + hostile(), "docker.io/*", digest("m").text(), std::string(64, 'a'),
          hostile(), "me" + hostile(),      at(created),   at(expires)};
}

std::string ids(const std::vector<WaiverRecord>& records) {
  std::string text;
  for (const auto& record : records) text += record.waiver.id + ' ';
  return text;
}

class WaiverContract : public Contract {
 protected:
  void create(const findings::Waiver& w) { done(records_->waivers().create(w, event("waiver-added"))); }
  std::size_t events(const std::string& action) {
    return value(records_->events({.actions = {action}})).size();
  }
};

INSTANTIATE_TEST_SUITE_P(Backends, WaiverContract, testing::ValuesIn(all_backends()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_P(WaiverContract, ComesBackWholeWithItsEvent) {
  create(waiver("w1", 0, 100));
  const auto found = value(records_->waivers().find("w1"));
  ASSERT_TRUE(found);
  EXPECT_EQ(show(found->waiver), show(waiver("w1", 0, 100)));
  EXPECT_FALSE(found->revoked_at);
  EXPECT_EQ(events("waiver-added"), 1u);
  EXPECT_FALSE(value(records_->waivers().find("w2")));
}

TEST_P(WaiverContract, TheSameIdTwiceIsAnErrorAndWritesNoEvent) {
  create(waiver("w1", 0, 100));
  EXPECT_FALSE(records_->waivers().create(waiver("w1", 5, 500), event("waiver-added")));
  EXPECT_EQ(events("waiver-added"), 1u);
  EXPECT_EQ(show(value(records_->waivers().find("w1"))->waiver), show(waiver("w1", 0, 100)));
}

TEST_P(WaiverContract, SeveralAreCreatedTogetherOrNotAtAll) {
  create(waiver("w2", 0, 100));
  const std::vector<NewWaiver> wanted = {{waiver("w1", 0, 100), event("waiver-added")},
                                         {waiver("w2", 0, 100), event("waiver-added")}};
  EXPECT_FALSE(records_->waivers().create(wanted));
  EXPECT_FALSE(value(records_->waivers().find("w1")));
  EXPECT_EQ(events("waiver-added"), 1u);
  done(records_->waivers().create({wanted.front(), {waiver("w3", 0, 100), event("waiver-added")}}));
  EXPECT_EQ(ids(value(records_->waivers().list({}, at(1)))), "w3 w2 w1 ");
  EXPECT_EQ(events("waiver-added"), 3u);
}

TEST_P(WaiverContract, ListsByStateNewestFirstInPages) {
  create(waiver("old", 1, 50));
  create(waiver("soon", 2, 200));
  create(waiver("long", 3, 5'000));
  create(waiver("taken", 4, 5'000));
  create(waiver("b", 4, 5'000));
  EXPECT_EQ(value(records_->waivers().revoke("taken", {"me", "why", at(60)}, event("waiver-revoked"))),
            Revoked::done);
  const auto list = [&](const WaiverQuery& query) {
    return ids(value(records_->waivers().list(query, at(100))));
  };
  EXPECT_EQ(list({}), "taken b long soon old ");
  EXPECT_EQ(list({.state = WaiverState::active}), "b long soon ");
  EXPECT_EQ(list({.state = WaiverState::expired}), "old ");
  EXPECT_EQ(list({.state = WaiverState::revoked}), "taken ");
  EXPECT_EQ(list({.expires_before = at(201)}), "soon ");
  EXPECT_EQ(list({.limit = 2}), "taken b ");
  EXPECT_EQ(list({.after_id = "b", .limit = 2}), "long soon ");
  const auto counts = value(records_->waivers().count(at(100)));
  EXPECT_EQ(counts.active, 3u);
  EXPECT_EQ(counts.expired, 1u);
  EXPECT_EQ(counts.revoked, 1u);
}

TEST_P(WaiverContract, RevokedIsActiveNoMoreAndSaysByWhomAndWhy) {
  create(waiver("w1", 0, 1'000));
  ASSERT_EQ(value(records_->active_waivers(at(10))).size(), 1u);
  const Revocation revocation{"boss" + hostile(), "no longer " + hostile(), at(10)};
  EXPECT_EQ(value(records_->waivers().revoke("w1", revocation, event("waiver-revoked"))), Revoked::done);
  EXPECT_TRUE(value(records_->active_waivers(at(10))).empty());
  const auto found = value(records_->waivers().find("w1"));
  ASSERT_TRUE(found && found->revoked_at);
  EXPECT_EQ(found->revoked_by, revocation.by);
  EXPECT_EQ(found->revoked_why, revocation.why);
  EXPECT_EQ(*found->revoked_at, at(10));
  EXPECT_EQ(found->state(at(5'000)), WaiverState::revoked);

  EXPECT_EQ(value(records_->waivers().revoke("w1", revocation, event("waiver-revoked"))),
            Revoked::not_active);
  EXPECT_EQ(value(records_->waivers().revoke("nobody", revocation, event("waiver-revoked"))),
            Revoked::unknown);
  create(waiver("over", 0, 10));
  EXPECT_EQ(value(records_->waivers().revoke("over", revocation, event("waiver-revoked"))),
            Revoked::not_active);
  EXPECT_EQ(events("waiver-revoked"), 1u) << "nothing changed, so nothing is told";
}

TEST_P(WaiverContract, ExpiryIsAnnouncedOnceForTheWholeFleet) {
  create(waiver("second", 0, 20));
  create(waiver("first", 0, 10));
  create(waiver("later", 0, 1'000));
  create(waiver("revoked", 0, 10));
  EXPECT_EQ(value(records_->waivers().revoke("revoked", {"me", "", at(5)}, event("waiver-revoked"))),
            Revoked::done);
  const auto announce = [](const findings::Waiver& w) {
    auto e = event("waiver-expired");
    e.extra = {{"waiver", w.id}};
    return e;
  };
  EXPECT_TRUE(value(records_->waivers().announce_expired(at(9), 10, announce)).empty());
  auto other = backend_->open(OpenMode::existing);
  ASSERT_TRUE(other);
  auto mine = value(records_->waivers().announce_expired(at(20), 1, announce));
  auto others = value((*other)->waivers().announce_expired(at(20), 10, announce));
  ASSERT_EQ(mine.size(), 1u);
  EXPECT_EQ(mine[0].id, "first");
  ASSERT_EQ(others.size(), 1u);
  EXPECT_EQ(show(others[0]), show(waiver("second", 0, 20)));
  EXPECT_TRUE(value(records_->waivers().announce_expired(at(20), 10, announce)).empty());
  const auto told = value(records_->events({.actions = {"waiver-expired"}}));
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].extra.at("waiver"), "first");
  EXPECT_EQ(told[1].extra.at("waiver"), "second");
}

}  // namespace
}  // namespace portcullis::records
