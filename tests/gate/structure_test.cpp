// SPDX-License-Identifier: Apache-2.0
//
// Manifests that cannot be judged, and indexes.
#include <gtest/gtest.h>

#include "world.hpp"

namespace portcullis::gate {
namespace {

constexpr const char* kRepo = "library/app";

std::string descriptor_of(const oci::Digest& digest, std::size_t size, const std::string& type,
                          const std::string& extra = "") {
  return R"({"mediaType":")" + type + R"(","digest":")" + digest.text() + R"(","size":)" +
         std::to_string(size) + extra + "}";
}

struct Row {
  const char* name;
  std::string config_type;
  std::string layer_type;
  std::string layer_extra;
  std::string rule;  ///< empty: served
};

class Structure : public testing::TestWithParam<Row> {};

TEST_P(Structure, IsRefusedBeforeALayerIsFetched) {
  const auto& row = GetParam();
  World world;
  const std::string config =
      R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}})";
  const std::string layer = "some bytes";
  const auto config_digest = world.registry.add(kRepo, config);
  const auto layer_digest = world.registry.add(kRepo, layer);
  const std::string body = R"({"schemaVersion":2,"config":)" +
                           descriptor_of(config_digest, config.size(), row.config_type) + R"(,"layers":[)" +
                           descriptor_of(layer_digest, layer.size(), row.layer_type, row.layer_extra) + "]}";
  world.registry.tag(kRepo, "1", world.registry.add(kRepo, body, std::string(oci::kOciManifest)));
  const auto answer = world.pull(kRepo, "1");
  if (row.rule.empty()) {
    EXPECT_EQ(answer.status, Status::served) << answer.message;
    return;
  }
  EXPECT_EQ(answer.status, Status::blocked);
  EXPECT_NE(answer.message.find(row.rule), std::string::npos) << answer.message;
  EXPECT_EQ(world.registry.requests("blob"), 0);
}

const std::string kConfig(oci::kOciConfig);
const std::string kLayer(oci::kOciLayer);
const std::string kWeird = "application/vnd.docker.image.rootfs.diff.weird";

