// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "portcullis/records/records.hpp"
#include "program.hpp"
#include "support/image_builder.hpp"
#include "support/samples.hpp"

namespace portcullis::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const char* const kPolicy = R"([policy]
cooldown = "3d"
deny = ["*/evil"]

[[policy.override]]
match = "docker.io/*"
block_at = "medium"
cooldown = "0s"

[[policy.override]]
match = "docker.io/library/*"
mode = "audit"
on = { timed_out = "warn" }
)";

const std::string kHash(64, 'f');
const std::string kDigest = "sha256:" + std::string(64, 'a');

class PolicyTest : public testing::Test {
 protected:
  test::RunResult run(const std::string& command, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"policy", command, file_.string()});
    return test::run(portcullis(std::move(arguments)));
  }
  test::RunResult try_it(std::vector<std::string> arguments) { return run("test", std::move(arguments)); }
  json try_json(std::vector<std::string> arguments, int exit_code) {
    arguments.insert(arguments.end(), {"--format", "json"});
    const auto result = try_it(std::move(arguments));
    EXPECT_EQ(result.exit_code, exit_code) << result.out << result.err;
    return json::parse(result.out);
  }

  test::TempDir dir_;
  std::filesystem::path file_ = dir_.write("p.toml", kPolicy);
};

struct Row {
  const char* name;
  std::vector<std::string> arguments;
  int exit_code;
  const char* answer;
};

