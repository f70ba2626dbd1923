// SPDX-License-Identifier: Apache-2.0
//
// Lists, the story of a decision, searches, exports: what the dashboard shows.
#include <gmock/gmock.h>

#include <set>

#include "fixture.hpp"
#include "portcullis/records/search.hpp"
#include "portcullis/records/waivers.hpp"

namespace portcullis::api {
namespace {

using namespace records::samples;
using testing::HasSubstr;
using testing::Not;

/// Nothing that a terminal, a page or a spreadsheet would act on, anywhere.
void expect_safe(const nlohmann::json& json) {
  if (json.is_string()) {
    for (const char c : json.get_ref<const std::string&>()) {
      EXPECT_TRUE((c >= ' ' && c <= '~') || c == '\n') << json;
    }
  }
  if (json.is_structured()) {
    for (const auto& item : json) expect_safe(item);
  }
}

TEST_F(ApiTest, ADecisionTellsItsWholeStory) {
  fill();
  const auto story = get("/decisions/d1");
  EXPECT_EQ(story["action"], "block");
  EXPECT_THAT(story["client_line"], HasSubstr("BLOCKED by Portcullis: rule miner_xmrig matched"));
  EXPECT_THAT(story["client_line"], HasSubstr("report d1"));
  EXPECT_EQ(story["current"], true);
  ASSERT_EQ(story["blobs"].size(), 2u);
  EXPECT_TRUE(story["blobs"][0]["scan"].is_null());  // never scanned in this test
  const auto& finding = story["blobs"][1]["scan"]["findings"][0];
  EXPECT_EQ(finding["rule"], "miner_xmrig");
  EXPECT_EQ(finding["strings"][1]["offset"], UINT64_MAX);
  EXPECT_EQ(finding["strings"][2]["text"], "plain");
  EXPECT_EQ(finding["strings"][2]["hex"], "706c61696e");
  EXPECT_EQ(finding["strings"][2]["before_hex"], "");
  EXPECT_THAT(std::string(finding["strings"][0]["after_hex"]), testing::EndsWith("61"));
  EXPECT_EQ(story["about"], "image");
  EXPECT_EQ(story["pullers"].size(), 1u);
  EXPECT_EQ(story["pullers"][0]["client"], "10.0.0.1");
  std::set<std::string> moments;
  for (const auto& moment : story["timeline"]) moments.insert(moment["what"]);
  EXPECT_THAT(moments, testing::IsSupersetOf({"first-seen", "scanned", "first-pull", "last-pull"}));
  expect_safe(story);
}

TEST_F(ApiTest, ADecisionNamesTheWaiversAndTheNamesAndTheTagsThatMovedOn) {
  fill();
  auto record = decision("d2");
  record.decision.reasons = {{findings::Action::warn, findings::Severity::high, "name:repository",
                              squat("repository", "ngnix", "nginx").text + " (new); waived by w1", "w1"}};
  auto warned = event("image-warned");
  warned.host = record.host;
  warned.repository = record.repository;
  ASSERT_TRUE(records_->put_decision(record, warned));
  const auto waive = [&](const std::string& id, const std::string& repository) {
    findings::Waiver waiver;
    waiver.id = id;
    waiver.rule = "r";
    waiver.repository = repository;
    waiver.reason = "why";
    waiver.author = "me";
    waiver.created = at(0);
    waiver.expires = at(1'000'000);
    ASSERT_TRUE(records_->waivers().create(waiver, event("waiver-added")));
  };
  waive("w1", "ghcr.io/elsewhere/*");
  waive("w2", "ghcr.io/owner/*");
  waive("w3", "docker.io/*");
  auto moved = event("tag-moved");
  moved.host = record.host;
  moved.repository = record.repository;
  moved.manifest = digest("newer").text();
  moved.extra = {{"tag.from", record.manifest.text()}};
  ASSERT_TRUE(records_->put_event(moved));

  const auto story = get("/decisions/d2");
  ASSERT_EQ(story["waivers"].size(), 2u);
  EXPECT_EQ(story["waivers"][0]["waiver"]["id"], "w1");
  EXPECT_EQ(story["waivers"][0]["used"], true);
  EXPECT_EQ(story["waivers"][1]["waiver"]["id"], "w2");
  EXPECT_EQ(story["waivers"][1]["used"], false);
  ASSERT_EQ(story["names"].size(), 1u);
  const auto& name = story["names"][0];
  EXPECT_EQ(name["action"], "warn");
  EXPECT_EQ(name["waiver"], "w1");
  EXPECT_THAT(std::string(name["reason"]), testing::EndsWith("waived by w1"));
  EXPECT_EQ(name["letters"][1], (nlohmann::json{{"kind", "swapped"}, {"seen", "gn"}, {"expected", "ng"}}));
  std::set<std::string> moments;
  for (const auto& moment : story["timeline"]) moments.insert(moment["what"]);
  EXPECT_THAT(moments, testing::IsSupersetOf({"tag-left", "image-warned"}));
  EXPECT_THAT(moments, Not(testing::Contains("pull-blocked"))) << "thousands of them would hide the rest";
  expect_safe(story);
}

TEST_F(ApiTest, AReportOfABlockedNameLeadsToTheReason) {
  const auto blocked = name_decision("n1");
  ASSERT_TRUE(records_->put_name_decision(blocked, {event("name-squat")}));
  auto pulled = pull();
  pulled.host = blocked.host;
  pulled.repository = blocked.repository;
  pulled.manifest.reset();
  pulled.decision_id = "n1";
  pulled.action = findings::Action::block;
  ASSERT_TRUE(records_->put_pulls({pulled}));
  const auto row = get("/pulls?action=block")["pulls"][0];
  EXPECT_EQ(row["manifest"], "");
  EXPECT_EQ(row["summary"], blocked.decision.summary);
  const auto story = get("/decisions/" + std::string(row["decision"]));
  EXPECT_EQ(story["about"], "name");
  EXPECT_EQ(story["action"], "block");
  EXPECT_EQ(story["current"], true);
  EXPECT_EQ(story["client_line"], "BLOCKED by Portcullis: registry ghrc.io looks like ghcr.io; report n1");
  EXPECT_EQ(story["names"][0]["target"], "ghcr.io");
  EXPECT_EQ(story["names"][0]["action"], "block");
  EXPECT_EQ(story["pullers"][0]["client"], "10.0.0.1");
  EXPECT_EQ(story["blobs"].size(), 0u);
  expect_safe(story);
}

TEST_F(ApiTest, RetroAlertsAreClosedOnceWithAReason) {
  auto raised = event("retro-alert");
  raised.extra = {{"cause", "rescan"},
                  {"previous", "d0"},
                  {"pullers.count", "2"},
                  {"pullers", R"([{"address":"10.0.0.1","requests":3},{"address":7,"requests":-1},5])"}};
  ASSERT_TRUE(records_->put_event(raised));
  raised.decision_id = "d2";
  raised.extra = {{"pullers", "no JSON"}, {"pullers.count", "many"}};
  ASSERT_TRUE(records_->put_event(raised));
  const auto alerts = get("/retro-alerts?state=open&limit=1");
  EXPECT_EQ(alerts["open"], 2);
  EXPECT_EQ(alerts["alerts"][0]["id"], "d2");
  EXPECT_EQ(alerts["alerts"][0]["pullers"].size(), 0u);
  const auto rest = get("/retro-alerts?state=open&cursor=" + std::string(alerts["next"]));
  ASSERT_EQ(rest["alerts"].size(), 1u);
  EXPECT_EQ(rest["next"], "");
  const auto& first = rest["alerts"][0];
  EXPECT_EQ(first["cause"], "rescan");
  EXPECT_EQ(first["pullers_count"], 2);
  EXPECT_EQ(first["pullers"][0]["client"], "10.0.0.1");
  EXPECT_EQ(first["pullers"][1]["client"], "");
  expect_safe(rest);

  const std::string close = "/retro-alerts/d1/close";
  problem_of(ask("POST", close, viewer_, R"({"reason":"done"})"), 403);
  problem_of(ask("POST", close, operator_, R"({"reason":" "})"), 400);
  problem_of(ask("POST", close, operator_, nlohmann::json{{"reason", std::string(501, 'x')}}.dump()), 400);
  problem_of(ask("POST", "/retro-alerts/none/close", operator_, R"({"reason":"done"})"), 404);
  EXPECT_EQ(get("/retro-alerts")["open"], 2);
  EXPECT_EQ(ask("POST", close, operator_, R"({"reason":"pods restarted"})").status, 200);
  const auto again = problem_of(ask("POST", close, operator_, R"({"reason":"x"})"), 409);
  EXPECT_THAT(std::string(again["detail"]), HasSubstr("was closed by olga at "));
  const auto closed = get("/retro-alerts/d1");
  EXPECT_EQ(closed["state"], "closed");
  EXPECT_EQ(closed["closed_by"], "olga");
  EXPECT_EQ(closed["closed_why"], "pods restarted");
  EXPECT_EQ(get("/retro-alerts?state=closed")["alerts"].size(), 1u);
  EXPECT_EQ(get("/overview")["retro_alerts_open"], 1);
  const auto audit = get("/events?action=retro-alert-closed")["events"][0];
  EXPECT_EQ(audit["user"], "olga");
  EXPECT_EQ(audit["extra"]["by.token"], operator_.id);
}

TEST_F(ApiTest, HostileTextIsSafeOnEveryRoute) {
  fill();
  auto token = this->token(hostile(), records::Role::viewer);
  for (const auto& target :
       {"/session", "/overview?from=2026-11-01T00:00:00Z&width=24", "/status", "/pulls", "/decisions/d1",
        "/images", "/events", "/rules", "/waivers", "/policy", "/files?path=nothing"}) {
    SCOPED_TRACE(target);
    const auto answer = ask("GET", target, token);
    EXPECT_EQ(answer.status, 200) << answer.body;
    expect_safe(nlohmann::json::parse(answer.body));
  }
  const auto layer = digest("layer").text();
  for (const auto& target : {"/images/" + digest("manifest").text(), "/layers/" + layer,
                             "/layers/" + layer + "/files", "/files?hash=" + std::string(64, 'a')}) {
    SCOPED_TRACE(target);
    expect_safe(get(target));
  }
}

TEST_F(ApiTest, ImagesLayersAndFilesLeadToEachOther) {
  fill();
  auto other = decision("d2", "other manifest");
  other.repository = "owner/other";
  ASSERT_TRUE(records_->put_decision(other, event("image-warned")));
  EXPECT_EQ(get("/images")["images"].size(), 2u);
  EXPECT_EQ(get("/images?action=block")["images"][0]["decision"], "d1");
  EXPECT_EQ(get("/images?rule=miner_xmrig")["images"].size(), 2u);
  EXPECT_EQ(get("/images?digest=" + digest("layer").text())["images"].size(), 2u);

  const auto image = get("/images/" + digest("manifest").text());
  ASSERT_EQ(image["images"].size(), 1u);
  const auto& layer = image["blobs"][1];
  EXPECT_EQ(layer["place"], "layer 1");
  ASSERT_EQ(layer["shared_with"].size(), 1u);
  EXPECT_EQ(layer["shared_with"][0]["name"], "ghcr.io/owner/other");
  problem_of(ask("GET", "/images/" + digest("unknown").text(), viewer_), 404);

  const auto layers = get("/layers/" + digest("layer").text());
  EXPECT_EQ(layers["images"].size(), 2u);
  EXPECT_EQ(layers["blob"]["scan"]["outcome"], "complete");
  EXPECT_EQ(layers["inventory"], "whole");
  const auto files = get("/layers/" + digest("layer").text() + "/files");
  EXPECT_EQ(files["files"][0]["hash"], std::string(64, 'a'));
  problem_of(ask("GET", "/layers/" + digest("unknown").text(), viewer_), 404);
  problem_of(ask("GET", "/layers/" + digest("unknown").text() + "/files", viewer_), 404);

  const auto exposure = get("/files?hash=" + std::string(64, 'a'));
  EXPECT_EQ(exposure["images"].size(), 2u);
  EXPECT_EQ(exposure["pullers"][0]["client"], "10.0.0.1");
}

/// All rows by following `next`, from lists of three, while something is added after each page.
std::vector<std::string> walk(const std::function<nlohmann::json(const std::string&)>& page, const char* list,
                              const char* id, const std::function<void(int)>& meanwhile) {
  std::vector<std::string> all;
  std::string cursor;
  for (int i = 0; i < 100; ++i) {
    const auto answer = page("limit=3" + (cursor.empty() ? "" : "&cursor=" + cursor));
    for (const auto& row : answer[list]) all.push_back(row[id].dump());
    cursor = answer["next"];
    if (cursor.empty()) return all;
    meanwhile(i);
  }
  ADD_FAILURE() << "no end";
  return all;
}

TEST_F(ApiTest, PagesLoseNothingAndRepeatNothingWhileRowsAreAdded) {
  const auto add = [&](int i) {
    auto record = decision("d-" + std::to_string(i), "manifest " + std::to_string(i));
    record.at = at(i);
    ASSERT_TRUE(records_->put_decision(record, event("image-warned")));
    auto pulled = pull();
    pulled.manifest = record.manifest;
    pulled.decision_id = record.id;
    pulled.first = pulled.last = at(0) + std::chrono::minutes(i);
    ASSERT_TRUE(records_->put_pulls({pulled}));
    findings::Waiver waiver;
    waiver.id = "w" + std::to_string(i);
    waiver.rule = "r";
    waiver.repository = "a/b";
    waiver.created = at(i);
    waiver.expires = at(1'000'000);
    ASSERT_TRUE(records_->waivers().create(waiver, event("waiver-added")));
  };
  for (int i = 0; i < 20; ++i) add(i);
  int next = 20;
  struct Row {
    const char* path;
    const char* list;
    const char* id;
  };
  for (const Row& row :
       {Row{"/pulls?", "pulls", "decision"}, Row{"/images?", "images", "decision"},
        Row{"/events?action=image-warned&", "events", "sequence"}, Row{"/waivers?", "waivers", "id"}}) {
    SCOPED_TRACE(row.path);
    const auto before = get(row.path + std::string("limit=500"))[row.list];
    const auto all = walk([&](const auto& query) { return get(row.path + query); }, row.list, row.id,
                          [&](int) { add(next++); });
    std::vector<std::string> expected;
    for (const auto& item : before) expected.push_back(item[row.id].dump());
    EXPECT_EQ(all, expected);
  }
}

TEST_F(ApiTest, FilesOfALayerComeInPagesWhateverTheirNames) {
  records::LayerInventory inventory{.layer = digest("big"), .files = {}, .truncated = false, .at = at(1)};
  for (int i = 0; i < 10; ++i) {
    inventory.files.push_back(
        {"bin/" + std::string(1, static_cast<char>(0xf0 + i)) + "?x=%26", std::to_string(i), 1, "elf"});
  }
  ASSERT_TRUE(records_->inventory().put(inventory));
  const auto all =
      walk([&](const auto& query) { return get("/layers/" + digest("big").text() + "/files?" + query); },
           "files", "hash", [](int) {});
  EXPECT_EQ(std::set(all.begin(), all.end()).size(), 10u);
  EXPECT_EQ(all.size(), 10u);
}

TEST_F(ApiTest, PullsAreFilteredAndSayWhy) {
  fill();
  EXPECT_EQ(get("/pulls?rule=miner_xmrig")["pulls"].size(), 1u);
  EXPECT_EQ(get("/pulls?rule=other")["pulls"].size(), 0u);
  EXPECT_EQ(get("/pulls?action=allow")["pulls"].size(), 0u);
  EXPECT_EQ(get("/pulls?action=block&client=10.0.0.1&text=OWNER%2fimage")["pulls"].size(), 1u);
  EXPECT_EQ(get("/pulls")["pulls"][0]["summary"], "rule miner_xmrig matched usr/bin/x in layer 1");
}

TEST_F(ApiTest, ExportsAreForSpreadsheetsAndScripts) {
  fill();
  auto formula = pull();
  formula.client_user = "=HYPERLINK(\"http://evil.example\",\"x\"),\n";
  formula.first = formula.last = at(0) + std::chrono::minutes(5);
  ASSERT_TRUE(records_->put_pulls({formula}));
  const auto csv = ask("GET", "/export", viewer_);
  EXPECT_EQ(csv.content_type, "text/csv; charset=utf-8; header=present");
  EXPECT_THAT(csv.body, HasSubstr("first,last,action,name,"));
  EXPECT_THAT(csv.body, HasSubstr(R"(,"'=HYPERLINK(""http://evil.example"",""x""),\x0a",)"));
  EXPECT_EQ(std::ranges::count(csv.body, '\n'), 3);
  EXPECT_THAT(csv.headers, testing::Contains(testing::Pair("Portcullis-Truncated", "false")));
  const auto lines = ask("GET", "/export?format=jsonl&action=block", viewer_);
  EXPECT_EQ(std::ranges::count(lines.body, '\n'), 1);
  EXPECT_EQ(nlohmann::json::parse(lines.body)["decision"], "d1");
}

TEST_F(ApiTest, OverviewAndStatusSayHowThingsAre) {
  fill();
  ASSERT_TRUE(records_->put_event(event("retro-alert")));
  const auto overview = get("/overview");
  EXPECT_EQ(overview["totals"]["blocked"], 1);
  EXPECT_EQ(overview["width_hours"], 1);
  EXPECT_EQ(overview["top_blocked"][0]["name"], "ghcr.io/owner/image");
  EXPECT_EQ(overview["retro_alerts"].size(), 1u);
  EXPECT_EQ(overview["retro_alerts_open"], 1);
  EXPECT_EQ(overview["judging"][0]["name"], "docker.io/library/nginx");
  EXPECT_EQ(overview["protection"]["well"], false);
  EXPECT_THAT(std::string(overview["protection"]["concerns"][0]), HasSubstr("1 rule file is set aside"));
  EXPECT_EQ(overview["protection"]["scanner"]["protections"][0], "seccomp");
  EXPECT_EQ(overview["top_squats"][0]["name"], "ngnix");
  EXPECT_EQ(overview["top_squats"][0]["target"], "nginx");
  EXPECT_EQ(get("/overview?range=7d")["width_hours"], 1);
  EXPECT_EQ(get("/overview?range=90d")["width_hours"], 12);
  EXPECT_EQ(get("/overview?range=7d&width=24")["buckets"].size(), 8u);
  problem_of(ask("GET", "/overview?range=soon", viewer_), 400);
  problem_of(ask("GET", "/overview?range=7d&from=2026-11-01T00:00:00Z", viewer_), 400);
  const auto status = get("/status");
  EXPECT_EQ(status["version"], "1.2.3");
  EXPECT_EQ(status["mode"], "enforce");
  EXPECT_EQ(status["scanner"]["set_aside"][0]["file"], "broken.yar");
  EXPECT_EQ(status["judging"][0]["name"], "docker.io/library/nginx");
  EXPECT_EQ(status["rescans"]["total"], 3);
}

TEST_F(ApiTest, RulesAreAskedForOnceAProfile) {
  EXPECT_EQ(get("/rules")["rules"].size(), 2u);
  EXPECT_EQ(get("/rules?text=MINER")["rules"].size(), 1u);
  EXPECT_EQ(get("/rules?file=other.yar")["rules"][0]["name"], "other");
  EXPECT_EQ(scanner_.listed_, 1);
  scanner_.profile_ = "profile-2";
  EXPECT_EQ(get("/rules")["profile"], "profile-2");
  EXPECT_EQ(scanner_.listed_, 2);
  fill();
  const auto listed = get("/rules");
  for (const auto& rule : listed["rules"])
    EXPECT_EQ(rule["decisions"], rule["name"] == "miner_xmrig" ? 1 : 0);
}

TEST_F(ApiTest, ARecordsFailureIsAProblemAndNothingElse) {
  auto gone = dir_ / "p.db";
  std::filesystem::remove(gone);
  std::filesystem::remove(gone.string() + "-wal");
  const auto answer = ask("POST", "/tokens", operator_, R"({"name": "x", "role": "viewer"})");
  problem_of(answer, 503);
}

TEST_F(ApiTest, ClientConfigurationsNameTheRegistry) {
  for (const auto* client : {"docker", "containerd", "podman", "kubernetes", "buildkit"}) {
    const auto made = get("/client-config?client=" + std::string(client));
    EXPECT_THAT(made["text"].get<std::string>(), HasSubstr("registry.example:5000"));
    EXPECT_FALSE(made["files"].empty());
  }
  const auto other = get("/client-config?client=docker&url=https%3A%2F%2Fmirror.example");
  EXPECT_EQ(other["url"], "https://mirror.example");
}

}  // namespace
}  // namespace portcullis::api
