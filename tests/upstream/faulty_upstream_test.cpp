// SPDX-License-Identifier: Apache-2.0
//
// Upstreams that break, lie and stall.
#include <atomic>
#include <thread>

#include "fake_upstream.hpp"
#include "portcullis/oci/manifest.hpp"
#include "upstream_fixture.hpp"

namespace portcullis::upstream {
namespace {

using util::ErrorKind;

const std::string kManifest = R"({"schemaVersion":2,"layers":[]})";
const std::string kType = "Content-Type: application/vnd.oci.image.manifest.v1+json; charset=utf-8";

std::string large_content() {
  std::string content;
  for (int i = 0; content.size() < 300'000; ++i) content += std::to_string(i) + ",";
  return content;
}

/// The offset of "bytes=N-", 0 without a Range.
std::size_t range_start(const FakeRequest& request) {
  const auto range = request.header("range");
  return range.empty() ? 0 : std::stoul(range.substr(6));
}

std::string partial_head(std::size_t start, std::size_t total) {
  return "HTTP/1.1 206 Partial Content\r\nContent-Length: " + std::to_string(total - start) +
         "\r\nContent-Range: bytes " + std::to_string(start) + "-" + std::to_string(total - 1) + "/" +
         std::to_string(total) + "\r\n\r\n";
}

std::string whole_head(std::size_t total) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(total) + "\r\n\r\n";
}

TEST_F(UpstreamTest, ABrokenBlobGoesOnWhereItBroke) {
  const std::string content = large_content();
  std::atomic<int> tries = 0;
  FakeUpstream fake([&](const FakeRequest& request, FakeConnection& client) {
    const auto start = range_start(request);
    client.send(start == 0 ? whole_head(content.size()) : partial_head(start, content.size()));
    // Two connections break in the middle, the third brings the rest.
    client.send(std::string_view(content).substr(start, ++tries < 3 ? 100'000 : std::string::npos));
  });
  connect_to(options_for(fake.url()));
  StringSink sink;
  const auto done = registry_->blob(repository(), oci::Digest::of(content), content.size(), sink);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(sink.text, content);
  const auto requests = fake.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[0].header("range"), "");
  EXPECT_EQ(requests[1].header("range"), "bytes=100000-");
  EXPECT_EQ(requests[2].header("range"), "bytes=200000-");
  EXPECT_EQ(requests[0].target, "/v2/library/app/blobs/" + oci::Digest::of(content).text());
  EXPECT_EQ(requests[0].header("accept-encoding"), "identity");
  EXPECT_EQ(requests[0].header("user-agent"), "portcullis");
}

struct BlobCase {
  const char* name;
  FakeUpstream::Handler handler;
  ErrorKind kind;
  const char* message;
};

TEST_F(UpstreamTest, ABlobThatIsNotWhatItMustBeFailsAndNeverExceedsItsSize) {
  const std::string content = large_content();
  const auto break_once = [&](auto then) {
    return [&content, then](const FakeRequest& request, FakeConnection& client) {
      if (range_start(request) != 0) return then(request, client);
      client.send(whole_head(content.size()));
      client.send(std::string_view(content).substr(0, 1000));
    };
  };
  const BlobCase cases[] = {
      {"endless body",
       [](const FakeRequest&, FakeConnection& client) {
         client.send("HTTP/1.1 200 OK\r\n\r\n");
         while (client.send(std::string(65536, 'e'))) {
         }
       },
       ErrorKind::corrupt, "more bytes than"},
      {"larger by its own word",
       [](const FakeRequest&, FakeConnection& client) { client.send(whole_head(1 << 30) + "x"); },
       ErrorKind::corrupt, "descriptor says"},
      {"shorter by its own word",
       [](const FakeRequest&, FakeConnection& client) { client.answer(200, {}, "short"); },
       ErrorKind::corrupt, "descriptor says"},
      {"empty", [](const FakeRequest&, FakeConnection& client) { client.answer(200); }, ErrorKind::corrupt,
       "ended after 0"},
      {"a part nobody asked for",
       [&](const FakeRequest&, FakeConnection& client) {
         client.send(partial_head(0, content.size()) + content);
       },
       ErrorKind::corrupt, "HTTP 206"},
      {"resumed somewhere else", break_once([&](const FakeRequest&, FakeConnection& client) {
         client.send(partial_head(7, content.size()) + content.substr(7));
       }),
       ErrorKind::corrupt, "Content-Range: bytes 7-"},
      {"resumed with another total", break_once([&](const FakeRequest& request, FakeConnection& client) {
         client.send(partial_head(range_start(request), content.size() + 1) + content.substr(1000) + "!");
       }),
       ErrorKind::corrupt, "Content-Range"},
      {"no Range support",
       break_once([&](const FakeRequest&, FakeConnection& client) { client.answer(200, {}, content); }),
       ErrorKind::unreachable, "no Range support"},
      {"breaks for ever", break_once([](const FakeRequest&, FakeConnection&) {}), ErrorKind::unreachable,
       "127.0.0.1"},
  };
  for (const auto& row : cases) {
    SCOPED_TRACE(row.name);
    FakeUpstream fake(row.handler);
    connect_to(options_for(fake.url()));
    StringSink sink;
    const auto done = registry_->blob(repository(), oci::Digest::of(content), content.size(), sink);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, row.kind) << done.error().message;
    EXPECT_NE(done.error().message.find(row.message), std::string::npos) << done.error().message;
    EXPECT_NE(done.error().message.find("up: blob library/app"), std::string::npos) << done.error().message;
    EXPECT_LE(sink.text.size(), content.size());
    EXPECT_LE(fake.requests().size(), 3u);
  }
}

TEST_F(UpstreamTest, ASinkThatFailsEndsTheTransferWithItsOwnError) {
  class FullSink final : public util::ByteSink {
    util::Result<void> write(std::span<const std::byte>) override {
      return util::fail(ErrorKind::io, "disk full");
    }
  } sink;
  FakeUpstream fake([](const FakeRequest&, FakeConnection& client) { client.answer(200, {}, "12345"); });
  connect_to(options_for(fake.url()));
  const auto done = registry_->blob(repository(), oci::Digest::of("12345"), 5, sink);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::io);
  EXPECT_NE(done.error().message.find("disk full"), std::string::npos);
  EXPECT_EQ(fake.requests().size(), 1u) << "our own trouble is not the upstream's: no retry";
}

TEST_F(UpstreamTest, AStallEndsAndIsTriedAgain) {
  std::atomic<int> tries = 0;
  FakeUpstream fake([&](const FakeRequest& request, FakeConnection& client) {
    if (++tries == 1) {
      client.send(whole_head(10) + "12345");
      client.stall();
    } else {
      client.send(partial_head(range_start(request), 10) + "67890");
    }
  });
  auto options = options_for(fake.url());
  options.stall_timeout = std::chrono::milliseconds(300);
  connect_to(options);
  StringSink sink;
  const auto done = registry_->blob(repository(), oci::Digest::of("1234567890"), 10, sink);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(sink.text, "1234567890");
}

TEST_F(UpstreamTest, StopEndsARunningTransferAndRefusesLaterOnes) {
  FakeUpstream fake([](const FakeRequest&, FakeConnection& client) {
    client.send(whole_head(10) + "12345");
    client.stall();
  });
  connect_to(options_for(fake.url()));
  std::thread stopper([&] {
    while (fake.requests().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    registry_->stop();
  });
  StringSink sink;
  const auto done = registry_->blob(repository(), oci::Digest::of("1234567890"), 10, sink);
  stopper.join();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::cancelled) << done.error().message;
  const auto late = registry_->manifest(repository(), tag());
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::cancelled);
}