TEST_F(PolicyTest, AnswersAndExitCodes) {
  const Row rows[] = {
      {"clean and old", {"--image", "quay.io/a/b", "--first-seen", "4d"}, 0, "allow"},
      {"never met", {"--image", "quay.io/a/b"}, 1, "block"},
      {"too young", {"--image", "quay.io/a/b", "--first-seen", "2h"}, 1, "block"},
      {"built lately", {"--image", "quay.io/a/b", "--first-seen", "4d", "--created", "1h"}, 1, "block"},
      {"no cooldown here", {"--image", "someone/app"}, 0, "allow"},
      {"medium here", {"--image", "someone/app", "--severity", "medium"}, 1, "block"},
      {"medium elsewhere",
       {"--image", "quay.io/a/b", "--first-seen", "4d", "--severity", "medium"},
       0,
       "warn"},
      {"audit", {"--image", "nginx", "--finding", "high:miner"}, 0, "would-block"},
      {"outcome here", {"--image", "nginx", "--outcome", "timed_out"}, 0, "warn"},
      {"outcome elsewhere", {"--image", "someone/app", "--outcome", "timed_out"}, 1, "block"},
      {"two outcomes", {"--image", "someone/app", "--outcome", "limit", "--outcome", "crashed"}, 1, "block"},
      {"check of the manifest", {"--image", "someone/app", "--finding", "low:manifest:odd"}, 0, "warn"},
      {"name", {"--image", "someone/app", "--finding", "high:name:repository"}, 1, "block"},
      {"denied", {"--image", "docker.io/x/evil"}, 1, "block"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(try_json(row.arguments, row.exit_code).at("answer"), row.answer);
  }
}

TEST_F(PolicyTest, TextSaysWhatHeldAndWhy) {
  const auto result = try_it({"--image", "nginx:1.27", "--finding", "medium:suid", "--outcome", "timed_out"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("docker.io/library/nginx:1.27: ALLOWED in audit mode"));
  EXPECT_THAT(result.out,
              HasSubstr("  block_at                medium         override 1 (docker.io/*), line 5\n"));
  EXPECT_THAT(
      result.out,
      HasSubstr("  mode                    audit          override 2 (docker.io/library/*), line 10\n"));
  EXPECT_THAT(result.out, HasSubstr("  warn_at                 low            default\n"));
  EXPECT_THAT(result.out,
              HasSubstr("  block  rule suid (medium) matched in layer 1; by override 1 (docker.io/*)\n"
                        "         block_at = medium asks for block (override 1 (docker.io/*), line 5)\n"));
  EXPECT_THAT(result.out, HasSubstr("  note   nothing is blocked here, audit mode; by override 2"));
  EXPECT_THAT(result.out, Not(HasSubstr("Waivers")));
}

TEST_F(PolicyTest, WaiversFromAFileAndTheirEnd) {
  const auto waivers =
      dir_.write("w.toml", "[[waiver]]\nid = \"w1\"\nrule = \"miner\"\nfile_hash = \"" + kHash +
                               "\"\nreason = \"known\"\nauthor = \"sec\"\ncreated = 2026-01-01\n"
                               "expires = 2026-02-01\n"
                               "[[waiver]]\nid = \"w2\"\nrule = \"miner\"\nrepository = "
                               "\"docker.io/*\"\nreason = \"known\"\nauthor = \"sec\"\n"
                               "created = 2026-01-01\nexpires = 2026-02-01\n");
  const std::vector<std::string> base = {"--image",   "someone/app",    "--finding", "high:miner:" + kHash,
                                         "--waivers", waivers.string(), "--at"};
  auto at = [&](const char* time) {
    auto arguments = base;
    arguments.emplace_back(time);
    return arguments;
  };
  const json before = try_json(at("2026-01-31T23:59:59Z"), 0);
  EXPECT_EQ(before.at("answer"), "warn");
  EXPECT_EQ(before.at("reasons").at(0).at("asked"), "block");
  EXPECT_EQ(before.at("reasons").at(0).at("action"), "warn");
  EXPECT_EQ(before.at("reasons").at(0).at("waiver"), "w1");
  EXPECT_EQ(before.at("waivers").at(0).at("fate"), "used");
  EXPECT_EQ(before.at("waivers").at(1).at("fate"), "needs-digest");
  const json after = try_json(at("2026-02-01T00:00:00Z"), 1);
  EXPECT_EQ(after.at("waivers").at(0).at("fate"), "expired");

  const auto text = try_it(at("2026-01-31T23:59:59Z"));
  EXPECT_THAT(
      text.out,
      HasSubstr("asks for block (override 1 (docker.io/*), line 5); waiver w1 covers it, so it is warn"));
}

TEST_F(PolicyTest, JsonSaysWhereEachSettingIsFrom) {
  const json report = try_json({"--image", "nginx@" + kDigest}, 0);
  EXPECT_EQ(report.at("schema"), "portcullis.policy-test/1");
  EXPECT_EQ(report.at("repository"), "docker.io/library/nginx");
  EXPECT_EQ(report.at("settings").at("warn_at").at("override"), nullptr);
  const json& cooldown = report.at("settings").at("cooldown");
  EXPECT_EQ(cooldown.at("value"), "off");
  EXPECT_EQ(cooldown.at("override").at("number"), 1);
  EXPECT_EQ(cooldown.at("override").at("match"), "docker.io/*");
  EXPECT_EQ(cooldown.at("override").at("line"), 5);
  EXPECT_EQ(report.at("overrides").size(), 2u);
  EXPECT_THAT(report.at("reasons"), IsEmpty());
}

TEST_F(PolicyTest, TakesAReportOfScan) {
  const auto layer = dir_.write("layer.tar", test::make_tar({{"usr/bin/dropper", test::eicar()}}));
  const auto report = dir_ / "r.json";
  const auto scan = test::run(portcullis({"scan", "--data", (dir_ / "cache").string(), "--format", "json",
                                          "--output", report.string(), "layer:" + layer.string()}));
  ASSERT_EQ(scan.exit_code, 1) << scan.err;
  const json blocked = try_json({"--image", "someone/app", "--findings", report.string()}, 1);
  EXPECT_EQ(blocked.at("reasons").at(0).at("code"), "rule:eicar_test_file");
  EXPECT_THAT(blocked.at("reasons").at(0).at("text").get<std::string>(),
              HasSubstr("matched usr/bin/dropper in layer"));
  EXPECT_EQ(try_json({"--image", "nginx", "--findings", report.string()}, 0).at("answer"), "would-block");
}

TEST_F(PolicyTest, AReportThatIsNotUnderstoodIsNeverClean) {
  const std::string blob = R"({"digest":null,"place":"layer 1","outcome":"complete","findings":[)";
  const std::string head =
      R"({"schema":"portcullis.scan/1","digest":null,"verdict":"allow","reasons":[],"blobs":[)";
  const std::tuple<const char*, std::string, int, const char*> rows[] = {
      {"no JSON", "hello", 64, "this is not JSON of that kind"},
      {"other schema", R"({"schema":"other/1"})", 64, "its schema is \"other/1\""},
      {"incomplete", R"({"schema":"portcullis.scan/1"})", 64, "this one is incomplete"},
      {"unknown outcome", head + R"({"digest":null,"place":"x","outcome":"fine","findings":[]}]})", 64,
       "does not know"},
      {"unknown severity", head + blob + R"({"source":"yara","severity":"mild","rule":"r"}]}]})", 64,
       "does not know"},
      {"failed scan", head + "]}", 2, "that scan found out nothing"},
  };
  for (const auto& [name, content, exit_code, expected] : rows) {
    SCOPED_TRACE(name);
    const auto report = dir_.write("r.json", content);
    const auto result = try_it({"--image", "someone/app", "--findings", report.string()});
    EXPECT_EQ(result.exit_code, exit_code);
    EXPECT_THAT(result.err, HasSubstr(expected));
    EXPECT_THAT(result.out, IsEmpty());
  }
}

/// A server's records with one decision on docker.io/someone/app:1.
class Recorded : public PolicyTest {
 protected:
  Recorded() {
    std::filesystem::create_directories(dir_ / "data");
    records_ = *records::open((dir_ / "data/portcullis.db").string());
    const auto now = util::SystemClock().now();
    record_.at = now;
    record_.blobs = {{oci::Digest::of("config"), "c", "config", 1},
                     {oci::Digest::of("layer"), "l", "layer 1", 1}};
    EXPECT_TRUE(records_->put_tag({"docker.io", "someone/app", "1", record_.manifest, "m", 1, now}));
  }
  void decided() {
    ASSERT_TRUE(records_->put_decision(record_, records::Event{.at = record_.at, .action = "image-allowed"}));
  }
  void scanned(const char* content, const char* type, findings::ScanResult result) {
    result.outcome = findings::Outcome::complete;
    const records::ScanKey key{oci::Digest::of(content), type, "p"};
    ASSERT_TRUE(records_->put_scan({.key = key, .result = std::move(result)}));
  }
  std::vector<std::string> asking(const std::string& image = "someone/app:1") {
    return {"--image", image, "--recorded", "--data", (dir_ / "data").string()};
  }
  static findings::ScanResult with(const std::string& rule, findings::Severity severity) {
    findings::ScanResult result;
    auto& finding = result.findings.emplace_back();
    finding.rule = rule;
    finding.severity = severity;
    finding.path = "usr/bin/x";
    return result;
  }

  std::unique_ptr<records::Records> records_;
  records::DecisionRecord record_{.id = "7f3k2mnq",
                                  .host = "docker.io",
                                  .repository = "someone/app",
                                  .reference = "1",
                                  .manifest = oci::Digest::of("manifest"),
                                  .manifest_media_type = "application/vnd.oci.image.manifest.v1+json",
                                  .profile = "p"};
};

TEST_F(Recorded, JudgesWhatAServerFound) {
  record_.decision.action = findings::Action::warn;
  decided();
  scanned("config", "c", {});
  scanned("layer", "l", with("suid", findings::Severity::medium));
  const json report = try_json(asking(), 1);
  EXPECT_EQ(report.at("reasons").at(0).at("text"),
            "rule suid (medium) matched usr/bin/x in layer 1; by override 1 (docker.io/*)");
  EXPECT_THAT(report.at("notes").at(0).get<std::string>(), HasSubstr("from decision 7f3k2mnq"));
  EXPECT_EQ(try_json(asking("someone/app@" + record_.manifest.text()), 1).at("answer"), "block");
}

TEST_F(Recorded, FindingsOfTheManifestStandInTheDecisionOnly) {
  record_.decision.reasons = {
      {findings::Action::warn, findings::Severity::medium, "manifest:odd", "odd", {}}};
  decided();
  scanned("config", "c", {});
  scanned("layer", "l", {});
  const json report = try_json(asking(), 1);
  EXPECT_EQ(report.at("reasons").at(0).at("code"), "manifest:odd");
}

TEST_F(Recorded, WhatWasNotScannedIsNotClean) {
  decided();
  scanned("config", "c", {});
  const json report = try_json(asking(), 2);
  EXPECT_EQ(report.at("answer"), "unknown");
  EXPECT_EQ(report.at("notes").at(1), "1 of its 2 parts have no scan on record");

  auto more = asking();
  more.insert(more.end(), {"--finding", "high:also"});
  EXPECT_EQ(try_json(more, 1).at("answer"), "block");  // whatever the rest is
}

TEST_F(Recorded, UnknownImagesAndIndexesCannotBeTold) {
  record_.manifest_media_type = "application/vnd.oci.image.index.v1+json";
  decided();
  const std::pair<std::string, const char*> rows[] = {
      {"someone/app:1", "is an index of images that are judged by themselves"},
      {"someone/app:2", "docker.io/someone/app:2 was never asked for by that tag"},
      {"someone/app@" + kDigest, "was never judged"},
  };
  for (const auto& [image, expected] : rows) {
    SCOPED_TRACE(image);
    const auto result = try_it(asking(image));
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr(expected));
    EXPECT_THAT(result.out, IsEmpty());
  }
}

TEST_F(PolicyTest, ShowsSettingsAndOverrides) {
  const auto text = run("show", {});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("  cooldown                3 days         [policy]\n"));
  EXPECT_THAT(text.out, HasSubstr("  block_at                high           default\n"));
  EXPECT_THAT(
      text.out,
      HasSubstr(
          "\noverride 2 (docker.io/library/*), line 10\n  mode          audit\n  on.timed_out  warn\n"));
  EXPECT_THAT(text.out, HasSubstr("\nDenied repositories (whatever overrides and waivers say)\n  */evil\n"));
  EXPECT_THAT(text.out, HasSubstr("Waivers last at most 90 days"));

  const auto result = run("show", {"--format", "json"});
  EXPECT_EQ(result.exit_code, 0);
  const json report = json::parse(result.out);
  EXPECT_EQ(report.at("schema"), "portcullis.policy/1");
  EXPECT_EQ(report.at("settings").at("cooldown"), "3 days");
  EXPECT_EQ(report.at("overrides").at(0).at("settings"), json({{"block_at", "medium"}, {"cooldown", "off"}}));
  EXPECT_EQ(report.at("deny").at(0), "*/evil");
}

