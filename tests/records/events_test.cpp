// SPDX-License-Identifier: Apache-2.0
//
// Which events a query gives, and how far targets have come.
#include <functional>

#include "contract.hpp"

namespace portcullis::records {
namespace {

using namespace samples;
using findings::Severity;

findings::EventRule named(const std::string& rule) {
  findings::EventRule r;
  r.rule = rule;
  return r;
}

Event plain(const std::string& action) {
  Event e;
  e.at = at(0);
  e.action = action;
  return e;
}

TEST_P(Contract, EventComesBackWhole) {
  done(records_->put_event(event("pull-blocked")));
  EXPECT_EQ(show(value(records_->events({})).at(0)), show(event("pull-blocked")));
}

TEST_P(Contract, EventsOfAPageKeepTheirOwnRules) {
  auto one = event("a");
  one.rules.resize(1);
  auto none = event("b");
  none.rules.clear();
  const auto two = event("c");
  for (const auto& e : {one, none, two}) done(records_->put_event(e));
  const auto all = value(records_->events({}));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(show(all[0]), show(one));
  EXPECT_EQ(show(all[1]), show(none));
  EXPECT_EQ(show(all[2]), show(two));
}

TEST_P(Contract, EventOfADecisionIsWrittenOnce) {
  auto first = event("retro-alert");
  first.decision_id = "d1";
  EXPECT_TRUE(value(records_->put_event_once(first)));
  EXPECT_FALSE(value(records_->put_event_once(first)));
  auto other_action = first;
  other_action.action = "image-blocked";
  EXPECT_TRUE(value(records_->put_event_once(other_action)));
  auto other_decision = first;
  other_decision.decision_id = "d2";
  EXPECT_TRUE(value(records_->put_event_once(other_decision)));
  EXPECT_EQ(value(records_->events({})).size(), 3u);
}

TEST_P(Contract, EventThatIsTooLargeIsCutAndNotLost) {
  auto large = event("x");
  large.message = std::string(100'000, 'm');
  large.rules.assign(100, named(std::string(50'000, 'r')));
  large.extra.clear();
  for (int i = 0; i < 100; ++i) large.extra["key" + std::to_string(i)] = std::string(50'000, 'v');
  done(records_->put_event(large));
  const auto kept = value(records_->events({})).at(0);
  EXPECT_EQ(kept.message.size(), kMaxEventText);
  ASSERT_EQ(kept.rules.size(), findings::kMaxEventRules);
  EXPECT_EQ(kept.rules[0].rule.size(), kMaxEventText);
  ASSERT_EQ(kept.extra.size(), kMaxEventExtra);
  EXPECT_EQ(kept.extra.begin()->second.size(), kMaxEventExtraText);
}

TEST_P(Contract, EventsAreFilteredByEachTermAndByAllTogether) {
  auto wanted = event("pull-blocked");
  wanted.at = at(1'000);
  wanted.severity = Severity::high;
  wanted.host = "ghcr.io";
  wanted.repository = "Owner/Image_1";
  wanted.reference = "v1.2";
  wanted.manifest = digest("m").text();
  wanted.decision_id = "d7";
  wanted.client_address = "10.9.8.7";
  wanted.client_user = "carol";
  wanted.message = "rule miner,100% matched usr/bin/x";
  wanted.rules = {named("miner_100%")};
  auto other = plain("image-allowed");
  other.message = "clean";
  done(records_->put_event(other));
  done(records_->put_event(wanted));
  done(records_->put_event(other));
  const auto sequence = value(records_->events({})).at(1).sequence;

  struct Row {
    const char* name;
    std::function<void(EventQuery&)> ask;
    std::function<void(EventQuery&)> miss;
  };
  const Row rows[] = {
      {"action",
       [](auto& q) {
         q.actions = {"x", "pull-blocked"};
       },
       [](auto& q) { q.actions = {"pull"}; }},
      {"from", [](auto& q) { q.from = at(1'000); }, [](auto& q) { q.from = at(1'001); }},
      {"range", [](auto& q) { q.from = at(1'000), q.until = at(1'001); },
       [](auto& q) { q.from = at(1), q.until = at(1'000); }},
      {"host", [](auto& q) { q.host = "ghcr.io"; }, [](auto& q) { q.host = "ghcr"; }},
      {"repository", [](auto& q) { q.repository = "Owner/Image_1"; },
       [](auto& q) { q.repository = "Owner"; }},
      {"manifest", [](auto& q) { q.manifest = digest("m").text(); }, [](auto& q) { q.manifest = "sha256:"; }},
      {"decision", [](auto& q) { q.decision_id = "d7"; }, [](auto& q) { q.decision_id = "d"; }},
      {"client address", [](auto& q) { q.client = "10.9.8.7"; }, [](auto& q) { q.client = "10.9.8"; }},
      {"client user", [](auto& q) { q.client = "carol"; }, [](auto& q) { q.client = "Carol"; }},
      {"rule", [](auto& q) { q.rule = "miner_100%"; }, [](auto& q) { q.rule = "miner"; }},
      {"severity", [](auto& q) { q.min_severity = Severity::high; },
       [](auto& q) { q.min_severity = Severity::critical; }},
      {"text in the message", [](auto& q) { q.text = "RULE Miner,100% "; },
       [](auto& q) { q.text = "miner_100"; }},
      {"text in the name", [](auto& q) { q.text = "ghcr.io/owner/image_"; },
       [](auto& q) { q.text = "image%"; }},
      {"text in the reference", [](auto& q) { q.text = "V1.2"; }, [](auto& q) { q.text = "v1_2"; }},
  };
  const auto found = [&](const EventQuery& query) {
    std::vector<std::int64_t> sequences;
    for (const auto& e : value(records_->events(query))) sequences.push_back(e.sequence);
    return sequences;
  };
  EventQuery everything;
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    EventQuery hit;
    row.ask(hit);
    EXPECT_EQ(found(hit), std::vector{sequence});
    row.ask(everything);
    EventQuery miss;
    row.miss(miss);
    EXPECT_TRUE(found(miss).empty());
  }
  EXPECT_EQ(found(everything), std::vector{sequence});
}

TEST_P(Contract, EventsArePagedFromBothEnds) {
  for (int i = 0; i < 7; ++i) done(records_->put_event(plain(std::to_string(i))));
  std::string back;
  EventQuery query{.limit = 3};
  while (true) {
    const auto page = value(records_->events(query));
    if (page.empty()) break;
    for (auto e = page.rbegin(); e != page.rend(); ++e) back += e->action;
    query.before_sequence = page.front().sequence;
  }
  EXPECT_EQ(back, "6543210");
  std::string forth;
  query = {.limit = 3, .newest = false};
  while (true) {
    const auto page = value(records_->events(query));
    if (page.empty()) break;
    for (const auto& e : page) forth += e.action;
    query.after_sequence = page.back().sequence;
  }
  EXPECT_EQ(forth, "0123456");
}

TEST_P(Contract, CursorsMoveForwardOnlyAndOutliveARestart) {
  EXPECT_TRUE(value(records_->cursors()).empty());
  done(records_->put_cursor("slack", 5, at(1)));
  done(records_->put_cursor("siem " + hostile(), 2, at(2)));
  done(records_->put_cursor("slack", 9, at(3)));
  done(records_->put_cursor("slack", 7, at(4)));
  reopen();
  auto cursors = value(records_->cursors());
  ASSERT_EQ(cursors.size(), 2u);
  EXPECT_EQ(cursors[0].name, "siem " + hostile());
  EXPECT_EQ(cursors[0].sequence, 2);
  EXPECT_EQ(cursors[1].name, "slack");
  EXPECT_EQ(cursors[1].sequence, 9);
  EXPECT_EQ(cursors[1].updated, at(3));
  done(records_->remove_cursor("slack"));
  done(records_->remove_cursor("never there"));
  EXPECT_EQ(value(records_->cursors()).size(), 1u);
}

}  // namespace
}  // namespace portcullis::records