struct StatusCase {
  int status;
  std::vector<std::string> headers;
  ErrorKind kind;
  std::size_t requests;
};

TEST_F(UpstreamTest, StatusesBecomeFailuresWithTheRightKind) {
  const StatusCase cases[] = {
      {404, {}, ErrorKind::absent, 1},
      {410, {}, ErrorKind::absent, 1},
      {401, {}, ErrorKind::denied, 1},
      {403, {}, ErrorKind::denied, 1},
      {400, {}, ErrorKind::corrupt, 1},
      {418, {}, ErrorKind::corrupt, 1},
      {304, {}, ErrorKind::corrupt, 1},
      {500, {}, ErrorKind::unreachable, 3},
      {503, {}, ErrorKind::unreachable, 3},
      {501, {}, ErrorKind::unreachable, 1},
      {503, {"Retry-After: 3600"}, ErrorKind::unreachable, 1},
      {429, {"Retry-After: 600"}, ErrorKind::limit, 1},
      {429, {"Retry-After: Fri, 01 Jan 2100 00:00:00 GMT"}, ErrorKind::limit, 1},
      {429, {}, ErrorKind::limit, 1},
      {429, {"Retry-After: 0"}, ErrorKind::limit, 3},
  };
  for (const auto& row : cases) {
    SCOPED_TRACE(std::to_string(row.status) + (row.headers.empty() ? "" : ", " + row.headers[0]));
    FakeUpstream fake(
        [&](const FakeRequest&, FakeConnection& client) { client.answer(row.status, row.headers); });
    connect_to(options_for(fake.url()));
    const auto document = registry_->manifest(repository(), tag());
    ASSERT_FALSE(document);
    EXPECT_EQ(document.error().kind, row.kind) << document.error().message;
    EXPECT_EQ(document.error().status, row.status);
    EXPECT_EQ(document.error().rate_limited, row.status == 429);
    EXPECT_EQ(fake.requests().size(), row.requests);
  }
}