TEST_F(PolicyTest, WrongUsage) {
  const auto broken = dir_.write("broken.toml", "[policy]\nblok_at = \"high\"\n");
  const std::tuple<std::vector<std::string>, int, const char*> rows[] = {
      {{"policy"}, 64, "policy: expected test or show"},
      {{"policy", "test"}, 64, "FILE"},
      {{"policy", "test", file_.string()}, 64, "--image"},
      {{"policy", "test", "/nonexistent", "--image", "a"}, 78, "/nonexistent"},
      {{"policy", "show", "/nonexistent"}, 78, "/nonexistent"},
      {{"policy", "show", broken.string()},
       78,
       "broken.toml:2: policy.blok_at: unknown key; did you mean \"block_at\"?; the line reads: blok_at = "
       "\"high\""},
      {{"policy", "test", file_.string(), "--image", "A b"}, 64, "--image: "},
      {{"policy", "test", file_.string(), "--image", "a", "--finding", "worst:x"},
       64,
       "--finding: expected SEVERITY:RULE"},
      {{"policy", "test", file_.string(), "--image", "a", "--finding", "high"},
       64,
       "--finding: expected SEVERITY:RULE"},
      {{"policy", "test", file_.string(), "--image", "a", "--finding", "high:"},
       64,
       "--finding: expected SEVERITY:RULE"},
      {{"policy", "test", file_.string(), "--image", "a", "--finding", "high:what:x"},
       64,
       "saw \"high:what:x\""},
      {{"policy", "test", file_.string(), "--image", "a", "--severity", "worst"}, 64, "worst"},
      {{"policy", "test", file_.string(), "--image", "a", "--outcome", "fine"}, 64, "saw \"fine\""},
      {{"policy", "test", file_.string(), "--image", "a", "--digest", "latest"},
       64,
       "--digest: expected a digest"},
      {{"policy", "test", file_.string(), "--image", "a", "--layer", "latest"},
       64,
       "--layer: expected a digest"},
      {{"policy", "test", file_.string(), "--image", "a", "--first-seen", "long"},
       64,
       "--first-seen: expected an age"},
      {{"policy", "test", file_.string(), "--image", "a", "--created", "long"},
       64,
       "--created: expected an age"},
      {{"policy", "test", file_.string(), "--image", "a", "--at", "noon"}, 64, "--at: expected a time"},
      {{"policy", "test", file_.string(), "--image", "a", "--waivers", "/nonexistent"}, 64, "/nonexistent"},
      {{"policy", "test", file_.string(), "--image", "a", "--findings", "/nonexistent"}, 64, "/nonexistent"},
      {{"policy", "test", file_.string(), "--image", "a", "--data", "d"}, 64, "--recorded"},
      {{"policy", "test", file_.string(), "--image", "a", "--recorded", "--data", "/nonexistent"},
       2,
       "--data"},
  };
  for (const auto& [arguments, exit_code, expected] : rows) {
    const auto result = test::run(portcullis(arguments));
    EXPECT_EQ(result.exit_code, exit_code) << expected;
    EXPECT_THAT(result.err, HasSubstr(expected));
    EXPECT_THAT(result.out, IsEmpty());
  }
}

}  // namespace
}  // namespace portcullis::cli
