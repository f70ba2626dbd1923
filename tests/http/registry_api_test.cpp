// SPDX-License-Identifier: Apache-2.0
#include "portcullis/http/server.hpp"

#include <gtest/gtest.h>

#include <ostream>

#include "http/registry_fixture.hpp"

namespace portcullis::http::test {
namespace {

using gate::Status;

class RegistryApiTest : public RegistryFixture {
 protected:
  void SetUp() override { start(); }
  void say(Status status, const std::string& message, const std::string& report = "") {
    gate_.on_manifest = [=](const gate::ManifestRequest&) {
      return manifest_status(status, message, report);
    };
  }
};

TEST_F(RegistryApiTest, Ping) {
  for (const auto* target : {"/v2/", "/v2"}) {
    const auto answer = get_once(port(), target);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "{}");
    EXPECT_EQ(answer.header("docker-distribution-api-version"), "registry/2.0");
  }
  EXPECT_EQ(head_once(port(), "/v2/").header("content-length"), "2");
}

TEST_F(RegistryApiTest, ManifestByGetAndHead) {
  const auto digest = oci::Digest::of(kManifest).text();
  const auto got = get_once(port(), kTarget);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, kManifest);
  EXPECT_EQ(got.header("content-type"), oci::kOciManifest);
  EXPECT_EQ(got.header("docker-content-digest"), digest);
  EXPECT_EQ(got.header("etag"), "\"" + digest + "\"");
  EXPECT_EQ(gate_.last_manifest()->method, gate::Method::get);

  const auto head = head_once(port(), kTarget);
  EXPECT_EQ(gate_.last_manifest()->method, gate::Method::head);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers, got.headers);
  EXPECT_EQ(head.reason, got.reason);
}

TEST_F(RegistryApiTest, TheGateIsToldWhoAsksForWhat) {
  get_once(port(), "/v2/ghcr.io/team/app/manifests/1.0",
           "User-Agent: skopeo/1.9\r\nREMOTE_ADDR: 6.6.6.6\r\nX-Forwarded-For: 6.6.6.6\r\n");
  const auto asked = gate_.last_manifest();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->host, "ghcr.io");
  EXPECT_EQ(asked->repository.text(), "team/app");
  EXPECT_EQ(oci::to_string(asked->reference), "1.0");
  EXPECT_EQ(asked->client.address, "127.0.0.1");
  EXPECT_EQ(asked->client.agent, "skopeo/1.9");
  EXPECT_TRUE(asked->platforms.empty());
  EXPECT_EQ(asked->patience, options_.hold);
}

