// SPDX-License-Identifier: Apache-2.0
#include "portcullis/oci/listing.hpp"

#include <gtest/gtest.h>

namespace portcullis::oci {
namespace {

struct Row {
  const char* name;
  std::string json;
  const char* expected;  ///< tags joined by spaces, or "refused"
};

class TagList : public testing::TestWithParam<Row> {};

TEST_P(TagList, IsReadStrictly) {
  const auto tags = parse_tag_list(GetParam().json);
  std::string shown;
  if (!tags) shown = "refused";
  if (tags) {
    for (const auto& tag : *tags) shown += (shown.empty() ? "" : " ") + tag.text();
  }
  EXPECT_EQ(shown, GetParam().expected) << (tags ? "" : tags.error().message);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, TagList,
    testing::Values(
        Row{"plain", R"({"name":"a/b","tags":["1","latest"]})", "1 latest"},
        Row{"null_is_none", R"({"name":"a/b","tags":null})", ""},
        Row{"more_keys", R"({"child":[],"manifest":{"sha256:1":{}},"name":"a","tags":["1"]})", "1"},
        Row{"tags_that_nobody_could_pull", R"({"name":"a","tags":["1","../x","","-a","a b","\u001b[31m"]})",
            "1"},
        Row{"other_shape", R"({"name":"a","tags":"1"})", "refused"},
        Row{"twice", R"({"name":"a","tags":["1"],"tags":["2"]})", "refused"},
        Row{"other_case", R"({"name":"a","tags":["1"],"Tags":["2"]})", "refused"},
        Row{"no_json", "<html>", "refused"},
        Row{"too_large", R"({"tags":[")" + std::string(kMaxDocumentBytes, '1') + R"("]})", "refused"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(TagListText, IsWrittenAsTheSpecificationSays) {
  const std::vector<Tag> tags = {*Tag::parse("1"), *Tag::parse("latest")};
  EXPECT_EQ(render_tag_list("a/b", tags), "{\"name\":\"a/b\",\"tags\":[\"1\",\"latest\"]}\n");
  EXPECT_EQ(render_tag_list("a/b", {}), "{\"name\":\"a/b\",\"tags\":[]}\n");
}

TEST(IndexText, KeepsWhatAClientLooksAtAndLeavesOutWhatItWouldFetchPastUs) {
  Descriptor plain{"a/b", Digest::of("x"), 1, {"https://elsewhere.example/x"}, "x", {}, {}, {}};
  Descriptor rich = plain;
  rich.artifact_type = "c/d";
  rich.annotations = {{"k", "v\"\xc3\xbc"}};
  rich.platform = Platform{"linux", "arm64", "v8"};
  const std::vector<Descriptor> both = {plain, rich};
  const auto text = render_index(both);
  EXPECT_EQ(text.find("elsewhere"), std::string::npos);
  EXPECT_EQ(text.find("data"), std::string::npos);
  const auto read = parse_document(text, kOciIndex);
  ASSERT_TRUE(read) << read.error().message;
  const auto& index = std::get<Index>(*read);
  ASSERT_EQ(index.manifests.size(), 2u);
  EXPECT_EQ(index.manifests[0].digest, plain.digest);
  EXPECT_EQ(index.manifests[0].size, 1u);
  EXPECT_FALSE(index.manifests[0].platform);
  EXPECT_EQ(index.manifests[1].artifact_type, "c/d");
  EXPECT_EQ(index.manifests[1].annotations, rich.annotations);
  EXPECT_EQ(index.manifests[1].platform, rich.platform);
}

TEST(ReferrersTag, IsTheDigestCutTo64HexDigits) {
  const auto sha256 = Digest::of("x");
  EXPECT_EQ(referrers_tag(sha256).text(), "sha256-" + std::string(sha256.hex()));
  const auto sha512 = Digest::parse("sha512:" + std::string(128, 'a'));
  EXPECT_EQ(referrers_tag(*sha512).text(), "sha512-" + std::string(64, 'a'));
}

}  // namespace
}  // namespace portcullis::oci
