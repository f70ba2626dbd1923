// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "portcullis/records/records.hpp"
#include "program.hpp"
#include "support/postgresql_server.hpp"
#include "support/require.hpp"
#include "support/wait.hpp"

namespace portcullis::cli {
namespace {

using testing::HasSubstr;

records::Event event(const std::string& action, const std::string& repository, const std::string& tag,
                     findings::Severity severity, const std::string& client, std::chrono::hours ago) {
  records::Event event;
  event.at = util::SystemClock().now() - ago;
  event.action = action;
  event.severity = severity;
  event.host = "docker.io";
  event.repository = repository;
  event.reference = tag;
  event.manifest = oci::Digest::of(repository + tag).text();
  event.client_address = client;
  event.message = "message of " + repository;
  return event;
}

void fill(records::Records& records) {
  using findings::Severity;
  using std::chrono::hours;
  auto miner = event("pull-blocked", "library/nginx", "1.27", Severity::critical, "10.0.0.1", hours(48));
  miner.rules = {{"miner_xmrig", Severity::critical, {"T1496"}, "usr/bin/x", "", ""}};
  miner.client_user = "ci";
  ASSERT_TRUE(records.put_event(miner));
  ASSERT_TRUE(
      records.put_event(event("pull-warned", "library/nginx", "1.26", Severity::low, "10.0.0.2", hours(3))));
  ASSERT_TRUE(records.put_event(event("retro-alert", "team/app", "1", Severity::high, "", hours(2))));
  ASSERT_TRUE(
      records.put_event(event("pull-allowed", "team/app", "2", Severity::info, "10.0.0.1", hours(1))));
}

struct Row {
  const char* name;
  std::vector<std::string> flags;
  std::vector<int> found;
};
const Row kRows[] = {
    {"all", {}, {1, 2, 3, 4}},
    {"newest", {"-n", "2"}, {3, 4}},
    {"action", {"--action", "pull-blocked"}, {1}},
    {"several_actions", {"--action", "pull-blocked", "--action", "retro-alert"}, {1, 3}},
    {"severity", {"--min-severity", "high"}, {1, 3}},
    {"image", {"--image", "nginx"}, {1, 2}},
    {"image_and_tag", {"--image", "nginx:1.26"}, {2}},
    {"image_and_tag_newest", {"--image", "nginx:1.27", "-n", "1"}, {1}},
    {"image_with_host", {"--image", "docker.io/team/app"}, {3, 4}},
    {"digest", {"--image", oci::Digest::of("team/app1").text()}, {3}},
    {"image_and_digest", {"--image", "team/app@" + oci::Digest::of("team/app2").text()}, {4}},
    {"address", {"--client", "10.0.0.1"}, {1, 4}},
    {"user", {"--client", "ci"}, {1}},
    {"rule", {"--rule", "miner_xmrig"}, {1}},
    {"since", {"--since", "150m"}, {3, 4}},
    {"since_then", {"--since", "2020-01-01T00:00:00Z"}, {1, 2, 3, 4}},
    {"together", {"--client", "10.0.0.1", "--since", "24h"}, {4}},
    {"nothing", {"--rule", "none"}, {}},
};

void expect_rows(const std::vector<std::string>& where) {
  for (const auto& row : kRows) {
    std::vector<std::string> arguments = {"events", "--format", "json"};
    arguments.insert(arguments.end(), where.begin(), where.end());
    arguments.insert(arguments.end(), row.flags.begin(), row.flags.end());
    const auto done = test::run(portcullis(arguments));
    EXPECT_EQ(done.exit_code, 0) << row.name << done.err;
    std::vector<int> found;
    std::istringstream lines(done.out);
    for (std::string line; std::getline(lines, line);) {
      found.push_back(nlohmann::json::parse(line)["event.sequence"].get<int>());
    }
    EXPECT_EQ(found, row.found) << row.name;
  }
}

void expect_following(const test::TempDir& dir, const std::vector<std::string>& where,
                      records::Records& records) {
  std::vector<std::string> arguments = {"events", "--follow", "-n", "1", "--action", "tag-moved"};
  arguments.insert(arguments.end(), where.begin(), where.end());
  auto command = portcullis(arguments);
  command.out_file = dir / "followed";
  test::Process follower(command);
  // The first one may come before the follower is there: it is printed all the same.
  ASSERT_TRUE(records.put_event(event("tag-moved", "team/first", "1", findings::Severity::low, "", {})));
  ASSERT_TRUE(records.put_event(event("pull-allowed", "team/other", "1", findings::Severity::info, "", {})));
  EXPECT_TRUE(test::wait_until(
      [&] { return test::slurp(dir / "followed").find("team/first") != std::string::npos; }));
  ASSERT_TRUE(records.put_event(event("tag-moved", "team/second", "1", findings::Severity::low, "", {})));
  EXPECT_TRUE(test::wait_until(
      [&] { return test::slurp(dir / "followed").find("team/second") != std::string::npos; }));
  const auto text = test::slurp(dir / "followed");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
  EXPECT_THAT(text, HasSubstr("tag-moved (low)  docker.io/team/second:1  message of team/second"));
}

TEST(Events, AreFoundAndFollowedInTheDataDirectory) {
  const test::TempDir dir;
  const auto records = records::open((dir / "portcullis.db").string()).value();
  fill(*records);
  const std::vector<std::string> where = {"--data", dir.path().string()};
  expect_rows(where);
  expect_following(dir, where, *records);
}

TEST(Events, AreFoundAndFollowedInPostgresql) {
  PORTCULLIS_REQUIRE(test::PostgresqlServer::available(), "PostgreSQL");
  const test::TempDir dir;
  test::PostgresqlServer server;
  server.sql("postgres", "CREATE DATABASE events");
  const auto records =
      records::open(server.url("events"), {.password = test::PostgresqlServer::password()}).value();
  fill(*records);
  const auto config =
      dir.write("p.toml", "[records]\nurl = \"" + server.url("events") + "\"\npassword_file = \"" +
                              dir.write("password", server.password()).string() + "\"\n");
  const std::vector<std::string> where = {"--config", config.string()};
  expect_rows(where);
  expect_following(dir, where, *records);
}

TEST(Events, WrongFlagsSayWhatIsExpected) {
  const test::TempDir dir;
  ASSERT_TRUE(records::open((dir / "portcullis.db").string()));
  const auto run = [&](const std::string& flag, const std::string& value) {
    return test::run(portcullis({"events", "--data", dir.path().string(), flag, value}));
  };
  const auto since = run("--since", "yesterday");
  EXPECT_EQ(since.exit_code, 64);
  EXPECT_THAT(since.err, HasSubstr("--since: expected a duration such as 24h"));
  EXPECT_THAT(since.err, HasSubstr("\"yesterday\""));
  const auto image = run("--image", "Not An Image");
  EXPECT_EQ(image.exit_code, 64);
  EXPECT_THAT(image.err, HasSubstr("--image: "));
  EXPECT_EQ(run("--min-severity", "bad").exit_code, 64);
}

}  // namespace
}  // namespace portcullis::cli
