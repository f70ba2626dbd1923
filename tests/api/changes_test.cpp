// SPDX-License-Identifier: Apache-2.0
//
// What an operator changes, each with its event; and events as they happen.
#include <gmock/gmock.h>

#include "fixture.hpp"
#include "portcullis/records/waivers.hpp"
#include "support/wait.hpp"

namespace portcullis::api {
namespace {

using namespace records::samples;
using nlohmann::json;
using portcullis::test::wait_until;
using testing::HasSubstr;

class Changes : public ApiTest {
 protected:
  json post(const std::string& target, const json& body, int status) {
    const auto answer = ask("POST", target, operator_, body.is_null() ? "" : body.dump());
    EXPECT_EQ(answer.status, status) << answer.body;
    return json::parse(answer.body, nullptr, false);
  }
  json put(const std::string& target, const json& body, int status) {
    const auto answer = ask("PUT", target, operator_, body.dump());
    EXPECT_EQ(answer.status, status) << answer.body;
    return json::parse(answer.body, nullptr, false);
  }
  records::Event last_event() { return records_->events({.limit = 1})->back(); }
};

TEST_F(Changes, AWaiverIsPreviewedSignedSeenAndRevoked) {
  fill();
  const json wanted = {
      {"rule", "miner_xmrig"}, {"digest", digest("manifest").text()}, {"reason", "known"}, {"expires", "7d"}};
  const auto preview = post("/waivers/preview", wanted, 200);
  ASSERT_GT(preview["effect"]["findings"], 0) << preview;
  EXPECT_EQ(preview["effect"]["images"][0]["name"], "ghcr.io/owner/image");
  EXPECT_EQ(get("/waivers")["waivers"].size(), 0u);
  EXPECT_EQ(gate_.waivers_changed_, 0);

  const auto made = post("/waivers", wanted, 201)["waivers"][0];
  EXPECT_EQ(made["author"], "olga");
  EXPECT_EQ(gate_.waivers_changed_, 1);
  auto event = last_event();
  EXPECT_EQ(event.action, "waiver-added");
  EXPECT_EQ(event.client_address, "192.0.2.7");
  EXPECT_EQ(get("/waivers?state=active")["waivers"][0]["id"], made["id"]);
  const std::string id = made["id"];
  EXPECT_EQ(get("/waivers/" + id)["state"], "active");

  EXPECT_THAT(post("/waivers/" + id + "/revoke", json::object(), 422)["detail"], HasSubstr("reason"));
  EXPECT_EQ(post("/waivers/" + id + "/revoke", {{"reason", "done"}}, 200)["state"], "revoked");
  EXPECT_EQ(gate_.waivers_changed_, 2);
  EXPECT_EQ(last_event().action, "waiver-revoked");
  EXPECT_THAT(post("/waivers/" + id + "/revoke", {{"reason", "again"}}, 422)["detail"], HasSubstr("already"));
  post("/waivers/nobody/revoke", {{"reason", "x"}}, 404);
}

TEST_F(Changes, AWaiverThatMayNotExistIsRefusedWithWhatToChange) {
  fill();
  const json good = {
      {"rule", "miner_xmrig"}, {"digest", digest("manifest").text()}, {"reason", "known"}, {"expires", "7d"}};
  struct Row {
    const char* name;
    json change;
    int status;
    const char* expected;
  };
  const Row rows[] = {
      {"one term", {{"digest", ""}}, 422, "at least two of"},
      {"no reason", {{"reason", " "}}, 422, "reason is missing"},
      {"no expiry", {{"expires", ""}}, 400, "expires: expected a time"},
      {"too long", {{"expires", "91d"}}, 422, "within 90 days"},
      {"in the past", {{"expires", "2020-01-01T00:00:00Z"}}, 422, "in the future"},
      {"report and scope", {{"report", "d1"}}, 400, "either report or a scope"},
      {"author", {{"author", "somebody else"}}, 400, "unknown member \"author\""},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    auto body = good;
    body.update(row.change);
    for (const auto* target : {"/waivers", "/waivers/preview"}) {
      EXPECT_THAT(post(target, body, row.status)["detail"], HasSubstr(row.expected));
    }
  }
  post("/waivers", {{"report", "no-such"}, {"reason", "x"}, {"expires", "1d"}}, 404);
  EXPECT_EQ(get("/waivers")["waivers"].size(), 0u);
}

TEST_F(Changes, TokensAreMadeOnceShownOnceAndRevoked) {
  const auto made = post("/tokens", {{"name", "ci"}, {"role", "viewer"}, {"expires", "30d"}}, 201);
  const std::string secret = made["secret"];
  const auto verified = records_->tokens().verify(secret, clock_.now());
  ASSERT_TRUE(verified && *verified);
  EXPECT_EQ((*verified)->role, records::Role::viewer);
  auto event = last_event();
  EXPECT_EQ(event.action, "token-created");
  EXPECT_EQ(event.client_user, "olga");
  EXPECT_EQ(event.extra["by.token"], operator_.id);
  EXPECT_EQ(event.extra["token"], made["id"]);

  const auto listed = ask("GET", "/tokens", operator_);
  EXPECT_EQ(json::parse(listed.body)["tokens"].size(), 3u);
  EXPECT_EQ(listed.body.find(secret), std::string::npos);
  EXPECT_EQ(listed.body.find("secret"), std::string::npos);

  const std::string id = made["id"];
  EXPECT_EQ(ask("DELETE", "/tokens/" + id, operator_).status, 204);
  EXPECT_EQ(last_event().action, "token-revoked");
  problem_of(ask("DELETE", "/tokens/" + id, operator_), 404);
  EXPECT_FALSE(*records_->tokens().verify(secret, clock_.now()));

  post("/tokens", {{"name", ""}, {"role", "viewer"}}, 400);
  post("/tokens", {{"name", "x"}, {"role", "admin"}}, 400);
  post("/tokens", {{"name", "x"}, {"role", "viewer"}, {"expires", "9000d"}}, 400);
}

TEST_F(Changes, RulesAreReloadedOrStay) {
  EXPECT_EQ(post("/rules/reload", nullptr, 200)["profile"], "profile-1");
  EXPECT_EQ(last_event().action, "rules-reloaded");
  EXPECT_EQ(last_event().client_user, "olga");
  reload_fails_ = "portcullis.toml:2: policy.mode: expected enforce or audit";
  EXPECT_THAT(post("/rules/reload", nullptr, 409)["detail"], HasSubstr("policy.mode"));
}

TEST_F(Changes, ARuleIsDisabledOverriddenAndRestored) {
  const std::string target = "/rules/settings/miner.yar/miner_xmrig";
  const auto rule = [&] {
    const auto all = get("/rules");
    for (const auto& one : all["rules"]) {
      if (one["name"] == "miner_xmrig") return one;
    }
    return json();
  };
  EXPECT_EQ(rule()["setting"], nullptr);
  EXPECT_EQ(rule()["state"], "active");

  const auto off = put(target, {{"action", "disable"}, {"reason", "<b>docs\x1b[2J"}}, 200);
  EXPECT_EQ(off["setting"]["action"], "disable");
  EXPECT_EQ(off["setting"]["severity"], nullptr);
  EXPECT_EQ(off["setting"]["author"], "olga");
  EXPECT_EQ(rule()["setting"], off["setting"]);
  EXPECT_EQ(last_event().action, "rule-disabled");
  EXPECT_EQ(last_event().client_address, "192.0.2.7");

  const auto low = put(target, {{"action", "severity"}, {"severity", "low"}, {"reason", "x"}}, 200);
  EXPECT_EQ(low["setting"]["severity"], "low");
  EXPECT_EQ(last_event().action, "rule-overridden");

  reload_fails_ = "the rules in use stay: no rule is left";
  EXPECT_THAT(put(target, {{"action", "disable"}, {"reason", "x"}}, 409)["detail"],
              HasSubstr("no rule is left"));
  EXPECT_EQ(rule()["setting"], low["setting"]) << "nothing has changed";
  EXPECT_EQ(ask("DELETE", target + "?reason=x", operator_).status, 409);
  reload_fails_.clear();

  EXPECT_EQ(ask("DELETE", target, operator_).status, 422) << "without a reason";
  EXPECT_EQ(ask("DELETE", target + "?reason=fixed", operator_).status, 200);
  EXPECT_EQ(last_event().action, "rule-restored");
  EXPECT_EQ(rule()["setting"], nullptr);
  problem_of(ask("DELETE", target + "?reason=fixed", operator_), 404);
}

TEST_F(Changes, ASettingThatSaysNothingClearIsRefused) {
  const std::string target = "/rules/settings/miner.yar/miner_xmrig";
  struct Row {
    const char* name;
    std::string target;
    json body;
    int status;
    const char* expected;
  };
  const Row rows[] = {
      {"no action", target, {{"reason", "x"}}, 400, "action: expected disable or severity"},
      {"another action", target, {{"action", "off"}, {"reason", "x"}}, 400, "saw \"off\""},
      {"no severity", target, {{"action", "severity"}, {"reason", "x"}}, 400, "severity: expected info"},
      {"both",
       target,
       {{"action", "disable"}, {"severity", "low"}, {"reason", "x"}},
       400,
       "disabled has none"},
      {"no reason", target, {{"action", "disable"}}, 422, "reason is missing"},
      {"no such rule",
       "/rules/settings/miner.yar/x",
       {{"action", "disable"}, {"reason", "x"}},
       404,
       "no rule"},
      {"in another file",
       "/rules/settings/a%2Fb/other",
       {{"action", "disable"}, {"reason", "x"}},
       404,
       "a/b:other"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_THAT(put(row.target, row.body, row.status)["detail"], HasSubstr(row.expected));
  }
  EXPECT_TRUE(records_->rule_settings().list()->empty());
}

TEST_F(Changes, WhatRulesCostIsMeasuredAndShownForTheirProfile) {
  EXPECT_EQ(get("/rules")["cost"], nullptr);
  const auto measured = post("/rules/bench", nullptr, 200);
  EXPECT_EQ(measured["mb_per_second"], 250.0);
  EXPECT_EQ(measured["files"][0]["file"], "miner.yar") << "the dearest first";
  EXPECT_EQ(measured["files"][0]["ms_per_mb"], 2.0);
  EXPECT_EQ(measured["files"][0]["share"], 0.5);
  EXPECT_EQ(get("/rules")["cost"], measured);
  scanner_.profile_ = "profile-2";
  EXPECT_EQ(get("/rules")["cost"], nullptr);
  measures_ = false;
  post("/rules/bench", nullptr, 503);
}

TEST_F(Changes, AnImageIsScannedAgain) {
  const json image = {
      {"host", "ghcr.io"}, {"repository", "owner/image"}, {"digest", digest("manifest").text()}};
  post("/images/rescan", image, 202);
  EXPECT_EQ(last_event().action, "rescan-requested");
  EXPECT_EQ(last_event().manifest, digest("manifest").text());
  auto other = image;
  other["repository"] = "owner/unknown";
  post("/images/rescan", other, 404);
  other["digest"] = "latest";
  post("/images/rescan", other, 400);
}

TEST_F(Changes, TheCanaryIsBlocked) {
  const auto held = post("/canary", nullptr, 200);
  EXPECT_EQ(held["blocked"], true);
  EXPECT_EQ(held["decision"], "r1");
}

class Streams : public Changes {
 protected:
  std::shared_ptr<EventStream> open(const std::string& query, const std::string& last_event_id = {}) {
    auto answer = api_->answer({.method = "GET",
                                .target = "/api/v1/events/stream" + query,
                                .last_event_id = last_event_id,
                                .caller = viewer_});
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.content_type, "text/event-stream");
    return answer.stream;
  }
  /// What has come once `part` is in it.
  std::string until(EventStream& stream, const std::string& part) {
    std::string text;
    EXPECT_TRUE(wait_until([&] {
      text += stream.take();
      return text.find(part) != std::string::npos;
    })) << text;
    return text;
  }
  void happen(const std::string& action, const std::string& message) {
    auto e = event(action);
    e.message = message;
    ASSERT_TRUE(records_->put_event(e));
  }
};

TEST_F(Streams, BeginNowAndResumeWhereTheyWere) {
  happen("pull-blocked", "before");
  const auto first = open("");
  happen("pull-blocked", "one");
  const auto seen = until(*first, "\"one\"");
  EXPECT_EQ(seen.find("before"), std::string::npos);
  const auto at_id = seen.rfind("id: ");
  const auto last = seen.substr(at_id + 4, seen.find('\n', at_id) - at_id - 4);
  happen("pull-blocked", "two");
  const auto second = open("", last);
  const auto more = until(*second, "\"two\"");
  EXPECT_EQ(more.find("\"one\""), std::string::npos);
  // From a database with more events than this one has: from now on.
  const auto stray = open("", "999999");
  happen("pull-blocked", "three");
  EXPECT_EQ(until(*stray, "\"three\"").find("\"two\""), std::string::npos);
}

TEST_F(Streams, AreFilteredAndHostileTextCannotForgeEvents) {
  const auto stream = open("?action=pull-blocked,retro-alert&severity=high");
  happen("pull-allowed", "not this");
  auto low = event("pull-blocked");
  low.severity = findings::Severity::low;
  ASSERT_TRUE(records_->put_event(low));
  happen("retro-alert", "x\n\ndata: forged\r\rdata: forged");
  const auto seen = until(*stream, "retro-alert");
  EXPECT_EQ(seen.find("not this"), std::string::npos);
  EXPECT_EQ(seen.find("\"severity\":\"low\",\"host"), std::string::npos);
  EXPECT_EQ(seen.find("\ndata: forged"), std::string::npos);
  EXPECT_EQ(seen.find('\r'), std::string::npos);
}

TEST_F(Streams, AreBoundedAndEndTogether) {
  restart(2);
  auto one = open("");
  const auto two = open("");
  EXPECT_EQ(ask("GET", "/events/stream", viewer_).status, 503);
  one.reset();
  // The feed may be reading for it at this moment: its place is free when the feed lets go.
  std::shared_ptr<EventStream> three;
  ASSERT_TRUE(wait_until([&] {
    three = ask("GET", "/events/stream", viewer_).stream;
    return three != nullptr;
  }));
  EXPECT_FALSE(two->ended());
  api_->stop();
  for (const auto& stream : {two, three}) {
    EXPECT_TRUE(stream->has_news());
    stream->take();
    EXPECT_TRUE(stream->ended());
  }
  EXPECT_EQ(ask("GET", "/events/stream", viewer_).status, 503);
}

TEST_F(Streams, ManyEventsComeAllOnceInOrder) {
  const auto stream = open("");
  for (int i = 0; i < 1000; ++i) happen("pull-blocked", "event " + std::to_string(i));
  const auto seen = until(*stream, "\"event 999\"");
  std::size_t at_place = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto found = seen.find("\"event " + std::to_string(i) + "\"", at_place);
    ASSERT_NE(found, std::string::npos) << i;
    at_place = found;
  }
}

}  // namespace
}  // namespace portcullis::api
