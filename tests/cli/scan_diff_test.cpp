// SPDX-License-Identifier: Apache-2.0
#include "scan_diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report_samples.hpp"
#include "report_schema.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::cli {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

findings::LayerFile file(const char* path, char hash) { return {path, std::string(64, hash), 12345, "elf"}; }

Report old_image() {
  Report report = clean_report();
  report.image = "registry.example.com/team/app:1.3";
  for (ReportedBlob& blob : report.blobs) {
    if (blob.place != "config") blob.files.emplace();
  }
  report.blobs[1].files->files = {file("bin/sh", 'a'), file("bin/old", 'b')};
  report.blobs[2].files->files = {file("usr/bin/tool", 'c')};
  report.config->entrypoint = {"/bin/app"};
  report.config->env = {"PATH=/bin", "TOKEN=hunter2"};
  report.config->user = "app";
  return report;
}

Report new_image() {
  Report report = old_image();
  report.image = "registry.example.com/team/app:1.4";
  report.verdict = Verdict::block;
  report.message = "rule miner_xmrig (critical) matched usr/bin/x in layer 3";
  const Report bad = blocked_report();
  report.reasons = bad.reasons;
  report.blobs[2].digest = "sha256:" + std::string(64, '9');
  report.blobs[2].files->files = {file("usr/bin/tool", 'd')};
  // In the base as well, and different there: the upper one counts.
  report.blobs[3].files->files = {file("usr/bin/x", 'e'), file("bin/sh", 'f'), file("bin/old", 'b')};
  report.blobs[3].result.findings = {bad.blobs[2].result.findings[1]};
  report.blobs[1].files->files.pop_back();
  findings::Finding setuid;
  setuid.source = findings::Source::layer_check;
  setuid.rule = "layer_setuid_outside_packages";
  setuid.path = "opt/su";
  report.blobs[2].result.findings.push_back(setuid);
  report.config->entrypoint.clear();
  report.config->env = {"PATH=/usr/bin:/bin", "LD_PRELOAD=/x.so"};
  report.config->user = "root";
  report.config->exposed_ports = {"4444/tcp"};
  return report;
}

std::vector<std::string> paths(const std::vector<PlacedFile>& files) {
  std::vector<std::string> all;
  for (const PlacedFile& file : files) all.push_back(file.file->path);
  return all;
}

TEST(ScanDiff, SaysWhatTheNewImageAdds) {
  const Report before = old_image();
  const Report after = new_image();
  const ScanDiff diff = compare(before, after);
  EXPECT_TRUE(diff.comparable);
  EXPECT_THAT(diff.notes, IsEmpty());
  EXPECT_EQ(diff.layers_shared, 2u);
  EXPECT_EQ(diff.base_shared, 1u);
  EXPECT_THAT(paths(diff.files_added), ElementsAre("usr/bin/x"));
  EXPECT_THAT(paths(diff.files_changed), ElementsAre("bin/sh", "usr/bin/tool"));
  EXPECT_EQ(diff.files_changed[0].place, "layer 3 of 3");
  EXPECT_THAT(paths(diff.files_removed), IsEmpty());
  EXPECT_THAT(diff.setuid_added, ElementsAre("opt/su"));
  ASSERT_EQ(diff.findings_new.size(), 2u);
  EXPECT_EQ(diff.findings_new[0].finding->rule, "miner_xmrig");
  EXPECT_THAT(diff.findings_gone, IsEmpty());
  std::vector<std::string> settings;
  for (const SettingChange& change : diff.settings) {
    settings.push_back(change.setting + ": " + change.before + " > " + change.after);
  }
  EXPECT_THAT(settings,
              ElementsAre("entrypoint: /bin/app > ", "user: app > root", "ports:  > 4444/tcp",
                          "environment:  > LD_PRELOAD", "environment: TOKEN > ", "environment:  > PATH"));
}

TEST(ScanDiff, TheOtherWayRound) {
  const Report before = new_image();
  const Report after = old_image();
  const ScanDiff diff = compare(before, after);
  EXPECT_THAT(paths(diff.files_removed), ElementsAre("usr/bin/x"));
  EXPECT_THAT(diff.setuid_removed, ElementsAre("opt/su"));
  EXPECT_EQ(diff.findings_gone.size(), 2u);
  EXPECT_THAT(diff.findings_new, IsEmpty());
}

TEST(ScanDiff, TheSameTwiceHasNoDifference) {
  const Report image = old_image();
  const ScanDiff diff = compare(image, image);
  EXPECT_EQ(diff.layers_shared, 3u);
  EXPECT_EQ(diff.base_shared, 3u);
  EXPECT_TRUE(diff.settings.empty() && diff.files_added.empty() && diff.files_changed.empty());
  const std::string text = render_text(diff, {});
  EXPECT_THAT(text, HasSubstr("findings: 0 new, 0 gone\nsettings: none changed\n"));
}

TEST(ScanDiff, SaysWhatIsNotKnown) {
  const Report before = old_image();
  Report after = old_image();
  after.blobs[1].files->truncated = true;
  after.blobs[2].files.reset();
  after.blobs[3].result.outcome = findings::Outcome::timed_out;
  after.config.reset();
  const ScanDiff diff = compare(before, after);
  EXPECT_THAT(
      diff.notes,
      ElementsAre("the check of layer 3 of 3 of the new image did not end (timed_out), so not all of its "
                  "findings are known",
                  "the config of one of the two is not at hand, so settings were not compared",
                  "layer 1 of 3 of the new image has more files than are listed",
                  "which files are in layer 2 of 3 of the new image is not known"));
  const Report nothing;
  EXPECT_FALSE(compare(before, nothing).comparable);
  EXPECT_FALSE(compare(nothing, before).comparable);
  EXPECT_THAT(render_text(compare(nothing, before), {}), HasSubstr("could not be compared"));
}

TEST(ScanDiff, NoSecretAndNothingHostileIsShown) {
  for (const std::string& text : hostile_texts()) {
    Report before = old_image();
    Report after = hostile_report(text);
    after.config->entrypoint = {text};
    after.config->env = {text + "=" + text};
    after.config->labels = {{"maintainer", text}};
    after.blobs[1].files = findings::LayerFiles{{{text, text, 1, text}}, false};
    for (const std::string& rendered :
         {render_text(compare(before, after), {}), render_json(compare(before, after)),
          render_text(compare(after, before), {.width = 40})}) {
      for (const char c : rendered) ASSERT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f)) << static_cast<int>(c);
      EXPECT_EQ(rendered.find("hunter2"), rendered.npos);
      for (const char* command : {"##[", "##vso[", "##teamcity["}) {
        EXPECT_EQ(rendered.find(command), rendered.npos);
      }
    }
  }
}

TEST(ScanDiff, JsonIsWhatItsSchemaSays) {
  const Report before = old_image();
  const Report after = new_image();
  const json diff = json::parse(render_json(compare(before, after)));
  EXPECT_EQ(diff.at("verdict"), "block");
  EXPECT_EQ(diff.at("files").at("added").at(0).at("path"), "usr/bin/x");
  const json schema = json::parse(kScanReportSchema);
  for (const auto& [key, value] : diff.items()) {
    EXPECT_TRUE(schema.at("definitions").at("difference").at("properties").contains(key)) << key;
  }
  PORTCULLIS_REQUIRE_TOOL("python3");
  const test::TempDir dir;
  const auto result =
      test::run({"python3", "-c",
                 "import json, sys, jsonschema\n"
                 "jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))\n",
                 dir.write("schema", kScanReportSchema).string(), dir.write("diff", diff.dump()).string()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

}  // namespace
}  // namespace portcullis::cli
