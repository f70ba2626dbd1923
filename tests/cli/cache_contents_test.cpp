// SPDX-License-Identifier: Apache-2.0
#include "cache_contents.hpp"

#include <gtest/gtest.h>

namespace portcullis::cli {
namespace {

using std::chrono::hours;

const util::TimePoint kNow{std::chrono::milliseconds(1'800'000'000'000)};

oci::Digest digest(const std::string& name) { return oci::Digest::of(name); }

blobs::StoredBlob blob(const std::string& name, std::uint64_t size, hours age) {
  return {digest(name), size, (kNow - age).time_since_epoch()};
}

records::DecisionRecord decision(const std::string& repository, const std::vector<std::string>& layers) {
  records::DecisionRecord record{.manifest = digest(repository)};
  record.host = "docker.io";
  record.repository = repository;
  record.reference = "1";
  record.decision.action = findings::Action::allow;
  for (const auto& layer : layers) record.blobs.push_back({digest(layer), "", "layer", 1});
  return record;
}

/// Two images that share their base, one whose layers are gone, and a stray blob.
CacheContents sample() {
  return cache_contents(
      {blob("stray", 5, hours(100)), blob("team/old", 1, hours(50)), blob("old layer", 10, hours(50)),
       blob("team/new", 2, hours(1)), blob("new layer", 20, hours(1)), blob("base", 100, hours(1))},
      {decision("team/old", {"base", "old layer"}), decision("team/new", {"base", "new layer"}),
       decision("lib/gone", {"gone layer"})});
}

TEST(CacheContents, ImagesAreThoseWithSomethingOnDisk) {
  const auto contents = sample();
  ASSERT_EQ(contents.images.size(), 2u);
  EXPECT_EQ(contents.bytes, 138u);
  EXPECT_EQ(contents.others, 1u);
  EXPECT_EQ(contents.other_bytes, 5u);
  // Both were used when their base was: then they stand in the order of the records.
  const auto& image = contents.images[0];
  EXPECT_EQ(image.name, "docker.io/team/old");
  EXPECT_EQ(image.bytes, 111u);
  EXPECT_EQ(image.present.size(), 3u);
  EXPECT_EQ(image.parts, 3u);
  EXPECT_EQ(image.last_use, kNow - hours(1)) << "the base was used by the other one";
}

TEST(CacheContents, APartThatIsGoneIsCountedAsAPart) {
  const auto contents = cache_contents({blob("team/old", 1, hours(1))}, {decision("team/old", {"base"})});
  EXPECT_EQ(contents.images.at(0).present.size(), 1u);
  EXPECT_EQ(contents.images.at(0).parts, 2u);
}

struct Row {
  const char* name;
  PurgeSelection wanted;
  std::vector<std::string> expected;
};

TEST(CachePurge, TakesWhatIsMeantAndNothingThatOthersUse) {
  const Row rows[] = {
      {"everything", {}, {"stray", "team/old", "old layer", "team/new", "new layer", "base"}},
      {"a repository without its shared base", {"docker.io/team/old", {}, {}}, {"team/old", "old layer"}},
      {"a glob takes the base with its last user",
       {"docker.io/team/*", {}, {}},
       {"team/old", "old layer", "team/new", "new layer", "base"}},
      {"no such repository", {"docker.io/none", {}, {}}, {}},
      {"old ones", {"", {}, hours(24)}, {"stray", "team/old", "old layer"}},
      {"both", {"docker.io/team/new", {}, hours(24)}, {}},
      {"one blob", {"", digest("base"), {}}, {"base"}},
      {"an image by its manifest", {"", digest("team/new"), {}}, {"team/new", "new layer"}},
      {"an unknown digest", {"", digest("unknown"), {}}, {}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto chosen = select_for_purge(sample(), row.wanted, kNow);
    std::vector<oci::Digest> got;
    std::vector<oci::Digest> expected;
    for (const auto& one : chosen) got.push_back(one.digest);
    for (const auto& name : row.expected) expected.push_back(digest(name));
    EXPECT_EQ(got, expected);
  }
}

}  // namespace
}  // namespace portcullis::cli
