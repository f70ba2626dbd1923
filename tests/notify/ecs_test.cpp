// SPDX-License-Identifier: Apache-2.0
#include "portcullis/notify/ecs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "samples.hpp"
#include "slack.hpp"

namespace portcullis::notify {
namespace {

using namespace samples;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// One line of printable ASCII.
void expect_safe(const std::string& line) {
  for (const char c : line) ASSERT_TRUE(c >= ' ' && c <= '~') << static_cast<int>(c);
}

TEST(Ecs, ABlockedPullHasTheFieldsThatOthersLookFor) {
  auto event = blocked();
  event.sequence = 42;
  event.extra = {{"policy", "p1"}, {"squat.score", "0.93"}, {"squat.target", "nginx"}};
  const auto shown = json::parse(ecs_json(event, "https://gate.example"));
  const json expected = {
      {"@timestamp", "2026-11-18T11:06:40.000Z"},
      {"ecs.version", "8.11"},
      {"event.action", "pull-blocked"},
      {"event.outcome", "failure"},
      {"event.kind", "alert"},
      {"event.severity", 99},
      {"event.module", "portcullis"},
      {"event.dataset", "portcullis.events"},
      {"event.sequence", 42},
      {"portcullis.severity", "critical"},
      {"container.image.name", "docker.io/library/nginx"},
      {"container.image.tag", "1.27"},
      {"container.image.hash.all", {"sha256:" + std::string(64, 'a')}},
      {"source.ip", "10.1.2.3"},
      {"user.name", "ci"},
      {"user_agent.original", "docker/27.3.1"},
      {"rule.name", "miner_xmrig"},
      {"file.path", "usr/bin/x"},
      {"file.hash.sha256", std::string(64, 'b')},
      {"portcullis.layer.digest", "sha256:" + std::string(64, 'c')},
      {"threat.framework", "MITRE ATT&CK"},
      {"threat.technique.id", {"T1496"}},
      {"message", "rule miner_xmrig (critical) matched usr/bin/x in layer 3"},
      {"portcullis.decision_id", "7f3k2mnq"},
      {"portcullis.report_url", "https://gate.example/reports/7f3k2mnq"},
      {"portcullis.rules",
       {{{"name", "miner_xmrig"},
         {"severity", "critical"},
         {"path", "usr/bin/x"},
         {"sha256", std::string(64, 'b')},
         {"layer", "sha256:" + std::string(64, 'c')}}}},
      {"portcullis.policy", "p1"},
      {"portcullis.squat.score", 0.93},
      {"portcullis.squat.target", "nginx"},
  };
  EXPECT_EQ(shown, expected) << json::diff(shown, expected).dump(1);
}

TEST(Ecs, WhatIsNotThereIsLeftOut) {
  const auto shown = json::parse(ecs_json(event("rules-reloaded"), ""));
  for (const char* field : {"source.ip", "rule.name", "message", "container.image.name",
                            "portcullis.report_url", "portcullis.rules", "portcullis.pullers"}) {
    EXPECT_FALSE(shown.contains(field)) << field;
  }
  EXPECT_EQ(shown["event.outcome"], "unknown");
  EXPECT_EQ(shown["event.severity"], 0);
}

TEST(Ecs, WhatIsNoAddressDoesNotStandWhereOnlyAddressesMay) {
  auto event = blocked();
  event.client_address = "gateway";
  const auto shown = json::parse(ecs_json(event, ""));
  EXPECT_FALSE(shown.contains("source.ip"));
  EXPECT_EQ(shown["source.address"], "gateway");
}

TEST(Ecs, ADigestIsNoTag) {
  auto event = blocked();
  event.reference = event.manifest;
  EXPECT_FALSE(json::parse(ecs_json(event, "")).contains("container.image.tag"));
}

TEST(Ecs, FurtherFieldsDoNotReplaceOwnOnes) {
  auto event = blocked();
  event.extra = {{"decision_id", "forged"}, {"severity", "info"}, {"squat.score", "inf"}};
  const auto shown = json::parse(ecs_json(event, ""));
  EXPECT_EQ(shown["portcullis.decision_id"], "7f3k2mnq");
  EXPECT_EQ(shown["portcullis.severity"], "critical");
  EXPECT_EQ(shown["portcullis.squat.score"], "inf") << "JSON has no such number";
}

TEST(Ecs, ClientsOfARetroAlertAreAList) {
  auto alert = event("retro-alert", findings::Severity::high);
  alert.extra["pullers"] =
      R"([{"address":"10.0.0.1","user":"ci","agent":"docker","first":"2026-01-01T00:00:00Z","last":"2026-01-02T00:00:00Z","requests":3},{"address":"10.0.0.2\u001b"}])";
  alert.extra["pullers.count"] = "2";
  const auto shown = json::parse(ecs_json(alert, ""));
  EXPECT_EQ(shown["portcullis.pullers"],
            json::parse(R"([{"address":"10.0.0.1","user":"ci","agent":"docker","first":"2026-01-01T00:00:00Z",
                            "last":"2026-01-02T00:00:00Z","requests":3},{"address":"10.0.0.2\\x1b"}])"));
  EXPECT_EQ(shown["portcullis.pullers.count"], 2);
}

struct BadList {
  const char* name;
  std::string text;
};
class Pullers : public testing::TestWithParam<BadList> {};

TEST_P(Pullers, ThatAreNoSuchListAreShownAsText) {
  auto alert = event("retro-alert");
  alert.extra["pullers"] = GetParam().text;
  const auto shown = json::parse(ecs_json(alert, ""));
  EXPECT_FALSE(shown.contains("portcullis.pullers"));
  EXPECT_TRUE(shown["portcullis.pullers_text"].is_string());
  expect_safe(slack_json(alert, ""));
}

const BadList kBadLists[] = {
    {"cut", R"([{"address":"10.0.0.1"},{"addr)"},
    {"object", R"({"address":"10.0.0.1"})"},
    {"unknown_member", R"([{"address":"a","role":"root"}])"},
    {"number", R"([{"address":7}])"},
    {"negative_requests", R"([{"address":"a","requests":-1}])"},
    {"nested", R"([{"address":["a"]}])"},
    {"deep", std::string(4000, '[')},
    {"not_json", hostile()},
};
INSTANTIATE_TEST_SUITE_P(Table, Pullers, testing::ValuesIn(kBadLists),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Ecs, HostileTextStaysOneSafeBoundedLine) {
  for (const auto detail : {Detail::full, Detail::brief}) {
    const auto line = ecs_json(worst(), "https://gate.example", detail);
    expect_safe(line);
    EXPECT_LT(line.size(), detail == Detail::full ? 256u * 1024 : 7u * 1024);
    const auto shown = json::parse(line);
    EXPECT_FALSE(shown.contains("portcullis.report_url")) << "an id like that leads nowhere";
    EXPECT_NE(shown["event.action"], "x");
    EXPECT_EQ(shown.contains("portcullis.truncated"), detail == Detail::brief);
  }
}

TEST(Slack, SaysWhatHappenedAndWhereToReadOn) {
  auto event = blocked();
  const auto body = json::parse(slack_json(event, "https://gate.example"));
  const std::string text = body["text"];
  EXPECT_THAT(text, HasSubstr("*Pull blocked* `docker.io/library/nginx:1.27` (critical)"));
  EXPECT_THAT(text, HasSubstr("`miner_xmrig` in `usr/bin/x`"));
  EXPECT_THAT(text, HasSubstr("`10.1.2.3` user `ci`"));
  EXPECT_THAT(text, HasSubstr("<https://gate.example/reports/7f3k2mnq|7f3k2mnq>"));
  std::string blocks;
  for (const auto& block : body["blocks"]) {
    EXPECT_EQ(block["type"], "section");
    EXPECT_EQ(block["text"]["type"], "mrkdwn");
    blocks += (blocks.empty() ? "" : "\n") + block["text"]["text"].get<std::string>();
  }
  EXPECT_EQ(blocks, text);
}

TEST(Slack, ListsWhoPulled) {
  auto alert = event("retro-alert", findings::Severity::high);
  std::string list;
  for (int i = 0; i < 12; ++i) {
    list += (i == 0 ? "[" : ",") + std::string(R"({"address":"10.0.0.)") + std::to_string(i) +
            R"(","user":"u","last":"2026-01-02T00:00:00Z"})";
  }
  alert.extra = {{"pullers", list + "]"}, {"pullers.count", "40"}};
  const std::string text = json::parse(slack_json(alert, ""))["text"];
  EXPECT_THAT(text, HasSubstr("- `10.0.0.0` `u` last `2026-01-02T00:00:00Z`\n- `10.0.0.1`"));
  EXPECT_THAT(text, HasSubstr("and 30 more"));
}

TEST(Slack, NothingHostileIsMarkup) {
  const auto line = slack_json(worst(), "https://gate.example");
  expect_safe(line);
  const auto body = json::parse(line);
  EXPECT_GT(body["blocks"].size(), 3u);
  for (const auto& block : body["blocks"]) {
    const std::string text = block["text"]["text"];
    EXPECT_LE(text.size(), 3000u);
    EXPECT_THAT(text, Not(HasSubstr("<!channel>")));
    // Outside of code spans there are our own words only.
    bool in_code = false;
    std::string outside;
    for (const char c : text) {
      if (c == '`') in_code = !in_code;
      if (!in_code && c != '`') outside += c;
    }
    EXPECT_FALSE(in_code);
    EXPECT_THAT(outside, Not(HasSubstr("@")));
    EXPECT_THAT(outside, Not(HasSubstr("<")));
  }
}

}  // namespace
}  // namespace portcullis::notify
