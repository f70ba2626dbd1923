// SPDX-License-Identifier: Apache-2.0
//
// Pulls over plain HTTP: routes, media types, compressions, indexes, sharing of work.
#include <gmock/gmock.h>

#include <random>
#include <thread>

#include "portcullis/oci/manifest.hpp"
#include "support/raw_server.hpp"
#include "support/require.hpp"
#include "world.hpp"

namespace portcullis::test {
namespace {

using ::testing::HasSubstr;

class Pull : public ::testing::Test {
 protected:
  void SetUp() override { PORTCULLIS_REQUIRE_TOOL("docker-registry"); }
};

TEST_F(Pull, EveryMediaTypeAndCompressionIsJudgedAlike) {
  World world;
  struct Row {
    const char* name;
    Dialect dialect;
    oci::Compression compression;
  };
  const Row rows[] = {{"oci-gzip", Dialect::oci, oci::Compression::gzip},
                      {"oci-zstd", Dialect::oci, oci::Compression::zstd},
                      {"oci-plain", Dialect::oci, oci::Compression::none},
                      {"docker-gzip", Dialect::docker, oci::Compression::gzip},
                      {"docker-plain", Dialect::docker, oci::Compression::none}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const std::string tag = row.name;
    const auto clean = ImageBuilder(row.dialect).layer({{"etc/motd", tag}}, row.compression).build();
    const auto infected = ImageBuilder(row.dialect)
                              .layer({{"etc/motd", tag}}, row.compression)
                              .layer(infected_files(), row.compression)
                              .build();
    push(world.registry.port(), "team/clean", tag, clean);
    push(world.registry.port(), "team/infected", tag, infected);
    EXPECT_TRUE(pulls(world.server.port(), "team/clean", tag, clean));
    EXPECT_TRUE(is_block(get_manifest(world.server.port(), "team/infected", tag), "layer 2"));
    EXPECT_TRUE(
        is_block(get_manifest(world.server.port(), "team/infected", infected.digest().text()), "layer 2"));
    for (const auto& layer : infected.layers) {
      const auto blob = http_get(world.server.port(), "/v2/team/infected/blobs/" + layer.digest().text());
      EXPECT_NE(blob.status, 200) << "no blob of a blocked image leaves";
      EXPECT_EQ(blob.body.find(layer.bytes), std::string::npos);
    }
  }
}

TEST_F(Pull, RoutesLeadToTheirUpstreamAndNowhereElse) {
  World world;
  DockerRegistry second(world.dir / "second");
  PortcullisServer server({.directory = world.dir / "two",
                           .upstreams = {"docker.io=" + world.registry.url(), "ghcr.io=" + second.url()}});
  const auto ours = clean_image();
  const auto theirs = ImageBuilder().layer({{"etc/motd", "from the other registry"}}).build();
  push(world.registry.port(), "team/app", "1", ours);
  push(second.port(), "team/app", "1", theirs);

  EXPECT_TRUE(pulls(server.port(), "team/app", "1", ours));
  EXPECT_TRUE(pulls(server.port(), "docker.io/team/app", "1", ours));
  EXPECT_TRUE(pulls(server.port(), "ghcr.io/team/app", "1", theirs));
  const auto by_ns = get_manifest(server.port(), "team/app", "1", "?ns=ghcr.io");
  EXPECT_EQ(by_ns.status, 200) << by_ns.body;
  EXPECT_EQ(by_ns.body, theirs.manifest.bytes);
  EXPECT_EQ(by_ns.header("OCI-Namespace"), "ghcr.io");
  const auto by_docker_ns = get_manifest(server.port(), "team/app", "1", "?ns=docker.io");
  EXPECT_EQ(by_docker_ns.body, ours.manifest.bytes);

  RawServer stranger(
      [](const std::string&, const std::string&) { return RawAnswer{http_message("200 OK", "", "{}")}; });
  for (const auto& answer : {get_manifest(server.port(), stranger.address() + "/team/app", "1"),
                             get_manifest(server.port(), "team/app", "1", "?ns=" + stranger.address())}) {
    EXPECT_GE(answer.status, 400);
    EXPECT_NE(answer.status, 404) << "absent is something else than refused";
    EXPECT_THAT(answer.body, HasSubstr(stranger.address()));
  }
  EXPECT_EQ(stranger.connections(), 0U);
}

TEST_F(Pull, IndexPassesOnThePrefixRouteAndEachPlatformIsJudged) {
  World world;
  const auto good = ImageBuilder().layer(base_files()).build();
  const auto bad = ImageBuilder().architecture("arm64").layer(base_files()).layer(infected_files()).build();
  const auto index = make_index({good, bad});
  const auto docker_index = make_index(
      {clean_image(), ImageBuilder(Dialect::docker).architecture("arm64").layer(infected_files()).build()},
      Dialect::docker);
  push(world.registry.port(), "team/multi", "oci", index);
  push(world.registry.port(), "team/multi", "docker", docker_index);
  const auto port = world.server.port();

  for (const auto& [tag, wanted] : {std::pair{"oci", index}, std::pair{"docker", docker_index}}) {
    SCOPED_TRACE(tag);
    const std::string path = "docker.io/team/multi";
    const auto top = get_manifest(port, path, tag);
    EXPECT_EQ(top.status, 200) << top.body;
    EXPECT_EQ(top.body, wanted.index.bytes);
    EXPECT_EQ(top.header("Content-Type"), wanted.index.media_type);
    EXPECT_TRUE(pulls(port, path, wanted.images[0].digest().text(), wanted.images[0]));
    const auto& infected = wanted.images[1];
    const auto layer = "layer " + std::to_string(infected.layers.size());
    EXPECT_TRUE(is_block(get_manifest(port, path, infected.digest().text()), layer));
  }
}

TEST_F(Pull, IndexIsJudgedAtOnceOnTheMirrorRoute) {
  World world;
  const auto here = oci::Platform::host().architecture;
  const auto bad = ImageBuilder().architecture(here).layer(base_files()).layer(infected_files()).build();
  const auto good = ImageBuilder().architecture(here).layer(base_files()).build();
  const auto foreign = ImageBuilder().architecture("mips64le").layer(infected_files()).build();
  push(world.registry.port(), "team/multi", "bad", make_index({bad, foreign}));
  push(world.registry.port(), "team/multi", "good", make_index({good, foreign}));

  EXPECT_TRUE(is_block(get_manifest(world.server.port(), "team/multi", "bad"), "layer 2"));
  const auto top = get_manifest(world.server.port(), "team/multi", "good");
  EXPECT_EQ(top.status, 200) << top.body;
  EXPECT_TRUE(pulls(world.server.port(), "team/multi", good.digest().text(), good));
  const auto child = get_manifest(world.server.port(), "team/multi", foreign.digest().text());
  EXPECT_TRUE(is_block(child, "layer 1")) << "a platform nobody asked for is judged when asked for";
}

TEST_F(Pull, ABlobNeedsAnAllowedManifestOfItsOwnRepository) {
  World world;
  const auto clean = clean_image();
  push(world.registry.port(), "team/clean", "1", clean);
  const auto target = "/blobs/" + clean.layers[0].digest().text();
  EXPECT_NE(http_get(world.server.port(), "/v2/team/clean" + target).status, 200) << "nothing judged yet";
  EXPECT_TRUE(pulls(world.server.port(), "team/clean", "1", clean));
  EXPECT_NE(http_get(world.server.port(), "/v2/team/other" + target).status, 200);

  const auto ranged = http_get(world.server.port(), "/v2/team/clean" + target, {{"Range", "bytes=10-19"}});
  EXPECT_EQ(ranged.status, 206);
  EXPECT_EQ(ranged.body, clean.layers[0].bytes.substr(10, 10));
}

TEST_F(Pull, AbsentStaysAbsent) {
  World world;
  const auto answer = get_manifest(world.server.port(), "team/no-such-image", "1");
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(answer.body, HasSubstr("MANIFEST_UNKNOWN"));
}

TEST_F(Pull, SixtyFourClientsCauseOneFetchPerBlobAndOneScanPerLayer) {
  World world;
  std::mt19937 random(7);
  std::string noise(2'000'000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  const auto image =
      ImageBuilder().layer(base_files()).layer({{"srv/noise", noise}}).layer({{"etc/motd", "many"}}).build();
  push(world.registry.port(), "team/hot", "1", image);
  world.registry.clear_log();

  std::vector<std::thread> clients;
  std::vector<::testing::AssertionResult> results(64, ::testing::AssertionFailure());
  for (auto& result : results) {
    clients.emplace_back([&] { result = pulls(world.server.port(), "team/hot", "1", image); });
  }
  for (auto& client : clients) client.join();

  for (const auto& result : results) EXPECT_TRUE(result);
  auto blobs = image.layers;
  blobs.push_back(image.config);
  for (const auto& blob : blobs) {
    EXPECT_EQ(world.registry.requests("GET", "/blobs/" + blob.digest().text()), 1U);
  }
  EXPECT_EQ(world.registry.requests("GET", "/manifests/"), 1U);
  EXPECT_EQ(world.server.metric("portcullis_scans_total"), 4) << "three layers and the config";
}

TEST_F(Pull, AuditModeServesAndRecordsWhatItWouldHaveBlocked) {
  World world("[policy]\nmode = \"audit\"\n");
  const auto infected = infected_image();
  push(world.registry.port(), "team/infected", "1", infected);
  EXPECT_TRUE(pulls(world.server.port(), "team/infected", "1", infected));
  EXPECT_THAT(world.server.events(), HasSubstr(kEicarRule));
}

}  // namespace
}  // namespace portcullis::test
