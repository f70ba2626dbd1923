// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "program.hpp"
#include "support/docker_registry.hpp"
#include "support/image_builder.hpp"
#include "support/require.hpp"
#include "support/samples.hpp"

namespace portcullis::cli {
namespace {

using nlohmann::json;
using test::ImageBuilder;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const test::FileSpec kClean{"etc/motd", "hello\n"};

class Scan : public testing::Test {
 protected:
  test::RunResult scan(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"scan", "--data", (dir_ / "cache").string()});
    return test::run(portcullis(std::move(arguments)));
  }
  json scan_json(std::vector<std::string> arguments, int exit_code) {
    arguments.insert(arguments.begin(), {"--format", "json"});
    const auto result = scan(std::move(arguments));
    EXPECT_EQ(result.exit_code, exit_code) << result.out << result.err;
    return json::parse(result.out);
  }
  test::FileSpec bad(const std::string& path = "usr/bin/dropper") const { return {path, test::eicar()}; }
  std::string layout(const test::Image& image) {
    test::write_oci_layout(dir_ / "layout", "v1", image);
    return "oci:" + (dir_ / "layout").string() + ":v1";
  }

  test::TempDir dir_;
};

TEST_F(Scan, CleanLayoutIsClean) {
  const auto result = scan({layout(ImageBuilder().layer({kClean}).build())});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr(": clean\n"));
  EXPECT_THAT(result.err, IsEmpty());
}

TEST_F(Scan, InfectedLayoutIsBlockedAndExplained) {
  const test::Image image = ImageBuilder().layer({kClean}).layer({bad()}).build();
  const std::string source = layout(image);
  const auto text = scan({source});
  EXPECT_EQ(text.exit_code, 1) << text.out << text.err;
  EXPECT_THAT(text.out, HasSubstr(": BLOCKED\n"));
  EXPECT_THAT(text.out, HasSubstr("layer 2 of 2  " + image.layers[1].digest().text()));
  EXPECT_THAT(text.out, HasSubstr("  `- usr/bin/dropper\n"));
  EXPECT_THAT(text.out, HasSubstr("eicar_test_file"));
  EXPECT_THAT(text.out, Not(HasSubstr("\033")));

  const json report = scan_json({source}, 1);  // from the records this time
  EXPECT_EQ(report.at("schema"), "portcullis.scan/1");
  EXPECT_EQ(report.at("image"), source);
  EXPECT_EQ(report.at("digest"), image.digest().text());
  EXPECT_EQ(report.at("verdict"), "block");
  EXPECT_EQ(report.at("reasons").at(0).at("code"), "rule:eicar_test_file");
  bool found = false;
  for (const json& blob : report.at("blobs")) {
    for (const json& finding : blob.at("findings")) {
      found = true;
      EXPECT_EQ(blob.at("place"), "layer 2");
      EXPECT_EQ(blob.at("digest"), image.layers[1].digest().text());
      EXPECT_EQ(blob.at("outcome"), "complete");
      EXPECT_EQ(finding.at("path"), "usr/bin/dropper");
    }
  }
  EXPECT_TRUE(found) << report.dump(2);
}

TEST_F(Scan, BareLayer) {
  const auto clean = dir_.write("clean.tar", test::make_tar({kClean}));
  EXPECT_EQ(scan_json({"layer:" + clean.string()}, 0).at("verdict"), "allow");
  const std::string bytes = test::compress(test::make_tar({bad()}), oci::Compression::gzip);
  const auto infected = dir_.write("infected.tgz", bytes);
  const json report = scan_json({"layer:" + infected.string()}, 1);
  EXPECT_EQ(report.at("digest"), oci::Digest::of(bytes).text());
  EXPECT_EQ(report.at("blobs").at(0).at("place"), "layer");
}

TEST_F(Scan, Directory) {
  dir_.write("root/etc/motd", "hello");
  EXPECT_EQ(scan_json({"dir:" + (dir_ / "root").string()}, 0).at("digest"), nullptr);
  dir_.write("root/usr/bin/dropper", test::eicar());
  const json report = scan_json({"dir:" + (dir_ / "root").string()}, 1);
  EXPECT_THAT(report.at("blobs").at(0).at("findings").at(0).at("path").get<std::string>(),
              HasSubstr("usr/bin/dropper"));
}

TEST_F(Scan, IndexIsScannedForThePlatformThatIsWanted) {
  const auto index = test::make_index({ImageBuilder().layer({kClean}).architecture("amd64").build(),
                                       ImageBuilder().layer({bad()}).architecture("arm64").build()});
  test::write_oci_layout(dir_ / "index", "v1", index);
  const std::string source = "oci:" + (dir_ / "index").string() + ":v1";
  EXPECT_EQ(scan_json({"--platform", "linux/amd64", source}, 0).at("digest"),
            index.images[0].digest().text());
  EXPECT_EQ(scan_json({"--platform", "linux/arm64", source}, 1).at("digest"),
            index.images[1].digest().text());
  const json none = scan_json({"--platform", "linux/s390x", source}, 2);
  EXPECT_EQ(none.at("verdict"), "error");
  EXPECT_THAT(none.at("message").get<std::string>(), HasSubstr("only for linux/amd64, linux/arm64"));
}

