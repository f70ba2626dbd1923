// SPDX-License-Identifier: Apache-2.0
//
// The helpers of the tests against the real tools they stand for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/docker_registry.hpp"
#include "support/http_get.hpp"
#include "support/image_builder.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/samples.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::test {
namespace {

const std::vector<FileSpec> kFiles = {
    {"etc/", "", 0755}, {"etc/motd", "hello\n"}, {"bin/tool", std::string(5000, 'x'), 0755}};

TEST(TestSupport, EicarHasItsKnownLengthAndHash) {
  EXPECT_EQ(eicar().size(), 68U);
  EXPECT_EQ(oci::Digest::of(eicar()).hex(),
            "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f");
}

TEST(TestSupport, GnuTarReadsWhatWeWriteInEveryCompression) {
  const TempDir dir;
  for (const auto how : {oci::Compression::none, oci::Compression::gzip, oci::Compression::zstd}) {
    const auto file = dir.write("layer", compress(make_tar(kFiles), how));
    const auto listed = run_ok({.argv = {"tar", "-tf", file.string()}});
    EXPECT_EQ(listed.out, "etc/\netc/motd\nbin/tool\n");
    EXPECT_EQ(listed.err, "");
  }
}

TEST(TestSupport, SkopeoAndTheRegistryAgreeOnDigests) {
  PORTCULLIS_REQUIRE_TOOL("docker-registry");
  PORTCULLIS_REQUIRE_TOOL("skopeo");
  const TempDir dir;
  DockerRegistry registry(dir / "registry");
  for (const auto dialect : {Dialect::oci, Dialect::docker}) {
    const auto image = ImageBuilder(dialect).layer(kFiles).build();
    push(registry.port(), "library/thing", "one", image);
    const auto inspected = run_ok({.argv = {"skopeo", "inspect", "--tls-verify=false", "--format={{.Digest}}",
                                            "docker://" + registry.address() + "/library/thing:one"}});
    EXPECT_EQ(inspected.out, image.digest().text() + "\n");
  }
  EXPECT_GE(registry.requests("PUT", "/v2/library/thing/blobs/"), 4U);

  const auto index = make_index(
      {ImageBuilder().layer(kFiles).build(), ImageBuilder().architecture("arm64").layer(kFiles).build()});
  push(registry.port(), "library/thing", "many", index);
  write_oci_layout(dir / "layout", "one", index);
  run_ok({.argv = {"skopeo", "copy", "--all", "--dest-tls-verify=false",
                   "oci:" + (dir / "layout").string() + ":one",
                   "docker://" + registry.address() + "/library/copied:one"}});
  const HttpHeaders accept = {{"Accept", std::string(oci::kOciIndex)}};
  const auto copied = http_get(registry.port(), "/v2/library/copied/manifests/one", accept);
  EXPECT_EQ(copied.status, 200);
  EXPECT_EQ(copied.reason, "OK");
  EXPECT_EQ(copied.body, index.index.bytes);

  registry.stop();
  EXPECT_FALSE(http_ok(registry.port(), "/v2/"));
  registry.clear_log();
  registry.start();
  EXPECT_EQ(http_get(registry.port(), "/v2/library/thing/manifests/many", accept).status, 200);
  EXPECT_EQ(registry.requests("GET", "/v2/library/thing/manifests/many"), 1U);
}

TEST(TestSupport, RunReportsExitCodesOutputsAndTimeouts) {
  const auto failed =
      run({.argv = {"sh", "-c", "cat; echo $WORD >&2; exit 3"}, .env = {{"WORD", "bad"}}, .input = "in"});
  EXPECT_EQ(failed.exit_code, 3);
  EXPECT_EQ(failed.out, "in");
  EXPECT_EQ(failed.err, "bad\n");
  EXPECT_EQ(run({"sh", "-c", "kill -9 $$"}).exit_code, 128 + 9);
  EXPECT_TRUE(run({"sleep", "600"}, std::chrono::milliseconds(20)).timed_out);
  EXPECT_THROW(run({"/no/such/program"}), std::system_error);
}

}  // namespace
}  // namespace portcullis::test