INSTANTIATE_TEST_SUITE_P(
    Rows, Structure,
    testing::Values(Row{"plain", kConfig, kLayer, "", ""},
                    Row{"download_address", kConfig, kLayer, R"(,"urls":["https://example.com/x"])",
                        "manifest_foreign_urls"},
                    Row{"encrypted", kConfig, kLayer + "+encrypted", "", "manifest_encrypted_layer"},
                    Row{"unlisted_type", kConfig, kWeird, "", "manifest_unlisted_layer_type"},
                    Row{"unlisted_type_beside_octet_stream", "application/octet-stream", kWeird, "",
                        "manifest_unlisted_layer_type"},
                    Row{"artifact", "application/vnd.cncf.helm.config.v1+json",
                        "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "", ""}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Structure, WhatAnAllowPatternLiftsIsScannedAllTheSame) {
  policy::Policy policy;
  policy.allow_repositories = {"docker.io/library/*"};
  World world({}, policy);
  world.push(kRepo, "1", {"a layer"}, kWeird);
  const auto answer = world.pull(kRepo, "1");
  ASSERT_EQ(answer.status, Status::served) << answer.message;
  EXPECT_NE(answer.warning.find("manifest_unlisted_layer_type"), std::string::npos) << answer.warning;
  EXPECT_EQ(world.scanner.scans(), 2);
}

TEST(Structure, KeysThatGoReadsDifferentlyAreRefused) {
  World world;
  const auto image = world.push(kRepo, "ok", {"layer"});
  auto body = image.body;
  body.insert(body.size() - 1, R"(,"Layers":[])");
  world.registry.tag(kRepo, "1", world.registry.add(kRepo, body, std::string(oci::kOciManifest)));
  const auto answer = world.pull(kRepo, "1");
  EXPECT_EQ(answer.status, Status::blocked);
  EXPECT_NE(answer.message.find("manifest_unreadable"), std::string::npos) << answer.message;
}

TEST(Structure, TheSameLayerAsConfigElsewhereEarnsNothing) {
  // A layer that was scanned as opaque bytes must not count as scanned when it is a layer.
  World world;
  const auto image = world.push(kRepo, "1", {"a layer"});
  const auto parts_before = world.scanner.scans();
  ASSERT_EQ(world.pull(kRepo, "1").status, Status::served);
  EXPECT_EQ(world.scanner.scans() - parts_before, 2);
  const std::string body = R"({"schemaVersion":2,"config":)" +
                           descriptor_of(image.layers[0], 7, "application/vnd.example.config") +
                           R"(,"layers":[]})";
  world.registry.tag(kRepo, "2", world.registry.add(kRepo, body, std::string(oci::kOciManifest)));
  ASSERT_EQ(world.pull(kRepo, "2").status, Status::served);
  EXPECT_EQ(world.scanner.scans() - parts_before, 3);
}

struct IndexWorld : World {
  IndexWorld() {
    good = push(kRepo, "amd64", {"fine"}).manifest;
    bad = push(kRepo, "arm64", {"malware"}).manifest;
    const std::string body =
        R"({"schemaVersion":2,"manifests":[)" + entry(good, "amd64") + "," + entry(bad, "arm64") + "]}";
    registry.tag(kRepo, "multi", registry.add(kRepo, body, std::string(oci::kOciIndex)));
  }
  std::string entry(const oci::Digest& digest, const std::string& architecture) {
    return descriptor_of(digest, 500, std::string(oci::kOciManifest),
                         R"(,"platform":{"os":"linux","architecture":")" + architecture + "\"}");
  }
  ManifestAnswer pull_for(std::vector<oci::Platform> platforms) {
    return gate->manifest({"docker.io",
                           *oci::Repository::parse(kRepo),
                           *oci::parse_tag_or_digest("multi"),
                           Method::get,
                           {},
                           std::move(platforms),
                           std::chrono::seconds(20)});
  }
  oci::Digest good = oci::Digest::of("");
  oci::Digest bad = oci::Digest::of("");
};

TEST(Index, PassesAndEachPlatformIsJudgedWhenAskedFor) {
  IndexWorld world;
  EXPECT_EQ(world.pull_for({}).status, Status::served);
  EXPECT_EQ(world.pull(kRepo, world.good.text()).status, Status::served);
  EXPECT_EQ(world.pull(kRepo, world.bad.text()).status, Status::blocked);
}

TEST(Index, IsJudgedForTheWantedPlatforms) {
  IndexWorld world;
  EXPECT_EQ(world.pull_for({{"linux", "amd64", ""}}).status, Status::served);
  EXPECT_EQ(world.pull_for({{"linux", "arm64", ""}}).status, Status::blocked);
  EXPECT_EQ(world.pull_for({{"linux", "amd64", ""}, {"linux", "arm64", ""}}).status, Status::blocked);
  EXPECT_EQ(world.pull_for({{"linux", "s390x", ""}}).status, Status::served);
}

TEST(Index, JudgeFollowsThePlatform) {
  IndexWorld world;
  auto ask = [&](const char* platform) {
    return world.gate->judge({"docker.io",
                              *oci::Repository::parse(kRepo),
                              *oci::parse_tag_or_digest("multi"),
                              Method::get,
                              {},
                              {*oci::Platform::parse(platform)},
                              std::chrono::hours(1)});
  };
  const auto bad = ask("linux/arm64");
  EXPECT_EQ(bad.answer.status, Status::blocked);
  EXPECT_EQ(bad.record->manifest, world.bad);
  EXPECT_FALSE(bad.blobs.empty());
  EXPECT_EQ(ask("linux/riscv64").answer.status, Status::absent);
}

}  // namespace
}  // namespace portcullis::gate
