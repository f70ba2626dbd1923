// SPDX-License-Identifier: Apache-2.0
//
// Real answers against the schemas of the OpenAPI document, by a validator that is not ours.
#include <gmock/gmock.h>

#include "fixture.hpp"
#include "portcullis/records/waivers.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"
#include "support/require.hpp"

namespace portcullis::api {
namespace {

using namespace records::samples;
using nlohmann::json;

bool have_jsonschema() {
  return portcullis::test::have_tool("python3") &&
         portcullis::test::run({"python3", "-c", "import jsonschema"}).exit_code == 0;
}

TEST_F(ApiTest, AnswersLookAsTheDocumentSays) {
  PORTCULLIS_REQUIRE(have_jsonschema(), "python3-jsonschema");
  fill();
  const auto config = store_->put(
      R"({"architecture":"amd64","os":"linux","config":{"Env":["A=\u001b[31m"],"Labels":{"a":"b"}},"history":[{"created_by":"x"}],"rootfs":{"type":"layers","diff_ids":[]}})");
  ASSERT_TRUE(config);
  auto record = decision("d9", "with config");
  record.blobs[0] = {*config, "application/vnd.oci.image.config.v1+json", "config", 200};
  record.decision.reasons.push_back(
      {findings::Action::warn, findings::Severity::low, "name:registry", "looks like", ""});
  ASSERT_TRUE(records_->put_decision(record, event("image-warned")));
  auto alert = event("retro-alert");
  alert.extra.emplace(
      "pullers",
      R"([{"address":"10.0.0.1","user":"","agent":"x","first":"2026-11-26T00:00:00Z","last":"2026-11-26T00:00:00Z","requests":2}])");
  alert.extra.emplace("pullers.count", "7");
  ASSERT_TRUE(records_->put_event(alert));
  ASSERT_TRUE(records_->put_name_decision(name_decision("n1"), {event("name-squat")}));
  auto turned_away = pull();
  turned_away.host = "ghrc.io";
  turned_away.repository = name_decision("n1").repository;
  turned_away.manifest.reset();
  turned_away.decision_id = "n1";
  ASSERT_TRUE(records_->put_pulls({turned_away}));
  ASSERT_TRUE(records_->put_cursor("notify/slack", 1, at(1)));

  std::string lines;
  const auto note = [&](const std::string& method, const std::string& path, const std::string& target,
                        const json& body = nullptr) {
    const auto answer = ask(method, target, operator_, body.is_null() ? "" : body.dump());
    lines += json{{"method", method},
                  {"path", path},
                  {"status", answer.status},
                  {"type", answer.content_type},
                  {"body", answer.body}}
                 .dump() +
             "\n";
    return answer.body;
  };
  const auto layer = digest("layer").text();
  const auto manifest = digest("manifest").text();
  for (const auto* path :
       {"/openapi.json", "/session", "/overview", "/status", "/pulls", "/export", "/images", "/events",
        "/rules", "/waivers", "/policy", "/tokens", "/retro-alerts"}) {
    note("GET", path, path);
  }
  note("GET", "/export", "/export?format=jsonl&limit=1");
  note("GET", "/decisions/{id}", "/decisions/d1");
  EXPECT_THAT(note("GET", "/decisions/{id}", "/decisions/d9"), testing::HasSubstr("A=\\\\x1b[31m"));
  note("GET", "/decisions/{id}", "/decisions/none");
  EXPECT_THAT(note("GET", "/decisions/{id}", "/decisions/n1"), testing::HasSubstr("ghcr.io"));
  note("GET", "/retro-alerts/{id}", "/retro-alerts/d1");
  note("GET", "/retro-alerts/{id}", "/retro-alerts/none");
  note("POST", "/retro-alerts/{id}/close", "/retro-alerts/d1/close", {{"reason", "restarted"}});
  note("POST", "/retro-alerts/{id}/close", "/retro-alerts/d1/close", {{"reason", "restarted"}});
  note("GET", "/retro-alerts", "/retro-alerts?state=closed");
  note("GET", "/images/{digest}", "/images/" + manifest);
  note("GET", "/layers/{digest}", "/layers/" + layer);
  note("GET", "/layers/{digest}/files", "/layers/" + layer + "/files");
  note("GET", "/files", "/files?hash=" + std::string(64, 'a'));
  note("GET", "/client-config", "/client-config?client=podman");
  note("POST", "/session", "/session");
  note("DELETE", "/session", "/session");
  note("POST", "/rules/reload", "/rules/reload");
  const std::string setting = "/rules/settings/{file}/{rule}";
  const std::string of_rule = "/rules/settings/miner.yar/miner_xmrig";
  note("PUT", setting, of_rule, {{"action", "severity"}, {"severity", "low"}, {"reason", "known"}});
  note("PUT", setting, of_rule, {{"action", "disable"}, {"reason", "known"}});
  note("PUT", setting, of_rule, {{"action", "disable"}});
  EXPECT_THAT(note("POST", "/rules/bench", "/rules/bench"), testing::HasSubstr("other.yar"));
  note("GET", "/rules", "/rules");
  scanner_.gone_ = true;
  scanner_.profile_ = "profile-2";
  note("GET", "/rules", "/rules");
  note("DELETE", setting, of_rule + "?reason=fixed");
  note("DELETE", setting, of_rule + "?reason=again");
  note("POST", "/canary", "/canary");
  note("POST", "/images/rescan", "/images/rescan",
       {{"host", "ghcr.io"}, {"repository", "owner/image"}, {"digest", manifest}});
  const json waiver = {{"rule", "miner_xmrig"}, {"digest", manifest}, {"reason", "known"}, {"expires", "7d"}};
  note("POST", "/waivers/preview", "/waivers/preview", waiver);
  const std::string id = json::parse(note("POST", "/waivers", "/waivers", waiver))["waivers"][0]["id"];
  note("GET", "/waivers", "/waivers");
  note("GET", "/waivers/{id}", "/waivers/" + id);
  note("POST", "/waivers/{id}/revoke", "/waivers/" + id + "/revoke", {{"reason", "done"}});
  note("POST", "/waivers/{id}/revoke", "/waivers/" + id + "/revoke", {{"reason", "done"}});
  const std::string made =
      json::parse(note("POST", "/tokens", "/tokens", {{"name", "x"}, {"role", "viewer"}}))["id"];
  note("DELETE", "/tokens/{id}", "/tokens/" + made);
  note("GET", "/pulls", "/pulls?nothing=1");

  const auto document = dir_.write("openapi.json", ask("GET", "/openapi.json", std::nullopt).body);
  const auto answers = dir_.write("answers.jsonl", lines);
  const auto result =
      portcullis::test::run({"python3", portcullis::test::source_path("tests/api/check_answers.py"),
                             document.string(), answers.string()});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

}  // namespace
}  // namespace portcullis::api
