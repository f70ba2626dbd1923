// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "portcullis/oci/listing.hpp"
#include "world.hpp"

namespace portcullis::gate {
namespace {

using Passthrough = upstream::Registry::Passthrough;
using std::chrono::seconds;

oci::Descriptor entry(const std::string& content) {
  return {std::string(oci::kOciManifest), oci::Digest::of(content), content.size(), {}, {}, {}, {}, "a/b"};
}

Passthrough index_of(const std::vector<oci::Descriptor>& entries, const std::string& link = "") {
  return {200, std::string(oci::kOciIndex), link, oci::render_index(entries)};
}

class ListingsTest : public testing::Test {
 protected:
  ReferrersAnswer referrers(const std::string& host = "docker.io") {
    return world_.gate->referrers({host, *oci::Repository::parse("team/app"), subject_, seconds(20)});
  }
  TagsAnswer tags(const std::string& query = "n=2") {
    return world_.gate->tags({"docker.io", *oci::Repository::parse("team/app"), query, seconds(20)});
  }
  static std::size_t count(const ReferrersAnswer& answer) {
    return answer.referrers ? answer.referrers->size() : 999;
  }

  World world_;
  const oci::Digest subject_ = oci::Digest::of("the image");
};

TEST_F(ListingsTest, ReferrersAreThoseOfTheUpstreamAndAreRememberedForAWhile) {
  world_.registry.set_list("referrers", "", index_of({entry("signature")}));
  const auto answer = referrers();
  EXPECT_EQ(answer.status, Status::served);
  ASSERT_EQ(count(answer), 1u);
  EXPECT_EQ(answer.referrers->front().digest, oci::Digest::of("signature"));

  world_.registry.set_list("referrers", "", index_of({entry("signature"), entry("sbom")}));
  EXPECT_EQ(count(referrers()), 1u);
  EXPECT_EQ(world_.registry.requests("referrers"), 1);
  world_.clock.advance(world_.options.tag_ttl + seconds(1));
  EXPECT_EQ(count(referrers()), 2u);
}

TEST_F(ListingsTest, AllPagesAreOneAnswer) {
  world_.registry.set_list("referrers", "",
                           index_of({entry("a")}, "</v2/x/referrers/y?token=2&n=1>; rel=\"next\""));
  world_.registry.set_list("referrers", "token=2&n=1", index_of({entry("b")}));
  EXPECT_EQ(count(referrers()), 2u);
}

TEST_F(ListingsTest, PagesWithoutEndAreAFailure) {
  world_.registry.set_list("referrers", "", index_of({entry("a")}, "</v2/x?again=1>; rel=\"next\""));
  world_.registry.set_list("referrers", "again=1", index_of({entry("a")}, "</v2/x?again=1>; rel=\"next\""));
  EXPECT_EQ(referrers().status, Status::unreachable);
  EXPECT_EQ(world_.registry.requests("referrers"), 16);
}

TEST_F(ListingsTest, DataAndUrlsDoNotPass) {
  const auto json = "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"a/b\",\"digest\":\"" +
                    oci::Digest::of("x").text() +
                    "\",\"size\":1,\"data\":\"eA==\",\"urls\":[\"https://elsewhere.example\"]}]}";
  world_.registry.set_list("referrers", "", {200, std::string(oci::kOciIndex), "", json});
  const auto answer = referrers();
  ASSERT_EQ(count(answer), 1u);
  EXPECT_TRUE(answer.referrers->front().urls.empty());
  EXPECT_FALSE(answer.referrers->front().data);
}

TEST_F(ListingsTest, WithoutTheApiTheTagOfTheSpecificationIsLookedUp) {
  const auto listed = world_.registry.add("team/app", oci::render_index(std::vector{entry("signature")}),
                                          std::string(oci::kOciIndex));
  world_.registry.tag("team/app", oci::referrers_tag(subject_).text(), listed);
  const auto answer = referrers();
  EXPECT_EQ(answer.status, Status::served);
  EXPECT_EQ(count(answer), 1u);
}

TEST_F(ListingsTest, NothingAnywhereIsAnEmptyList) {
  const auto answer = referrers();
  EXPECT_EQ(answer.status, Status::served);
  EXPECT_EQ(count(answer), 0u);
}

TEST_F(ListingsTest, ATagOfThatNameWhichIsNoIndexSaysNothing) {
  const auto image = world_.registry.add("team/app", "{}", std::string(oci::kOciManifest));
  world_.registry.tag("team/app", oci::referrers_tag(subject_).text(), image);
  EXPECT_EQ(count(referrers()), 0u);
}

struct BadList {
  const char* name;
  std::string type;
  std::string body;
};

TEST_F(ListingsTest, WhatIsNoIndexIsAFailureAndNotAnEmptyList) {
  const BadList rows[] = {
      {"an image", std::string(oci::kOciManifest),
       "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"a/b\",\"digest\":\"" + subject_.text() +
           "\",\"size\":1},\"layers\":[]}"},
      {"keys twice", std::string(oci::kOciIndex), R"({"schemaVersion":2,"manifests":[],"manifests":[]})"},
      {"deep", std::string(oci::kOciIndex), "{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}"},
      {"text", "text/html", "<html>"}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    world_.clock.advance(seconds(6));  // a failure is remembered for five
    world_.registry.set_list("referrers", "", {200, row.type, "", row.body});
    EXPECT_EQ(referrers().status, Status::unreachable);
  }
}

struct Trouble {
  util::ErrorKind kind;
  Status expected;
};

TEST_F(ListingsTest, AbsentDeniedAndUnreachableStayApart) {
  for (const auto& row : {Trouble{util::ErrorKind::denied, Status::denied},
                          Trouble{util::ErrorKind::unreachable, Status::unreachable},
                          Trouble{util::ErrorKind::limit, Status::unreachable}}) {
    world_.clock.advance(seconds(6));
    world_.registry.fail_with(row.kind);
    EXPECT_EQ(referrers().status, row.expected);
    EXPECT_EQ(tags().status, row.expected);
    const int asked = world_.registry.requests("referrers");
    EXPECT_EQ(referrers().status, row.expected);
    EXPECT_EQ(world_.registry.requests("referrers"), asked) << "an upstream in trouble is left alone";
  }
  world_.registry.fail_with(util::ErrorKind::internal);
  EXPECT_EQ(tags().status, Status::absent);
}

TEST_F(ListingsTest, AHostThatIsNotConfiguredIsRefused) {
  EXPECT_EQ(referrers("evil.example").status, Status::refused);
  EXPECT_EQ(world_.registry.requests("referrers"), 0);
}

TEST_F(ListingsTest, TagsComePageByPageAndFresh) {
  world_.registry.set_list("tags", "n=2",
                           {200, "application/json", "</v2/team/app/tags/list?last=b&n=2>; rel=\"next\"",
                            R"({"name":"team/app","tags":["a","b"]})"});
  const auto first = tags();
  ASSERT_EQ(first.status, Status::served);
  ASSERT_EQ(first.tags.size(), 2u);
  EXPECT_EQ(first.tags[1].text(), "b");
  EXPECT_EQ(first.next, "last=b&n=2");
  tags();
  EXPECT_EQ(world_.registry.requests("tags"), 2);
}

TEST_F(ListingsTest, AListOfTagsThatIsNoneIsAFailure) {
  world_.registry.set_list("tags", "n=2", {200, "application/json", "", "[]"});
  EXPECT_EQ(tags().status, Status::unreachable);
}

TEST_F(ListingsTest, AStoppedGateSaysSo) {
  world_.gate->stop();
  EXPECT_EQ(referrers().status, Status::failed);
  EXPECT_EQ(tags().status, Status::failed);
}

}  // namespace
}  // namespace portcullis::gate
