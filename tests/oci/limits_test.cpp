// SPDX-License-Identifier: Apache-2.0
//
// The bounds of the strict reader, on both sides of each.
#include <gtest/gtest.h>

#include "documents.hpp"
#include "portcullis/oci/manifest.hpp"

namespace portcullis::oci {
namespace {

using namespace documents;

/// The plain manifest with one more member, `"x":<value>`.
std::string with_x(const std::string& value) {
  return replaced(oci_manifest(), "{", R"({"x":)" + value + ",");
}

util::ErrorKind refusal(const std::string& json) {
  const auto parsed = parse_document(json, "");
  EXPECT_FALSE(parsed);
  return parsed ? util::ErrorKind::internal : parsed.error().kind;
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Limits, Bytes) {
  std::string json = oci_manifest();
  json.resize(kMaxDocumentBytes, ' ');
  EXPECT_TRUE(parse_document(json, ""));
  json += ' ';
  EXPECT_EQ(refusal(json), util::ErrorKind::limit);
}

TEST(Limits, Depth) {
  EXPECT_TRUE(parse_document(with_x(nested(kMaxDocumentDepth - 1)), ""));
  EXPECT_EQ(refusal(with_x(nested(kMaxDocumentDepth))), util::ErrorKind::limit);
  EXPECT_EQ(refusal(with_x(nested(1'000'000))), util::ErrorKind::limit);
}

TEST(Limits, Nodes) {
  const auto with_nodes = [](std::size_t count) {
    std::string list = "[0";
    for (std::size_t i = 1; i < count; ++i) list += ",0";
    return with_x(list + "]");
  };
  // The manifest itself has 16 values: the document, its 5 members (x among them), 3 fields in each
  // of 2 descriptors, the layer, and 3 annotations.
  constexpr std::size_t kOwn = 16;
  EXPECT_TRUE(parse_document(with_nodes(kMaxDocumentNodes - kOwn), ""));
  EXPECT_EQ(refusal(with_nodes(kMaxDocumentNodes - kOwn + 1)), util::ErrorKind::limit);
}

TEST(Limits, ManySmallObjects) {
  std::string list = "[";
  while (list.size() < kMaxDocumentBytes - 4096) list += R"({"":0},)";
  EXPECT_EQ(refusal(with_x(list + "0]")), util::ErrorKind::limit);
}

TEST(Limits, ManyKeysInOneObject) {
  std::string object = "{";
  for (int i = 0; i < 60'000; ++i) object += "\"key" + std::to_string(i) + "\":0,";
  EXPECT_TRUE(parse_document(with_x(object + "\"last\":0}"), ""));
  EXPECT_EQ(refusal(with_x(object + "\"key17\":0}")), util::ErrorKind::invalid);
}

TEST(Limits, AnEnormousKeyDoesNotFloodTheMessage) {
  std::string key;
  while (key.size() < 1'000'000) key += "\xc5\xbf";
  const auto parsed =
      parse_document(replaced(oci_manifest(), "{", "{\"" + key + "\":1,\"" + key + "\":2,"), "");
  ASSERT_FALSE(parsed);
  EXPECT_LT(parsed.error().message.size(), 1000u);
}

TEST(InlineData, MustBeTheBlob) {
  const std::string content = "hello, blob";
  const auto manifest_with = [](const std::string& digest, std::size_t size, const std::string& data) {
    return R"({"schemaVersion":2,"layers":[],"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":")" +
           digest + R"(","size":)" + std::to_string(size) + R"(,"data":)" + data + "}}";
  };
  const std::string digest = Digest::of(content).text();
  const auto good = parse_document(manifest_with(digest, content.size(), "\"aGVsbG8sIGJsb2I=\""), "");
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(std::get<Manifest>(*good).config.data, content);

  util::Hasher sha512(util::HashAlgorithm::sha512);
  sha512.update(content);
  EXPECT_TRUE(parse_document(
      manifest_with("sha512:" + sha512.finish_hex(), content.size(), "\"aGVsbG8sIGJsb2I=\""), ""));
  EXPECT_TRUE(parse_document(manifest_with(Digest::of("").text(), 0, "\"\""), ""));
  EXPECT_TRUE(parse_document(manifest_with(digest, content.size(), "null"), ""));

  struct Row {
    const char* name;
    std::string json;
  };
  const Row rows[] = {
      {"other size", manifest_with(digest, content.size() + 1, "\"aGVsbG8sIGJsb2I=\"")},
      {"other content", manifest_with(digest, content.size(), "\"aGVsbG8sIGJsb2M=\"")},
      {"other digest", manifest_with(digest_text('a'), content.size(), "\"aGVsbG8sIGJsb2I=\"")},
      {"no padding", manifest_with(digest, content.size(), "\"aGVsbG8sIGJsb2I\"")},
      {"loose last bits", manifest_with(digest, content.size(), "\"aGVsbG8sIGJsb2J=\"")},
      {"line break", manifest_with(digest, content.size(), "\"aGVsbG8s\\nIGJsb2I=\"")},
      {"url alphabet", manifest_with(digest, content.size(), "\"aGVsbG8sIGJsb2-_\"")},
      {"padding only", manifest_with(digest, content.size(), "\"====\"")},
      {"empty, yet not", manifest_with(digest, content.size(), "\"\"")},
      {"number", manifest_with(digest, content.size(), "5")},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const auto parsed = parse_document(row.json, "");
    ASSERT_FALSE(parsed);
    EXPECT_NE(parsed.error().message.find("config.data"), std::string::npos) << parsed.error().message;
  }
}

}  // namespace
}  // namespace portcullis::oci
