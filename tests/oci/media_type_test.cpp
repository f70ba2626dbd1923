// SPDX-License-Identifier: Apache-2.0
#include "portcullis/oci/media_type.hpp"

#include <gtest/gtest.h>

#include "portcullis/oci/manifest.hpp"

namespace portcullis::oci {
namespace {

TEST(MediaType, Classes) {
  struct Row {
    std::string type;
    MediaClass media_class;
    Compression compression = Compression::none;
  };
  const Row rows[] = {
      {"application/vnd.oci.image.manifest.v1+json", MediaClass::manifest},
      {"application/vnd.docker.distribution.manifest.v2+json", MediaClass::manifest},
      {"application/vnd.oci.image.index.v1+json", MediaClass::index},
      {"application/vnd.docker.distribution.manifest.list.v2+json", MediaClass::index},
      {"application/vnd.docker.distribution.manifest.v1+json", MediaClass::schema1},
      {"application/vnd.docker.distribution.manifest.v1+prettyjws", MediaClass::schema1},
      {"application/vnd.oci.image.config.v1+json", MediaClass::image_config},
      {"application/vnd.docker.container.image.v1+json", MediaClass::image_config},
      {"application/vnd.oci.image.layer.v1.tar", MediaClass::layer},
      {"application/vnd.oci.image.layer.v1.tar+gzip", MediaClass::layer, Compression::gzip},
      {"application/vnd.oci.image.layer.v1.tar+zstd", MediaClass::layer, Compression::zstd},
      {"application/vnd.docker.image.rootfs.diff.tar", MediaClass::layer},
      {"application/vnd.docker.image.rootfs.diff.tar.gzip", MediaClass::layer, Compression::gzip},
      {"application/vnd.docker.image.rootfs.diff.tar.zstd", MediaClass::layer, Compression::zstd},
      {"application/vnd.oci.image.layer.nondistributable.v1.tar", MediaClass::foreign_layer},
      {"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", MediaClass::foreign_layer},
      {"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", MediaClass::foreign_layer},
      {"application/vnd.docker.image.rootfs.foreign.diff.tar", MediaClass::foreign_layer},
      {"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", MediaClass::foreign_layer},
      {"application/vnd.oci.image.layer.v1.tar+encrypted", MediaClass::encrypted_layer},
      {"application/vnd.oci.image.layer.v1.tar+gzip+encrypted", MediaClass::encrypted_layer},
      {"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd+encrypted", MediaClass::encrypted_layer},
      {"application/vnd.docker.image.rootfs.diff.tar.gzip+encrypted", MediaClass::encrypted_layer},
      {"application/vnd.oci.empty.v1+json", MediaClass::other},
      {"application/vnd.in-toto+json", MediaClass::other},
      {"application/vnd.cncf.helm.config.v1+json", MediaClass::other},
      {"application/vnd.oci.image.layer.v1.tar+xz", MediaClass::other},
      {"application/vnd.oci.image.layer.v1.tarx", MediaClass::other},
      {"application/json", MediaClass::other},
      {"", MediaClass::other},
      {"Application/VND.OCI.Image.Index.v1+JSON", MediaClass::index},
      {" application/vnd.oci.image.index.v1+json ; charset=utf-8", MediaClass::index},
      {";", MediaClass::other},
      {"  ", MediaClass::other},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.type);
    EXPECT_EQ(classify(row.type), row.media_class);
    EXPECT_EQ(declared_compression(row.type), row.compression);
  }
}

TEST(Platform, ParseTable) {
  struct Row {
    const char* text;
    const char* rendered;  // null: refused
  };
  const Row rows[] = {{"linux/amd64", "linux/amd64"},
                      {"linux/arm64/v8", "linux/arm64/v8"},
                      {"Linux/AMD64", "linux/amd64"},
                      {"linux/x86_64", "linux/amd64"},
                      {"linux/aarch64", "linux/arm64"},
                      {"linux/armv7l", "linux/arm/v7"},
                      {"unknown/unknown", "unknown/unknown"},
                      {"linux", nullptr},
                      {"", nullptr},
                      {"linux/", nullptr},
                      {"/amd64", nullptr},
                      {"linux/arm/v7/x", nullptr},
                      {"linux/arm/", nullptr},
                      {"linux/am d64", nullptr}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    const auto parsed = Platform::parse(row.text);
    ASSERT_EQ(parsed.has_value(), row.rendered != nullptr);
    if (parsed) {
      EXPECT_EQ(parsed->text(), row.rendered);
      EXPECT_EQ(Platform::parse(parsed->text()).value(), *parsed);
    } else {
      EXPECT_NE(parsed.error().message.find("linux/amd64"), std::string::npos);
    }
  }
}

TEST(Platform, Satisfies) {
  const auto satisfies = [](const char* image, const char* wanted) {
    return Platform::parse(image)->satisfies(*Platform::parse(wanted));
  };
  EXPECT_TRUE(satisfies("linux/amd64", "linux/amd64"));
  EXPECT_TRUE(satisfies("linux/arm64/v8", "linux/arm64"));
  EXPECT_TRUE(satisfies("linux/arm64", "linux/arm64/v8"));
  EXPECT_FALSE(satisfies("linux/arm/v6", "linux/arm/v7"));
  EXPECT_FALSE(satisfies("linux/amd64", "linux/arm64"));
  EXPECT_FALSE(satisfies("windows/amd64", "linux/amd64"));
}

TEST(Platform, HostIsSpelledAsGoDoes) {
  const Platform host = Platform::host();
  EXPECT_EQ(host.os, "linux");
  EXPECT_FALSE(host.architecture.empty());
  EXPECT_NE(host.architecture, "x86_64");
  EXPECT_NE(host.architecture, "aarch64");
}

}  // namespace
}  // namespace portcullis::oci
