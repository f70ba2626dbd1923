// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "http/registry_fixture.hpp"
#include "portcullis/oci/listing.hpp"

namespace portcullis::http::test {
namespace {

using gate::Status;

const std::string kDigest = oci::Digest::of("the image").text();

class ListingsApiTest : public RegistryFixture {
 protected:
  void SetUp() override {
    gate_.on_referrers = [this](const gate::ReferrersRequest& request) {
      asked_host_ = request.host;
      gate::ReferrersAnswer answer;
      answer.status = status_;
      answer.message = "one line\r\nthat says why";
      if (status_ == Status::served) {
        auto all = std::make_shared<std::vector<oci::Descriptor>>();
        for (const auto* type : {"a/b", "c/d"}) {
          all->push_back({std::string(oci::kOciManifest), oci::Digest::of(type), 3, {}, {}, {}, {}, type});
        }
        answer.referrers = all;
      }
      return answer;
    };
    gate_.on_tags = [this](const gate::TagsRequest& request) {
      asked_host_ = request.host;
      asked_query_ = request.query;
      gate::TagsAnswer answer;
      answer.status = status_;
      answer.message = "one line that says why";
      answer.tags = {*oci::Tag::parse("1"), *oci::Tag::parse("2")};
      answer.next = next_;
      return answer;
    };
    start();
  }

  static std::size_t entries(const RawResponse& answer) {
    const auto read = oci::parse_document(answer.body, answer.header("content-type"));
    return read ? std::get<oci::Index>(*read).manifests.size() : 999;
  }

  Status status_ = Status::served;
  std::string next_;
  std::string asked_host_;
  std::string asked_query_;
};

TEST_F(ListingsApiTest, ReferrersAreAnIndex) {
  const auto answer = get_once(port(), "/v2/a/b/referrers/" + kDigest + "?ns=ghcr.io");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("content-type"), oci::kOciIndex);
  EXPECT_EQ(answer.header("oci-filters-applied"), "");
  EXPECT_EQ(answer.header("oci-namespace"), "ghcr.io");
  EXPECT_EQ(answer.header("warning"), "");
  EXPECT_EQ(entries(answer), 2u);
  EXPECT_EQ(asked_host_, "ghcr.io");
  EXPECT_EQ(head_once(port(), "/v2/a/b/referrers/" + kDigest).header("content-type"), oci::kOciIndex);
}

TEST_F(ListingsApiTest, ReferrersAreFilteredHere) {
  const auto target = "/v2/a/b/referrers/" + kDigest + "?artifactType=";
  const auto some = get_once(port(), target + "c%2Fd");
  EXPECT_EQ(entries(some), 1u);
  EXPECT_EQ(some.header("oci-filters-applied"), "artifactType");
  EXPECT_EQ(entries(get_once(port(), target + "e/f")), 0u);
  EXPECT_EQ(entries(get_once(port(), target)), 2u);
  EXPECT_EQ(get_once(port(), target + "a&artifactType=b").status, 400);
}

TEST_F(ListingsApiTest, OnTheMirrorRouteNoTroubleSendsAClientElsewhere) {
  for (const auto status :
       {Status::absent, Status::denied, Status::refused, Status::unreachable, Status::failed}) {
    status_ = status;
    const auto answer = get_once(port(), "/v2/a/b/referrers/" + kDigest);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(entries(answer), 0u);
    EXPECT_EQ(answer.header("warning").empty(), status == Status::absent);
    EXPECT_EQ(answer.header("warning").find("\r"), std::string::npos);
  }
}

struct StatusRow {
  Status status;
  int expected;
  const char* code;
};

TEST_F(ListingsApiTest, OnThePrefixRouteAnErrorIsAnError) {
  for (const auto& row :
       {StatusRow{Status::denied, 403, "DENIED"}, StatusRow{Status::refused, 403, "DENIED"},
        StatusRow{Status::unreachable, 503, "DENIED"}, StatusRow{Status::failed, 503, "DENIED"}}) {
    status_ = row.status;
    for (const std::string& target :
         {"/v2/ghcr.io/a/b/referrers/" + kDigest, std::string("/v2/a/b/tags/list")}) {
      const auto answer = get_once(port(), target);
      EXPECT_EQ(answer.status, row.expected) << target;
      EXPECT_NE(answer.body.find(row.code), std::string::npos) << answer.body;
      EXPECT_EQ(answer.header("retry-after").empty(), row.expected != 503);
    }
  }
  status_ = Status::absent;
  EXPECT_EQ(entries(get_once(port(), "/v2/ghcr.io/a/b/referrers/" + kDigest)), 0u);
  const auto no_tags = get_once(port(), "/v2/a/b/tags/list");
  EXPECT_EQ(no_tags.status, 404);
  EXPECT_NE(no_tags.body.find("NAME_UNKNOWN"), std::string::npos);
}

TEST_F(ListingsApiTest, TheNextPageOfTagsIsHere) {
  next_ = "last=2&n=2";
  const auto plain = get_once(port(), "/v2/nginx/tags/list?n=2");
  EXPECT_EQ(plain.header("link"), "</v2/nginx/tags/list?last=2&n=2>; rel=\"next\"");
  EXPECT_EQ(plain.body, "{\"name\":\"nginx\",\"tags\":[\"1\",\"2\"]}\n");
  EXPECT_EQ(get_once(port(), "/v2/ghcr.io/a/b/tags/list").header("link"),
            "</v2/ghcr.io/a/b/tags/list?last=2&n=2>; rel=\"next\"");
  EXPECT_EQ(get_once(port(), "/v2/a/b/tags/list?ns=localhost%3A5000").header("link"),
            "</v2/a/b/tags/list?last=2&n=2&ns=localhost%3A5000>; rel=\"next\"");
}

struct QueryRow {
  const char* given;
  const char* asked;  ///< of the upstream
};

TEST_F(ListingsApiTest, TheUpstreamIsAskedForABoundedPage) {
  for (const auto& row :
       {QueryRow{"", "n=1000"}, QueryRow{"?n=7", "n=7"}, QueryRow{"?n=5000", "n=1000"},
        QueryRow{"?n=99999999999999999999", "n=1000"}, QueryRow{"?last=a&n=3", "n=3&last=a"},
        QueryRow{"?next_page=gA%3D%3D%26x&n=3&ns=ghcr.io", "n=3&next_page=gA%3D%3D%26x"}}) {
    get_once(port(), "/v2/a/b/tags/list" + std::string(row.given));
    EXPECT_EQ(asked_query_, row.asked) << row.given;
  }
}

TEST_F(ListingsApiTest, APageSizeThatIsNoneIsRefused) {
  for (const auto* query : {"?n=-1", "?n=x", "?n=", "?n=1&n=2", "?n=1%20"}) {
    const auto answer = get_once(port(), "/v2/a/b/tags/list" + std::string(query));
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_NE(answer.body.find("PAGINATION_NUMBER_INVALID"), std::string::npos);
  }
  EXPECT_EQ(get_once(port(), "/v2/a/b/tags/list?n=0").body, "{\"name\":\"a/b\",\"tags\":[]}\n");
}

TEST_F(ListingsApiTest, ThereIsNoCatalog) {
  const auto answer = get_once(port(), "/v2/_catalog");
  EXPECT_EQ(answer.status, 404);
  EXPECT_NE(answer.body.find("UNSUPPORTED"), std::string::npos);
  EXPECT_NE(answer.reason.find("lists no repositories"), std::string::npos);
}

}  // namespace
}  // namespace portcullis::http::test
