// SPDX-License-Identifier: Apache-2.0
//
// Documents beside an image config (BuildKit's attestations, cosign's signatures) pass; a layer that only
// says it is one does not.
#include <gmock/gmock.h>

#include "support/dockerd.hpp"
#include "support/private_network.hpp"
#include "support/require.hpp"
#include "world.hpp"

namespace portcullis::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kInToto = "application/vnd.in-toto+json";
/// dockerd looks at nothing of a layer's type but this beginning.
constexpr const char* kDockersOwn = "application/vnd.docker.evidence+json";

BlobData statement(const char* type = kInToto) {
  return {type,
          R"({"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document"})" +
              std::string(2000, ' ')};
}

/// As BuildKit attaches it: an image manifest for unknown/unknown with a document for a layer.
Image attestation(const BlobData& layer, const oci::Digest& diff_id) {
  auto image = ImageBuilder().architecture("unknown").raw_layer(layer, diff_id).build();
  image.os = "unknown";
  return image;
}

Image posing_as_attestation() {
  const auto tar = make_tar(infected_files());
  return attestation({kInToto, compress(tar, oci::Compression::gzip)}, oci::Digest::of(tar));
}

RunResult copy_all(const PortcullisServer& server, const std::string& name, const std::filesystem::path& to) {
  return run({"skopeo", "--insecure-policy", "copy", "--all", "--src-tls-verify=false",
              "docker://" + server.address() + "/" + name, "oci:" + to.string() + ":x"});
}

TEST(Attestation, AnImageIsCopiedWithThemAndNotWithWhatOnlyLooksLikeThem) {
  PORTCULLIS_REQUIRE_TOOL("docker-registry");
  PORTCULLIS_REQUIRE_TOOL("skopeo");
  World world;
  const auto image = ImageBuilder().layer(base_files()).build();
  push(world.registry.port(), "team/app", "good",
       make_index({image, attestation(statement(), statement().digest())}));
  push(world.registry.port(), "team/app", "bad", make_index({image, posing_as_attestation()}));
  for (const std::string route : {"", "docker.io/"}) {
    SCOPED_TRACE(route);
    const auto good =
        copy_all(world.server, route + "team/app:good", world.dir / ("good" + std::to_string(route.size())));
    EXPECT_EQ(good.exit_code, 0) << good.err;
    const auto bad =
        copy_all(world.server, route + "team/app:bad", world.dir / ("bad" + std::to_string(route.size())));
    EXPECT_NE(bad.exit_code, 0) << bad.out;
  }
  EXPECT_THAT(world.server.log(), HasSubstr("manifest_unlisted_layer_type"));
}

/// What the rule rests on: dockerd unpacks a layer whatever its type says, and cannot unpack a document.
TEST(Attestation, DockerUnpacksTheOneAndNotTheOther) {
  PORTCULLIS_REQUIRE_ROOT();
  PORTCULLIS_REQUIRE(have_tool("dockerd") && have_tool("docker") && have_tool("docker-registry"),
                     "dockerd, docker and docker-registry");
  enter_private_network();
  const TempDir dir;
  DockerRegistry registry(dir / "registry");
  const auto paper = statement(kDockersOwn);
  push(registry.port(), "team/app", "document", ImageBuilder().raw_layer(paper, paper.digest()).build());
  const auto tar = make_tar(infected_files());
  const auto posing =
      ImageBuilder()
          .raw_layer({kDockersOwn, compress(tar, oci::Compression::gzip)}, oci::Digest::of(tar))
          .build();
  push(registry.port(), "team/app", "posing", posing);
  const Dockerd docker(dir / "d", registry.port());
  const auto unpacked = docker.pull("team/app:posing");
  EXPECT_EQ(unpacked.exit_code, 0) << unpacked.err;
  EXPECT_EQ(docker.image_id("team/app:posing"), posing.id().text());
  const auto document = docker.pull("team/app:document");
  EXPECT_NE(document.exit_code, 0);
  EXPECT_THAT(docker.log(), HasSubstr("invalid tar header"));
  EXPECT_EQ(docker.image_id("team/app:document"), "");
}

}  // namespace
}  // namespace portcullis::test
