// SPDX-License-Identifier: Apache-2.0
#include "portcullis/upstream/layout.hpp"

#include <gtest/gtest.h>

#include "portcullis/oci/media_type.hpp"
#include "support/image_builder.hpp"
#include "support/temp_dir.hpp"
#include "upstream_fixture.hpp"

namespace portcullis::upstream {
namespace {

namespace fs = std::filesystem;
using util::ErrorKind;

test::Image image_of(const std::string& content) {
  return test::ImageBuilder().layer({{"file", content}}).build();
}

class LayoutTest : public testing::Test {
 protected:
  void open() {
    auto made = open_layout(dir_ / "layout");
    ASSERT_TRUE(made) << made.error().message;
    registry_ = std::move(*made);
  }
  fs::path blob(const oci::Digest& digest) const {
    return dir_ / "layout" / "blobs" / "sha256" / std::string(digest.hex());
  }
  void write_index(const std::string& entries) const {
    test::write_file(dir_ / "layout" / "index.json", R"({"schemaVersion":2,"manifests":[)" + entries + "]}");
  }
  static std::string entry(const test::Image& image, const std::string& name) {
    std::string text = image.manifest.descriptor();
    if (name.empty()) return text;
    text.pop_back();
    return text + R"(,"annotations":{"org.opencontainers.image.ref.name":")" + name + "\"}}";
  }

