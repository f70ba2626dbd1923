// SPDX-License-Identifier: Apache-2.0
#include "portcullis/dashboard/dashboard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/admin_fixture.hpp"

namespace portcullis::http::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class DashboardTest : public AdminFixture {
 protected:
  void SetUp() override {
    serve();
    if (dashboard::start_page() == nullptr) GTEST_SKIP() << "built without the dashboard";
  }

  RawResponse get(const std::string& path, const std::string& headers = "") {
    return send("GET", path, "Host: 127.0.0.1\r\n" + headers);
  }

  static const dashboard::Asset& script() {
    for (const auto& asset : dashboard::assets()) {
      if (asset.type.starts_with("text/javascript")) return asset;
    }
    throw std::runtime_error("the dashboard has no script");
  }
};

TEST_F(DashboardTest, PagesNeedNoCredentials) {
  for (const auto* path : {"/", "/pulls", "/pulls?action=block", "/reports/7f3k2", "/index.html"}) {
    const auto answer = get(path);
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_EQ(answer.header("content-type"), "text/html; charset=utf-8") << path;
    EXPECT_EQ(answer.body, dashboard::start_page()->bytes) << path;
    EXPECT_EQ(answer.header("cache-control"), "no-cache") << path;
  }
}

TEST_F(DashboardTest, PolicyLetsNothingInlineOrForeignRun) {
  const std::string policy(get("/").header("content-security-policy"));
  EXPECT_THAT(policy, HasSubstr("default-src 'none'; script-src 'self'; style-src 'self'"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(policy, HasSubstr("require-trusted-types-for 'script'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_EQ(get("/").header("x-frame-options"), "DENY");
  EXPECT_EQ(get("/").header("referrer-policy"), "no-referrer");
  EXPECT_EQ(get("/healthz").header("content-security-policy").find("script-src"), std::string::npos);
}

TEST_F(DashboardTest, FilesAreKeptForEver) {
  const auto path = std::string(script().path);
  const auto answer = get(path);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, script().bytes);
  EXPECT_EQ(answer.header("cache-control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(answer.header("etag"), script().etag);
  const auto again = get(path, "If-None-Match: " + std::string(script().etag) + "\r\n");
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(again.header("cache-control"), "public, max-age=31536000, immutable");
}

struct EncodingRow {
  const char* accepted;
  bool gzip;
};

TEST_F(DashboardTest, IsCompressedForWhoTakesThat) {
  constexpr EncodingRow kRows[] = {
      {"gzip", true},      {"gzip, deflate, br", true}, {"br;q=1.0, GZIP;q=0.5", true}, {"identity", false},
      {"gzip;q=0", false}, {"gzip; q=0.000", false},    {"x-gzip-like", false},         {"", false}};
  for (const auto& row : kRows) {
    const auto answer =
        get(std::string(script().path), "Accept-Encoding: " + std::string(row.accepted) + "\r\n");
    EXPECT_EQ(answer.header("content-encoding"), row.gzip ? "gzip" : "") << row.accepted;
    EXPECT_EQ(answer.body, row.gzip ? script().gzip : script().bytes) << row.accepted;
    EXPECT_EQ(answer.header("etag") == script().etag, !row.gzip) << row.accepted;
    EXPECT_EQ(answer.header("vary"), "Accept-Encoding") << row.accepted;
  }
}

/// A cache must not take the validator of one form for the other.
TEST_F(DashboardTest, EachFormHasItsValidator) {
  const auto path = std::string(script().path);
  const auto plain = "If-None-Match: " + std::string(script().etag) + "\r\n";
  EXPECT_EQ(get(path, "Accept-Encoding: gzip\r\n" + plain).status, 200);
  const std::string etag(get(path, "Accept-Encoding: gzip\r\n").header("etag"));
  EXPECT_EQ(get(path, "Accept-Encoding: gzip\r\nIf-None-Match: " + etag + "\r\n").status, 304);
}

TEST_F(DashboardTest, WhatIsNoPageIsNotFound) {
  for (const auto* path : {"/nothing", "/reports/", "/assets/app.js", "/assets/../index.html", "/pulls/"}) {
    EXPECT_EQ(get(path).status, 404) << path;
    EXPECT_EQ(get(path).header("content-type"), "text/plain; charset=utf-8") << path;
    const auto person = get(path, "Accept: text/html,*/*\r\n");
    EXPECT_EQ(person.status, 404) << path;
    EXPECT_EQ(person.header("content-type"), "text/html; charset=utf-8") << path;
  }
}

TEST_F(DashboardTest, NothingCanBeSentToIt) {
  const auto answer = send("POST", "/", "Host: 127.0.0.1\r\n");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.header("allow"), "GET, HEAD");
  RawClient client(server_->port());
  client.send("HEAD / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  EXPECT_EQ(client.read(Expect::head_only).status, 200);
}

}  // namespace
}  // namespace portcullis::http::test