TEST_F(UpstreamTest, TheWaitItAsksForIsPassedOn) {
  FakeUpstream fake(
      [](const FakeRequest&, FakeConnection& client) { client.answer(429, {"Retry-After: 600"}); });
  connect_to(options_for(fake.url()));
  const auto document = registry_->manifest(repository(), tag());
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().retry_after, std::chrono::seconds(600));
  EXPECT_EQ(counted("manifest", "limit"), 1);
}

TEST_F(UpstreamTest, TroubleThatPassesIsWaitedOut) {
  std::atomic<int> tries = 0;
  FakeUpstream fake([&](const FakeRequest&, FakeConnection& client) {
    switch (++tries) {
      case 1:
        return client.answer(503, {}, "not now");
      case 2:
        return client.answer(429, {"Retry-After: 1"});
      default:
        return client.answer(200, {kType, "RateLimit-Remaining: 76;w=21600"}, kManifest);
    }
  });
  connect_to(options_for(fake.url()));
  const auto document = registry_->manifest(repository(), tag());
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(document->bytes, kManifest);
  EXPECT_EQ(document->media_type, oci::kOciManifest);
  EXPECT_EQ(document->digest, oci::Digest::of(kManifest));
  EXPECT_EQ(metrics_.value("portcullis_upstream_ratelimit_remaining{upstream=up}"), 76);
  EXPECT_EQ(counted("manifest", "ok"), 1);
  EXPECT_EQ(counted("manifest", "unreachable"), 1);
}

TEST_F(UpstreamTest, NobodyListeningIsUnreachable) {
  connect_to(options_for("http://127.0.0.1:1"));
  const auto document = registry_->manifest(repository(), tag());
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::unreachable);
  EXPECT_EQ(document.error().status, 0);
}

struct DocumentCase {
  const char* name;
  oci::TagOrDigest reference;
  FakeUpstream::Handler handler;
  ErrorKind kind;
  const char* message;
};