  test::TempDir dir_;
  std::unique_ptr<Registry> registry_;
};

TEST_F(LayoutTest, ServesWhatLiesInIt) {
  const auto image = image_of("content");
  test::write_oci_layout(dir_ / "layout", "v1", image);
  open();
  const auto document = registry_->manifest(repository(), tag("v1"));
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(document->bytes, image.manifest.bytes);
  EXPECT_EQ(document->digest, image.digest());
  EXPECT_EQ(document->media_type, oci::kOciManifest);
  EXPECT_EQ(registry_->resolve(repository(), image.digest())->size, image.manifest.bytes.size());
  StringSink sink;
  const auto& layer = image.layers[0];
  ASSERT_TRUE(registry_->blob(repository(), layer.digest(), layer.bytes.size(), sink));
  EXPECT_EQ(sink.text, layer.bytes);
  EXPECT_EQ(registry_->tags(repository(), "")->body, R"({"name":"library/app","tags":["v1"]})");
}

TEST_F(LayoutTest, ChildrenOfAnIndexHaveTheirOwnType) {
  const auto index = test::make_index(
      {image_of("a"), test::ImageBuilder().architecture("arm64").layer({{"f", "b"}}).build()});
  test::write_oci_layout(dir_ / "layout", "multi", index);
  open();
  EXPECT_EQ(registry_->resolve(repository(), tag("multi"))->media_type, oci::kOciIndex);
  EXPECT_EQ(registry_->resolve(repository(), index.images[1].digest())->media_type, oci::kOciManifest);
}

TEST_F(LayoutTest, NamesAreLookedUpAsSaid) {
  const auto a = image_of("a");
  const auto b = image_of("b");
  test::write_oci_layout(dir_ / "layout", "v1", a);
  test::write_oci_layout(dir_ / "layout", "v1", b);
  struct Row {
    const char* name;
    std::string entries;
    const char* asked;
    std::optional<oci::Digest> found;
    const char* message;
  };
  const Row rows[] = {
      {"by name", entry(a, "v1") + "," + entry(b, "v2"), "v2", b.digest(), ""},
      {"not there", entry(a, "v1") + "," + entry(b, "v2"), "v3", std::nullopt, "there is: v1, v2"},
      {"a lone one without a name", entry(a, ""), "anything", a.digest(), ""},
      {"a lone one with a name, nothing asked", entry(a, "v1"), "latest", a.digest(), ""},
      {"a lone one with another name", entry(a, "v1"), "v2", std::nullopt, "there is: v1"},
      {"two without a name", entry(a, "") + "," + entry(b, ""), "latest", std::nullopt, "none has a name"},
      {"one name for two", entry(a, "v1") + "," + entry(b, "v1"), "v1", std::nullopt, "two images"},
      {"none", "", "latest", std::nullopt, "no image named latest"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    write_index(row.entries);
    open();
    const auto document = registry_->manifest(repository(), tag(row.asked));
    EXPECT_EQ(document.has_value(), row.found.has_value());
    if (document) {
      EXPECT_EQ(document->digest, *row.found);
    } else {
      EXPECT_NE(document.error().message.find(row.message), std::string::npos) << document.error().message;
    }
  }
}

TEST_F(LayoutTest, WhatIsMissingOrWrongIsSaid) {
  const auto image = image_of("content");
  const auto& layer = image.layers[0];
  const auto fetch = [&](std::uint64_t size) {
    StringSink sink;
    return registry_->blob(repository(), layer.digest(), size, sink);
  };
  test::write_oci_layout(dir_ / "layout", "v1", image);
  open();
  EXPECT_EQ(fetch(layer.bytes.size() + 1).error().kind, ErrorKind::corrupt);

  test::write_file(dir_ / "secret", layer.bytes);
  fs::remove(blob(layer.digest()));
  EXPECT_EQ(fetch(layer.bytes.size()).error().kind, ErrorKind::absent);
  fs::create_symlink(dir_ / "secret", blob(layer.digest()));
  const auto escaped = fetch(layer.bytes.size());
  ASSERT_FALSE(escaped);
  EXPECT_EQ(escaped.error().kind, ErrorKind::corrupt);
  EXPECT_NE(escaped.error().message.find("symbolic link"), std::string::npos) << escaped.error().message;
  fs::remove(blob(layer.digest()));
  fs::create_directory(blob(layer.digest()));
  EXPECT_EQ(fetch(layer.bytes.size()).error().kind, ErrorKind::corrupt);

  test::write_file(blob(image.digest()), image.manifest.bytes + " ");
  const auto changed = registry_->manifest(repository(), tag("v1"));
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().kind, ErrorKind::corrupt);
  fs::resize_file(blob(image.digest()), 5u << 20);
  EXPECT_EQ(registry_->manifest(repository(), tag("v1")).error().kind, ErrorKind::limit);

  fs::rename(dir_ / "layout" / "blobs", dir_ / "blobs");
  fs::create_symlink(dir_ / "blobs", dir_ / "layout" / "blobs");
  EXPECT_EQ(registry_->manifest(repository(), tag("v1")).error().kind, ErrorKind::corrupt);
}

TEST_F(LayoutTest, ADirectoryThatIsNoLayoutIsRefused) {
  test::write_oci_layout(dir_ / "good", "v1", image_of("x"));
  const auto index = test::slurp(dir_ / "good" / "index.json");
  struct Row {
    const char* name;
    const char* marker;
    std::string index;
    const char* message;
  };
  const Row rows[] = {
      {"no marker", nullptr, index, "oci-layout is missing"},
      {"marker is not JSON", "1.0.0", index, "imageLayoutVersion"},
      {"another version", R"({"imageLayoutVersion":"2.0.0"})", index, "imageLayoutVersion"},
      {"no index", R"({"imageLayoutVersion":"1.0.0"})", "", "index.json"},
      {"index is not JSON", R"({"imageLayoutVersion":"1.0.0"})", "{", "index.json"},
      {"index is a manifest", R"({"imageLayoutVersion":"1.0.0"})", image_of("x").manifest.bytes,
       "not an index"},
  };
  int number = 0;
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const std::string name = "bad" + std::to_string(++number);
    fs::create_directory(dir_ / name);
    if (row.marker) dir_.write(name + "/oci-layout", row.marker);
    if (!row.index.empty()) dir_.write(name + "/index.json", row.index);
    const auto layout = open_layout(dir_ / name);
    ASSERT_FALSE(layout);
    EXPECT_NE(layout.error().message.find(row.message), std::string::npos) << layout.error().message;
  }
  EXPECT_FALSE(open_layout(dir_ / "nothing"));
}

}  // namespace
}  // namespace portcullis::upstream