TEST_F(RegistryApiTest, NothingIsCompressed) {
  gate_.on_manifest = [](const gate::ManifestRequest&) { return served_manifest(std::string(100'000, ' ')); };
  const auto answer = get_once(port(), kTarget, "Accept-Encoding: gzip, br\r\n");
  EXPECT_EQ(answer.header("content-encoding"), "");
  EXPECT_EQ(answer.header("content-length"), "100000");
  EXPECT_EQ(answer.body.size(), 100'000u);
}

TEST_F(RegistryApiTest, IfNoneMatch) {
  const auto etag = "\"" + oci::Digest::of(kManifest).text() + "\"";
  RawClient client(port());
  const auto unchanged = client.get(kTarget, "If-None-Match: W/\"x\", " + etag + "\r\n");
  EXPECT_EQ(unchanged.status, 304);
  EXPECT_EQ(unchanged.header("etag"), etag);
  EXPECT_EQ(unchanged.header("content-length"), "");
  EXPECT_EQ(client.get(kTarget, "If-None-Match: \"other\"\r\n").status, 200);
}

TEST_F(RegistryApiTest, FindingsThatDoNotBlockAreAWarning) {
  gate_.on_manifest = [](const gate::ManifestRequest&) {
    auto answer = served_manifest(kManifest);
    answer.warning = "served with \"2\" findings\r\nX-Evil: 1";
    return answer;
  };
  const auto answer = get_once(port(), kTarget);
  EXPECT_EQ(answer.header("warning"), R"(299 - "served with \"2\" findings\\x0d\\x0aX-Evil: 1")");
  EXPECT_EQ(answer.header("x-evil"), "");
}

TEST_F(RegistryApiTest, NsIsEchoed) {
  EXPECT_EQ(get_once(port(), kTarget + "?ns=ghcr.io").header("oci-namespace"), "ghcr.io");
  EXPECT_EQ(get_once(port(), kTarget).header("oci-namespace"), "");
  say(Status::blocked, "BLOCKED by Portcullis: x");
  EXPECT_EQ(get_once(port(), kTarget + "?ns=ghcr.io").header("oci-namespace"), "ghcr.io");
}

struct StatusRow {
  const char* name;
  Status status;
  int expected;
  const char* code;
};

void PrintTo(const StatusRow& row, std::ostream* out) { *out << row.name; }

class StatusTable : public RegistryApiTest, public testing::WithParamInterface<StatusRow> {};

TEST_P(StatusTable, HeadAndGetSayTheSame) {
  const auto& row = GetParam();
  say(row.status, "one line that says why", "7f3k2");
  const auto got = get_once(port(), kByPrefix);
  EXPECT_EQ(got.status, row.expected);
  EXPECT_EQ(got.reason, "one line that says why");
  EXPECT_NE(
      got.body.find("\"code\":\"" + std::string(row.code) + "\",\"message\":\"one line that says why\""),
      std::string::npos)
      << got.body;
  EXPECT_EQ(got.header("content-type"), "application/json");
  EXPECT_EQ(got.header("retry-after").empty(), row.expected != 503);
  const auto head = head_once(port(), kByPrefix);
  EXPECT_EQ(head.status, row.expected);
  EXPECT_EQ(head.reason, got.reason);
  EXPECT_EQ(head.headers, got.headers);
}

INSTANTIATE_TEST_SUITE_P(Rows, StatusTable,
                         testing::Values(StatusRow{"blocked", Status::blocked, 403, "DENIED"},
                                         StatusRow{"denied", Status::denied, 403, "DENIED"},
                                         StatusRow{"refused", Status::refused, 403, "DENIED"},
                                         StatusRow{"absent", Status::absent, 404, "MANIFEST_UNKNOWN"},
                                         StatusRow{"unlisted", Status::unlisted, 404, "MANIFEST_UNKNOWN"},
                                         StatusRow{"unreachable", Status::unreachable, 503, "DENIED"},
                                         StatusRow{"failed", Status::failed, 503, "DENIED"}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(RegistryApiTest, ABlockCarriesItsReport) {
  say(Status::blocked, "BLOCKED by Portcullis: rule x; report 7f3k2", "7f3k2");
  EXPECT_NE(get_once(port(), kByPrefix).body.find("\"detail\":\"report 7f3k2\""), std::string::npos);
}

TEST_F(RegistryApiTest, HostileTextCannotLeaveItsLine) {
  say(Status::blocked, "BLOCKED: \"a\\b\"\r\nSet-Cookie: x\x1b[31m\xff");
  const auto answer = get_once(port(), kByPrefix);
  EXPECT_EQ(answer.reason, R"(BLOCKED: "a\\b"\x0d\x0aSet-Cookie: x\x1b[31m\xff)");
  EXPECT_EQ(answer.header("set-cookie"), "");
  EXPECT_NE(answer.body.find(R"("message":"BLOCKED: \"a\\\\b\"\\x0d\\x0aSet-Cookie: x\\x1b[31m\\xff")"),
            std::string::npos)
      << answer.body;
}

TEST_F(RegistryApiTest, AFinishedLineIsNotRenderedTwice) {
  say(Status::blocked, R"(BLOCKED: usr/bin/\xff)");
  EXPECT_EQ(get_once(port(), kByPrefix).reason, R"(BLOCKED: usr/bin/\xff)");
}

TEST_F(RegistryApiTest, ServedWithoutABodyIsOurFailureNotASuccess) {
  gate_.on_manifest = [](const gate::ManifestRequest&) { return manifest_status(Status::served, ""); };
  EXPECT_EQ(get_once(port(), kTarget).status, 503);
}

TEST_F(RegistryApiTest, AHandlerThatThrowsIsA503ThatTellsNothing) {
  gate_.on_manifest = [](const gate::ManifestRequest&) -> gate::ManifestAnswer {
    throw std::runtime_error("secret");
  };
  RawClient client(port());
  const auto answer = client.get(kTarget);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  for (const auto& [name, value] : answer.headers) EXPECT_EQ(value.find("secret"), std::string::npos) << name;
  EXPECT_EQ(client.get("/v2/").status, 200);
}

TEST_F(RegistryApiTest, PendingGoesRoundAndThenGivesUp) {
  say(Status::pending, "");
  RawClient client(port());
  std::string target = kTarget + "?ns=localhost%3A5000";
  for (int hop = 1; hop <= options_.hops; ++hop) {
    const auto answer = client.get(target);
    ASSERT_EQ(answer.status, 307) << target;
    EXPECT_EQ(answer.header("location"),
              kTarget + "?ns=localhost%3A5000&portcullis-hop=" + std::to_string(hop));
    target = answer.header("location");
  }
  const auto last = client.get(target);
  EXPECT_EQ(last.status, 300);
  EXPECT_EQ(last.reason, "scan in progress, retry in a minute");
  EXPECT_EQ(client.head(target).status, 300);
  EXPECT_EQ(client.head(kTarget).status, 307);
  const auto honest =
      client.get(kTarget + "?portcullis-hop=" + std::to_string(options_.hops), "User-Agent: curl/8\r\n");
  EXPECT_EQ(honest.status, 503);
  EXPECT_EQ(honest.reason, last.reason);
  EXPECT_EQ(honest.header("retry-after"), "60");
}

TEST_F(RegistryApiTest, AForgedHopCountGivesUpAtOnce) {
  say(Status::pending, "");
  for (const auto* query : {"?portcullis-hop=-5", "?portcullis-hop=x", "?portcullis-hop=99999999999999999999",
                            "?portcullis-hop=", "?portcullis-hop=1&portcullis-hop=2"}) {
    EXPECT_EQ(get_once(port(), kTarget + query).status, 503) << query;
  }
}

TEST_F(RegistryApiTest, APendingBlobGoesRoundToo) {
  gate_.on_blob = [](const gate::BlobRequest&) {
    gate::BlobAnswer answer;
    answer.status = Status::pending;
    return answer;
  };
  const auto target = "/v2/a/b/blobs/" + oci::Digest::of("x").text();
  EXPECT_EQ(get_once(port(), target).header("location"), target + "?portcullis-hop=1");
  EXPECT_EQ(get_once(port(), target, "Range: bytes=100-\r\n").status, 307);
  for (const auto* range : {"bytes=0-99", "bytes=0-9,20-", "bytes=-100"}) {
    const auto piece = get_once(port(), target, "Range: " + std::string(range) + "\r\n");
    EXPECT_EQ(piece.status, 503) << range;
  }
}

TEST_F(RegistryApiTest, PushesAreToldPlainly) {
  for (const auto* method : {"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"}) {
    SCOPED_TRACE(method);
    RawClient client(port());
    client.send(std::string(method) +
                " /v2/a/b/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
    const auto answer = client.read();
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.header("allow"), "GET, HEAD");
    EXPECT_NE(answer.body.find("\"UNSUPPORTED\""), std::string::npos);
    EXPECT_NE(answer.reason.find("pulling only"), std::string::npos);
    EXPECT_EQ(client.get("/v2/").status, 200) << "the body must not be taken for a request";
  }
  EXPECT_EQ(gate_.asked(), 0);
}

TEST_F(RegistryApiTest, WhatIsNotServedHereIs404WithoutAskingTheGate) {
  for (const auto* target : {"/", "/v2/_catalog", "/v1/_ping", "/v2/a/b/tags", "/v2/a/b/blobs/uploads/x"}) {
    SCOPED_TRACE(target);
    EXPECT_EQ(get_once(port(), target).status, 404);
  }
  EXPECT_EQ(get_once(port(), "/v2/A/manifests/1").status, 400);
  EXPECT_EQ(get_once(port(), "/v2/%zz").status, 400);
  EXPECT_EQ(gate_.asked(), 0);
}

}  // namespace
}  // namespace portcullis::http::test