TEST_F(UpstreamTest, DocumentsThatAreNotWhatTheyMustBeAreRefused) {
  const DocumentCase cases[] = {
      {"another digest than asked for", oci::Digest::of("something else"),
       [](const FakeRequest&, FakeConnection& c) { c.answer(200, {kType}, kManifest); }, ErrorKind::corrupt,
       "expected sha256:"},
      {"another digest than it says", tag(),
       [](const FakeRequest&, FakeConnection& c) {
         c.answer(200, {kType, "Docker-Content-Digest: " + oci::Digest::of("other").text()}, kManifest);
       },
       ErrorKind::corrupt, "expected sha256:"},
      {"a page for people", tag(),
       [](const FakeRequest&, FakeConnection& c) {
         c.answer(200, {"Content-Type: text/html"}, "<html>please log in</html>");
       },
       ErrorKind::corrupt, "no JSON document, Content-Type: text/html"},
      {"empty", tag(), [](const FakeRequest&, FakeConnection& c) { c.answer(200, {kType}); },
       ErrorKind::corrupt, "no JSON"},
      {"100 MB of JSON", tag(),
       [](const FakeRequest&, FakeConnection& c) {
         c.send("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n{");
         for (int i = 0; i < 1600 && c.send(std::string(65536, ' ')); ++i) {
         }
       },
       ErrorKind::limit, "4 MiB"},
      {"endless headers", tag(),
       [](const FakeRequest&, FakeConnection& c) {
         c.send("HTTP/1.1 200 OK\r\n");
         while (c.send("X-Filler: " + std::string(1000, 'x') + "\r\n")) {
         }
       },
       ErrorKind::limit, "64 KiB"},
      {"cut off", tag(),
       [](const FakeRequest&, FakeConnection& c) { c.send(whole_head(kManifest.size()) + "{\"sch"); },
       ErrorKind::unreachable, "127.0.0.1"},
      {"not HTTP", tag(), [](const FakeRequest&, FakeConnection& c) { c.send("SSH-2.0-OpenSSH_9.2\r\n"); },
       ErrorKind::unreachable, "127.0.0.1"},
  };
  for (const auto& row : cases) {
    SCOPED_TRACE(row.name);
    FakeUpstream fake(row.handler);
    connect_to(options_for(fake.url()));
    const auto document = registry_->manifest(repository(), row.reference);
    ASSERT_FALSE(document);
    EXPECT_EQ(document.error().kind, row.kind) << document.error().message;
    EXPECT_NE(document.error().message.find(row.message), std::string::npos) << document.error().message;
  }
}

TEST_F(UpstreamTest, ResolveFallsBackToGetWhenHeadSaysTooLittle) {
  for (const int head_status : {200, 405}) {
    SCOPED_TRACE(head_status);
    FakeUpstream fake([&](const FakeRequest& request, FakeConnection& client) {
      if (request.method == "HEAD") return client.answer(head_status, {kType});
      client.answer(200, {kType}, kManifest);
    });
    connect_to(options_for(fake.url()));
    const auto resolved = registry_->resolve(repository(), tag());
    ASSERT_TRUE(resolved) << resolved.error().message;
    EXPECT_EQ(resolved->digest, oci::Digest::of(kManifest));
    EXPECT_EQ(resolved->size, kManifest.size());
    EXPECT_EQ(fake.requests().size(), 2u);
  }
}

TEST_F(UpstreamTest, PassedThroughAnswersCarryNoHost) {
  FakeUpstream fake([&](const FakeRequest& request, FakeConnection& client) {
    if (request.target.find("/referrers/") != std::string::npos) return client.answer(404);
    client.answer(200,
                  {"Content-Type: application/json",
                   "Link: <https://elsewhere.example/v2/library/app/tags/list?last=b&n=2>; rel=\"next\""},
                  R"({"name":"library/app","tags":["a","b"]})");
  });
  connect_to(options_for(fake.url()));
  const auto tags = registry_->tags(repository(), "n=2");
  ASSERT_TRUE(tags) << tags.error().message;
  EXPECT_EQ(tags->link, "</v2/library/app/tags/list?last=b&n=2>; rel=\"next\"");
  EXPECT_EQ(fake.requests()[0].target, "/v2/library/app/tags/list?n=2");
  const auto referrers = registry_->referrers(repository(), oci::Digest::of("x"), "");
  ASSERT_FALSE(referrers);
  EXPECT_EQ(referrers.error().kind, ErrorKind::absent);
  for (const char* query : {"n=1 HTTP/1.1", "n=1#x", "n=\r\nX: y"}) {
    const auto bad = registry_->tags(repository(), query);
    ASSERT_FALSE(bad) << query;
    EXPECT_EQ(bad.error().kind, ErrorKind::invalid);
  }
  EXPECT_EQ(fake.requests().size(), 2u);
}

}  // namespace
}  // namespace portcullis::upstream
