// SPDX-License-Identifier: Apache-2.0
//
// The Sigma rules over events as this program writes them. tests/notify/sigma.py reads the rules.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "portcullis/notify/ecs.hpp"
#include "samples.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::notify {
namespace {

using namespace samples;
using findings::Severity;
using testing::HasSubstr;

test::RunResult run_sigma(const std::string& rules, const std::string& events) {
  return test::run({.argv = {"python3", test::source_path("tests/notify/sigma.py"), rules}, .input = events});
}

bool have_reader() {
  return test::have_tool("python3") &&
         test::run(test::Command{.argv = {"python3", "-c", "import yaml"}}).exit_code == 0;
}

struct Row {
  const char* name;
  findings::Event event;
  const char* rules;  ///< that match, and no others
};

findings::Event with(findings::Event event, const std::map<std::string, std::string>& extra) {
  event.extra = extra;
  return event;
}
findings::Event with_rule(findings::Event event, const std::string& rule,
                          std::vector<std::string> techniques) {
  findings::EventRule& found = event.rules.emplace_back();
  found.rule = rule;
  found.severity = event.severity;
  found.techniques = std::move(techniques);
  return event;
}
findings::Event by(findings::Event event, const std::string& address, int seconds = 0) {
  event.client_address = address;
  event.at = at(seconds);
  return event;
}
findings::Event of(findings::Event event, const std::string& repository, int seconds = 0) {
  event.host = "docker.io";
  event.repository = repository;
  event.at = at(seconds);
  return event;
}

std::vector<Row> rows() {
  const auto critical = Severity::critical;
  const auto medium = Severity::medium;
  auto mild = with_rule(event("pull-blocked", medium), "odd_path", {"T1036.005"});
  auto no_rule = event("pull-blocked");
  const auto miner = [&](const char* action) {
    return with_rule(event(action, medium), "odd_path", {"T1036.005", "T1496"});
  };
  std::vector<Row> all = {
      {"malicious", with_rule(event("pull-blocked", critical), "webshell", {"T1505.003"}),
       "blocked_image blocked_malicious_image blocked_pull"},
      {"malicious_high", with_rule(event("pull-blocked", Severity::high), "webshell", {"T1505.003"}),
       "blocked_image blocked_malicious_image blocked_pull"},
      {"blocked_for_little", mild, "blocked_image blocked_pull"},
      {"blocked_without_a_rule", no_rule, "blocked_pull"},
      {"image_blocked", with_rule(event("image-blocked", critical), "webshell", {"T1505.003"}),
       "blocked_image"},
      {"allowed", event("pull-allowed"), ""},
      {"warned", with_rule(event("pull-warned", medium), "odd_path", {"T1036.005"}), ""},
      {"retro", event("retro-alert", critical), "retro_alert"},
      {"near_retro", event("retro-alert-x", critical), ""},
      {"squat",
       with(event("name-squat", medium), {{"squat.component", "repository"}, {"squat.score", "0.9"}}),
       "name_squat"},
      {"host_squat",
       with(event("name-squat", Severity::high), {{"squat.component", "registry"}, {"squat.score", "0.8"}}),
       "name_squat squat_blocked_on_host"},
      {"weak_host_squat",
       with(event("name-squat", medium), {{"squat.component", "registry"}, {"squat.score", "0.79"}}),
       "name_squat"},
      {"host_squat_without_score", with(event("name-squat", medium), {{"squat.component", "registry"}}),
       "name_squat"},
      {"miner_served", miner("pull-warned"), "image_with_miner"},
      {"miner_in_image", miner("image-warned"), "image_with_miner"},
      {"miner_by_name", with_rule(event("pull-warned", medium), "linux_miner_cfg", {}), "image_with_miner"},
      {"miner_elsewhere", miner("waiver-added"), ""},
      {"near_miner", with_rule(event("pull-warned", medium), "min_er", {"T1490"}), ""},
      {"critical_served", with_rule(event("pull-warned", critical), "webshell", {}), "critical_image_served"},
      {"critical_allowed", event("pull-allowed", critical), "critical_image_served"},
      {"high_served", event("pull-warned", Severity::high), ""},
      {"waiver", event("waiver-added", critical), "waiver_for_severe_finding"},
      {"waiver_for_little", event("waiver-added", medium), ""},
      {"waiver_revoked", event("waiver-revoked", critical), ""},
      {"bypass", event("bypass-suspected", Severity::high), "bypass_suspected"},
      {"tag_moved", of(event("tag-moved"), "team/app"), "image_tag_moved"},
      {"tag_moved_of_nothing", event("tag-moved"), ""},
      {"hostile", worst(), ""},
      // A moved tag, then a block of the same image, and of others.
      {"other_image_blocked", of(event("image-blocked", critical), "team/other", 10), "blocked_image"},
      {"moved_and_blocked", of(event("image-blocked", critical), "team/app", 3600),
       "blocked_image moved_tag_blocked"},
      {"moved_later", of(event("tag-moved"), "team/late", 0), "image_tag_moved"},
      {"blocked_too_late", of(event("image-blocked", critical), "team/late", 90'000), "blocked_image"},
      {"blocked_first", of(event("image-blocked", critical), "team/third", 0), "blocked_image"},
      {"moved_after", of(event("tag-moved"), "team/third", 10), "image_tag_moved"},
  };
  // Five in ten minutes from one address; from another one they are further apart.
  for (int i = 0; i < 5; ++i) {
    all.push_back({"again", by(no_rule, "10.0.0.1", 100 * i),
                   i < 4 ? "blocked_pull" : "blocked_pull repeated_blocked_pulls"});
    all.push_back({"now_and_then", by(no_rule, "10.0.0.2", 200 * i), "blocked_pull"});
  }
  return all;
}

TEST(Sigma, RulesMatchWhatTheyAreForAndNothingElse) {
  PORTCULLIS_REQUIRE(have_reader(), "python3 with yaml");
  const auto table = rows();
  std::string events;
  for (const auto& row : table) events += ecs_json(row.event, "") + "\n";
  const auto done = run_sigma(test::source_path("rules/sigma"), events);
  ASSERT_EQ(done.exit_code, 0) << done.err;
  std::istringstream lines(done.out);
  std::set<std::string> matched;
  for (const auto& row : table) {
    std::string line;
    ASSERT_TRUE(std::getline(lines, line)) << row.name;
    EXPECT_EQ(line, row.rules) << row.name;
    std::istringstream stems(line);
    for (std::string stem; stems >> stem;) matched.insert(stem);
  }
  std::set<std::string> shipped;
  for (const auto& file : std::filesystem::directory_iterator(test::source_path("rules/sigma"))) {
    if (file.path().extension() == ".yml") shipped.insert(file.path().stem());
  }
  EXPECT_EQ(matched, shipped) << "a rule that nothing here matches";
}

struct Broken {
  const char* name;
  const char* from;  ///< in a good rule
  const char* to;
  const char* message;
};
class SigmaReader : public testing::TestWithParam<Broken> {};

TEST_P(SigmaReader, Refuses) {
  PORTCULLIS_REQUIRE(have_reader(), "python3 with yaml");
  const test::TempDir dir;
  auto rule = test::slurp(test::source_path("rules/sigma/blocked_malicious_image.yml"));
  dir.write("a_good_rule_of_ours.yml", rule);
  const std::string from = GetParam().from;
  const auto at = rule.find(from);
  ASSERT_NE(at, std::string::npos);
  rule.replace(at, from.size(), GetParam().to);
  if (std::string_view(GetParam().name) != "same_id") {
    rule.replace(rule.find("\nid: ") + 5, 8, "01234567");
    rule.replace(rule.find("title: ") + 7, 0, "Another ");
  }
  dir.write("the_rule_that_is_broken.yml", rule);
  const auto done = run_sigma(dir.path().string(), "");
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_THAT(done.err, HasSubstr(GetParam().message));
}

const Broken kBroken[] = {
    {"same_id", "title: Pull", "title: Other pull", "id stands twice"},
    {"unknown_modifier", "event.action: pull", "event.action|base64: pull", "unknown modifier"},
    {"unknown_selection", "condition: selection", "condition: selection and other", "unknown selection"},
    {"unused_selection", "  condition:", "  more:\n    a: b\n  condition:", "not in the condition"},
    {"aggregation", "condition: selection", "condition: selection | count() > 5", "not understood"},
    {"no_level", "level: high", "", "level is missing"},
    {"unknown_level", "level: high", "level: grave", "unknown level"},
    {"unknown_key", "level: high", "level: high\ntimeframe: 5m", "unknown keys"},
    {"bad_tag", "attack.t1204.003", "attack.T1204", "unknown tags"},
    {"bad_logsource", "service: events", "service: audit", "logsource"},
    {"keywords", "    event.action: pull-blocked\n    portcullis.severity:\n      - high\n      - critical",
     "    - pull-blocked", "must be a map of fields"},
};
INSTANTIATE_TEST_SUITE_P(Table, SigmaReader, testing::ValuesIn(kBroken),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace portcullis::notify