TEST_F(Scan, AnImageForAnotherPlatformIsNotTheOneAskedFor) {
  const std::string clean = layout(ImageBuilder().layer({kClean}).architecture("amd64").build());
  EXPECT_EQ(scan_json({"--platform", "linux/amd64", clean}, 0).at("verdict"), "allow");
  const json other = scan_json({"--platform", "linux/s390x", clean}, 2);
  EXPECT_EQ(other.at("verdict"), "error");
  EXPECT_EQ(other.at("message"), "it is an image for linux/amd64, and --platform asks for linux/s390x");
  const std::string infected = layout(ImageBuilder().layer({bad()}).architecture("amd64").build());
  EXPECT_EQ(scan_json({"--platform", "linux/s390x", infected}, 1).at("verdict"), "block");
}

TEST_F(Scan, WhatCannotBeJudgedIsNeverClean) {
  const auto garbage =
      dir_.write("garbage", "this is no archive of any kind, and long enough to be looked at");
  const auto cut = test::make_tar({{"a", std::string(5000, 'a')}}).substr(0, 2000);
  const std::pair<const char*, std::string> rows[] = {
      {"no such layer", "layer:/nonexistent.tar"},
      {"no such directory", "dir:/nonexistent"},
      {"no such layout", "oci:/nonexistent"},
      {"file as directory", "dir:" + garbage.string()},
      {"garbage as layer", "layer:" + garbage.string()},
      {"cut layer", "layer:" + dir_.write("cut.tar", cut).string()},
      {"bad reference", "UPPER/case"},
      {"nobody there", "127.0.0.1:" + std::to_string(test::free_port()) + "/a/b:c"},
  };
  for (const auto& [name, source] : rows) {
    SCOPED_TRACE(name);
    const json report = scan_json({source}, 2);
    EXPECT_EQ(report.at("verdict"), "error");
    EXPECT_NE(report.at("message"), "");
  }
}

TEST_F(Scan, OutputGoesToAFileAndNoCacheLeavesNothing) {
  const std::string source = layout(ImageBuilder().layer({bad()}).build());
  auto command =
      portcullis({"scan", "--no-cache", "--format", "json", "--output", (dir_ / "r.json").string(), source});
  std::filesystem::create_directory(dir_ / "tmp");
  command.env["TMPDIR"] = (dir_ / "tmp").string();
  command.env["XDG_CACHE_HOME"] = (dir_ / "xdg").string();
  const auto result = test::run(command);
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_EQ(json::parse(test::slurp(dir_ / "r.json")).at("verdict"), "block");
  EXPECT_TRUE(std::filesystem::is_empty(dir_ / "tmp"));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "xdg"));
}

TEST_F(Scan, WithoutAHomeNothingIsKept) {
  auto command = portcullis({"scan", layout(ImageBuilder().layer({bad()}).build())});
  std::filesystem::create_directory(dir_ / "tmp");
  command.env["TMPDIR"] = (dir_ / "tmp").string();
  command.env["XDG_CACHE_HOME"] = "";
  command.env["HOME"] = "";
  const auto result = test::run(command);
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_TRUE(std::filesystem::is_empty(dir_ / "tmp"));
}

TEST_F(Scan, OwnRulesAndThreshold) {
  const auto rules = dir_.write("own.yar",
                                "rule says_hello { meta: severity = \"low\" strings: $a = \"hello\" "
                                "condition: $a }");
  const std::string source = layout(ImageBuilder().layer({kClean}).build());
  const std::vector<std::string> own = {"--no-builtin-rules", "--rules", rules.string()};
  auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), own.begin(), own.end());
    more.push_back(source);
    return more;
  };
  EXPECT_EQ(scan_json(with({}), 0).at("verdict"), "warn");
  EXPECT_EQ(scan_json(with({"--fail-on", "low"}), 1).at("verdict"), "block");
}

TEST_F(Scan, ImageInARegistryThatIsInNoConfiguration) {
  PORTCULLIS_REQUIRE_TOOL("docker-registry");
  const test::DockerRegistry registry(dir_ / "registry");
  test::push(registry.port(), "team/app", "dev", ImageBuilder().layer({bad()}).build());
  const std::string name = registry.address() + "/team/app:dev";
  EXPECT_EQ(scan_json({name}, 2).at("verdict"), "error");  // TLS unless told otherwise
  EXPECT_EQ(scan_json({"--plain-http", registry.address(), name}, 1).at("verdict"), "block");
}

}  // namespace
}  // namespace portcullis::cli
