// SPDX-License-Identifier: Apache-2.0
//
// A database that an older Portcullis wrote.
#include "contract.hpp"
#include "steps.hpp"

namespace portcullis::records {
namespace {

using namespace samples;
using findings::Action;
using std::chrono::hours;

/// As version 1 left it.
void write_first_version(Backend& backend, const std::string& identity) {
  backend.run_sql("CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY)");
  for (const auto statement : first_step()) {
    std::string text(statement);
    if (const auto at = text.find("{identity}"); at != std::string::npos) text.replace(at, 10, identity);
    backend.run_sql(text);
  }
  backend.run_sql("INSERT INTO schema_version (version) VALUES (1)");
  const auto manifest = digest("manifest").text();
  const auto other = digest("other").text();
  const auto decided = [&](const std::string& id, const std::string& action) {
    backend.run_sql(
        "INSERT INTO decisions (id, host, repository, reference, manifest, media_type, profile, policy,"
        " action, would_block, summary, decided_at) VALUES ('" +
        id +
        "', 'docker.io', 'library/nginx',"
        " 'latest', '" +
        manifest + "', 'm', 'p', 'q', '" + action + "', 0, 'because', " + millis(at(0)) + ")");
  };
  decided("d1", "allow");
  decided("d2", "block");
  backend.run_sql("INSERT INTO decision_reasons VALUES (2, 0, 'block', 'high', 'rule:miner', 'text', 'w1')");
  backend.run_sql("INSERT INTO decision_blobs VALUES (2, 0, '" + digest("layer").text() +
                  "', 'l', 'layer 1', 5, 'docker.io', 'library/nginx', '" + manifest + "')");
  backend.run_sql("INSERT INTO first_seen VALUES ('" + manifest + "', " + millis(at(0)) + ")");
  const auto pulled = [&](const std::string& address, const std::string& of, int minute,
                          const std::string& action) {
    const auto when = at(0) + std::chrono::minutes(minute);
    backend.run_sql(
        "INSERT INTO pulls (client_address, client_user, client_agent, host, repository, manifest, minute,"
        " reference, action, check_only, decision_id, first_at, last_at, requests) VALUES ('" +
        address + "', 'ci', 'docker%2C1', 'docker.io', 'library/nginx', '" + of + "', " +
        std::to_string(util::to_millis(when) / 60'000) + ", 'latest', '" + action + "', 0, 'd2', " +
        millis(when) + ", " + millis(when) + ", 3)");
  };
  pulled("10.0.0.1", manifest, 0, "allow");
  pulled("10.0.0.1", manifest, 5, "block");
  pulled("10.0.0.2", other, 1, "allow");
  backend.run_sql(
      "INSERT INTO events (happened_at, action, host, repository, reference, manifest, decision_id,"
      " client_address, client_agent, message) VALUES (" +
      millis(at(3)) +
      ", 'image-blocked',"
      " 'docker.io', 'library/nginx', 'latest', '" +
      manifest + "', 'd2', '', '', 'because')");
  backend.run_sql("INSERT INTO waivers VALUES ('w1', 'miner', '', '" + manifest + "', '', 'why', 'me', " +
                  millis(at(0)) + ", " + millis(at(1'000)) + ")");
}

TEST_P(Contract, WhatTheFirstVersionWroteIsKept) {
  auto old = GetParam().make();
  write_first_version(*old, GetParam().name == "sqlite" ? "INTEGER PRIMARY KEY AUTOINCREMENT"
                                                        : "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY");
  for (const auto mode : {OpenMode::existing, OpenMode::existing_read_only}) {
    const auto other = old->open(mode);
    ASSERT_FALSE(other);
    EXPECT_NE(other.error().message.find("portcullis serve"), std::string::npos) << other.error().message;
  }

  auto opened = old->open(OpenMode::create);
  ASSERT_TRUE(opened) << opened.error().message;
  auto& records = **opened;
  const auto current = value(records.find_decision("docker.io", "library/nginx", digest("manifest")));
  ASSERT_TRUE(current);
  EXPECT_EQ(current->id, "d2");
  EXPECT_EQ(current->decision.reasons.at(0).code, "rule:miner");
  EXPECT_EQ(current->blobs.at(0).digest, digest("layer"));
  EXPECT_TRUE(value(records.find_decision("d1")));
  EXPECT_EQ(value(records.first_seen(digest("manifest"))), at(0));
  const auto e = value(records.events({})).at(0);
  EXPECT_EQ(e.message, "because");
  EXPECT_EQ(e.severity, findings::Severity::info);
  EXPECT_TRUE(e.rules.empty() && e.extra.empty() && e.client_user.empty());
  ASSERT_EQ(value(records.active_waivers(at(10))).size(), 1u);
  EXPECT_EQ(value(records.waivers().find("w1"))->waiver.reason, "why");

  auto& search = records.search();
  const auto pulls = value(search.pulls({})).pulls;
  ASSERT_EQ(pulls.size(), 3u);
  EXPECT_EQ(pulls[0].client_address, "10.0.0.1");
  EXPECT_EQ(pulls[0].client_user, "ci");
  EXPECT_EQ(pulls[0].client_agent, "docker,1");
  EXPECT_EQ(pulls[0].action, Action::block);
  EXPECT_EQ(pulls[0].requests, 3u);
  EXPECT_EQ(pulls[0].decision_id, "d2");
  const auto images = value(search.images({.digest = digest("layer").text(), .rule = "miner"})).images;
  ASSERT_EQ(images.size(), 1u);
  EXPECT_EQ(images[0].decision_id, "d2");
  EXPECT_TRUE(images[0].last_pull);
  const auto who = value(search.pullers({.manifest = digest("manifest")}));
  ASSERT_EQ(who.size(), 1u);
  EXPECT_EQ(who[0].requests, 6u);
  EXPECT_EQ(who[0].first, at(0));
  EXPECT_EQ(who[0].action, Action::block);
  const Period day{at(0) - hours(1), at(0) + hours(2)};
  const auto buckets = value(search.overview(day, hours(24)));
  EXPECT_EQ(buckets.at(0).allowed, 6u);
  EXPECT_EQ(buckets.at(0).blocked, 3u);
  EXPECT_EQ(value(search.top_rules(day, 5)).at(0).name, "rule:miner");
  EXPECT_EQ(value(search.top_names(day, std::nullopt, 5)).at(0).count, 9u);

  // And it goes on from there.
  done(records.put_decision(decision("d3"), event("image-allowed")));
  done(records.put_pulls({pull()}));
  EXPECT_GT(value(records.events({})).at(1).sequence, e.sequence);
  EXPECT_EQ(value(search.pulls({})).pulls.size(), 4u);
}

}  // namespace
}  // namespace portcullis::records
