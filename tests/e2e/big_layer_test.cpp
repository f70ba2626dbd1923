// SPDX-License-Identifier: Apache-2.0
//
// A layer far larger than the memory the server may take. PORTCULLIS_TEST_LAYER_MB sets its size;
// the promise is made for 1024.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>

#include "support/require.hpp"
#include "world.hpp"

namespace portcullis::test {
namespace {

constexpr std::size_t kMostMemoryKib = 150 * 1024;

std::size_t layer_megabytes() {
  const char* value = std::getenv("PORTCULLIS_TEST_LAYER_MB");
  return value != nullptr ? std::stoul(value) : 256;
}

/// Pseudo-random, so that nothing on the way can make it small.
void write_noise(const std::filesystem::path& path, std::size_t megabytes) {
  std::mt19937_64 random(megabytes);
  std::vector<std::uint64_t> block((1 << 20) / sizeof(std::uint64_t));
  std::ofstream out(path, std::ios::binary);
  for (std::size_t i = 0; i < megabytes; ++i) {
    for (auto& word : block) word = random();
    const auto bytes = std::as_bytes(std::span(block));
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

std::string descriptor(std::string_view media_type, const oci::Digest& digest, std::uintmax_t size) {
  std::string text = R"({"mediaType":")";
  text.append(media_type).append(R"(","digest":")").append(digest.text()).append(R"(","size":)");
  return text.append(std::to_string(size)).append("}");
}

TEST(BigLayer, PassesThroughABoundedServer) {
  PORTCULLIS_REQUIRE_TOOL("docker-registry");
  World world;
  const auto tree = world.dir / "tree";
  std::filesystem::create_directories(tree);
  write_noise(tree / "one", layer_megabytes() / 2);
  write_noise(tree / "two", layer_megabytes() - layer_megabytes() / 2);
  const auto layer = world.dir / "layer.tar";
  run_ok({.argv = {"tar", "--format=ustar", "-cf", layer.string(), "-C", tree.string(), "one", "two"}});
  std::filesystem::remove_all(tree);
  const auto hex = run_ok({.argv = {"sha256sum", layer.string()}}).out.substr(0, 64);
  const auto digest = *oci::Digest::parse("sha256:" + hex);
  const auto size = std::filesystem::file_size(layer);

  const BlobData config{std::string(oci::kOciConfig),
                        R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[")" +
                            digest.text() + R"("]}})"};
  const BlobData manifest{std::string(oci::kOciManifest),
                          R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
                          R"("config":)" +
                              config.descriptor() + R"(,"layers":[)" +
                              descriptor(oci::kOciLayer, digest, size) + "]}"};
  push_blob(world.registry.port(), "team/big", config);
  push_blob_file(world.registry.port(), "team/big", layer, digest);
  push_manifest(world.registry.port(), "team/big", "1", manifest);
  std::filesystem::remove(layer);

  const auto answer = get_manifest(world.server.port(), "team/big", "1");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto blob = get_patiently(world.server.port(), "/v2/team/big/blobs/" + digest.text());
  EXPECT_EQ(blob.status, 200);
  EXPECT_EQ(blob.body.size(), size);
  EXPECT_EQ(oci::Digest::of(blob.body), digest);

  const auto peak = world.server.peak_rss_kib();
  std::cout << "peak memory of the server with a layer of " << layer_megabytes() << " MiB: " << peak / 1024
            << " MiB\n";
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(peak, kMostMemoryKib);
#else
  static_cast<void>(kMostMemoryKib);
#endif
}

}  // namespace
}  // namespace portcullis::test
