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

/// A tar header of printable bytes only, as Go's archive/tar takes it: a document that unpacks.
std::string document_and_tar() {
  std::string block = "{\"" + std::string(510, 'a');
  block.replace(100, 8, "0000644 ").replace(108, 8, "0000000 ").replace(116, 8, "0000000 ");
  block.replace(124, 12, "00000000000 ").replace(136, 12, "00000000000 ").replace(148, 8, "        ");
  block[156] = '0';
  unsigned sum = 0;
  for (const char byte : block) sum += static_cast<unsigned char>(byte);
  std::string octal;
  for (; sum > 0; sum /= 8) octal.insert(octal.begin(), static_cast<char>('0' + sum % 8));
  return block.replace(148, octal.size(), octal);
}

struct DocumentRow {
  const char* name;
  std::string type;
  std::string bytes;
  std::string rule;  ///< empty: served
};

class Documents : public testing::TestWithParam<DocumentRow> {};

/// Attestations and signatures stand beside an image config; what a runtime could unpack does not pass
/// for one.
TEST_P(Documents, BesideAnImageConfig) {
  World world;
  world.push(kRepo, "1", {GetParam().bytes}, GetParam().type);
  const auto answer = world.pull(kRepo, "1");
  const auto& rule = GetParam().rule;
  EXPECT_EQ(answer.status, rule.empty() ? Status::served : Status::blocked) << answer.message;
  EXPECT_NE(answer.message.find(rule), std::string::npos) << answer.message;
}

const std::string kUnlisted = "manifest_unlisted_layer_type";
const std::string kInToto = "application/vnd.in-toto+json";
const std::string kStatement = R"({"_type":"https://in-toto.io/Statement/v0.1","subject":[]})";
const std::string kGzipMagic("\x1f\x8b\x08", 3);

INSTANTIATE_TEST_SUITE_P(
    Rows, Documents,
    testing::Values(DocumentRow{"buildkit_attestation", kInToto, kStatement, ""},
                    DocumentRow{"longer_than_a_tar_block", kInToto, kStatement + std::string(5000, ' '), ""},
                    DocumentRow{"cosign_signature", "application/vnd.dev.cosign.simplesigning.v1+json",
                                R"({"critical":{}})", ""},
                    DocumentRow{"cosign_attestation", "application/vnd.dsse.envelope.v1+json",
                                R"({"payloadType":"x"})", ""},
                    DocumentRow{"gzip", kInToto, kGzipMagic + "whatever", kUnlisted},
                    DocumentRow{"zstd", kInToto, "\x28\xb5\x2f\xfd", kUnlisted},
                    DocumentRow{"tar", kInToto, std::string(1024, 'x'), kUnlisted},
                    DocumentRow{"empty", kInToto, "", kUnlisted},
                    DocumentRow{"document_that_is_a_tar_header", kInToto, document_and_tar(), kUnlisted},
                    DocumentRow{"document_that_is_nearly_a_tar_header", kInToto,
                                "{ " + document_and_tar().substr(2), ""},
                    DocumentRow{"not_json_by_type", "application/vnd.cyclonedx+xml", kStatement, kUnlisted},
                    DocumentRow{"manifest_type", std::string(oci::kOciManifest), kStatement, kUnlisted},
                    DocumentRow{"malware_in_a_document", kInToto, R"({"malware":1})", "test_malware"}),
    [](const auto& row) { return std::string(row.param.name); });

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
  explicit IndexWorld(policy::Policy wanted = {}) : World({}, std::move(wanted)) {
    good = push(kRepo, "amd64", {"fine"}).manifest;
    bad = push(kRepo, "arm64", {"malware"}).manifest;
    const std::string body =
        R"({"schemaVersion":2,"manifests":[)" + entry(good, "amd64") + "," + entry(bad, "arm64") + "]}";
    index = registry.add(kRepo, body, std::string(oci::kOciIndex));
    registry.tag(kRepo, "multi", index);
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
  oci::Digest index = oci::Digest::of("");
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

TEST(Index, AnEntryWithoutAPlatformMayBeForAnybody) {
  IndexWorld world;
  const std::string body = R"({"schemaVersion":2,"manifests":[)" + world.entry(world.good, "amd64") + "," +
                           descriptor_of(world.bad, 500, std::string(oci::kOciManifest)) + "]}";
  world.registry.tag(kRepo, "multi", world.registry.add(kRepo, body, std::string(oci::kOciIndex)));
  const auto answer = world.pull_for({{"linux", "amd64", ""}});
  EXPECT_EQ(answer.status, Status::blocked);
  EXPECT_TRUE(answer.may_be_shown) << "the index: its entry is refused when asked for";
}

TEST(Index, AnIndexInAnIndexIsLookedInto) {
  IndexWorld world;
  const std::string body = R"({"schemaVersion":2,"manifests":[)" +
                           descriptor_of(world.index, 500, std::string(oci::kOciIndex)) + "]}";
  world.registry.tag(kRepo, "multi", world.registry.add(kRepo, body, std::string(oci::kOciIndex)));
  EXPECT_EQ(world.pull_for({{"linux", "amd64", ""}}).status, Status::served);
  EXPECT_EQ(world.pull_for({{"linux", "arm64", ""}}).status, Status::blocked);
}

TEST(Index, AWantedEntryTheUpstreamDoesNotHaveIsNoReasonToRefuseTheIndex) {
  IndexWorld world;
  const std::string body =
      R"({"schemaVersion":2,"manifests":[)" + world.entry(oci::Digest::of("never pushed"), "amd64") + "]}";
  world.registry.tag(kRepo, "multi", world.registry.add(kRepo, body, std::string(oci::kOciIndex)));
  EXPECT_EQ(world.pull_for({{"linux", "amd64", ""}}).status, Status::served);
  EXPECT_EQ(world.pull(kRepo, oci::Digest::of("never pushed").text()).status, Status::absent);
}

TEST(Index, IsShownWhileItsPlatformIsJudged) {
  IndexWorld world;
  world.scanner.hold();
  const auto answer = world.gate->manifest({"docker.io",
                                            *oci::Repository::parse(kRepo),
                                            *oci::parse_tag_or_digest("multi"),
                                            Method::get,
                                            {},
                                            {{"linux", "amd64", ""}},
                                            std::chrono::milliseconds(500)});
  EXPECT_EQ(answer.status, Status::pending);
  world.scanner.release();
  EXPECT_EQ(world.pull_for({{"linux", "amd64", ""}}).status, Status::served);
}

TEST(Index, ABlockedOneIsNotShown) {
  const auto digest = IndexWorld().index;
  policy::Policy policy;
  policy.deny_digests = {digest};
  IndexWorld world(policy);
  ASSERT_EQ(world.index, digest);
  const auto answer = world.pull_for({});
  ASSERT_EQ(answer.status, Status::blocked);
  EXPECT_FALSE(answer.may_be_shown) << "its entries have verdicts of their own";
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
