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
  EXPECT_EQ(requests[0].header("user-agent").rfind("portcullis/", 0), 0u) << requests[0].header("user-agent");
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
      {"resumed somewhere else, and never whole", break_once([&](const FakeRequest&, FakeConnection& client) {
         client.send(partial_head(7, content.size()) + content.substr(7));
       }),
       ErrorKind::unreachable, "127.0.0.1"},
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

struct ResumeCase {
  const char* name;
  const char* etag;            ///< header line of the answer that breaks, may be empty
  FakeUpstream::Handler then;  ///< answers whoever asks for a part
  const char* if_range;        ///< what that request says
  std::size_t requests;        ///< in all
};

TEST_F(UpstreamTest, ABlobThatCannotGoOnIsFetchedAsAWholeOnceMore) {
  const std::string content = large_content();
  const auto whole = [&](const FakeRequest&, FakeConnection& client) { client.answer(200, {}, content); };
  const ResumeCase cases[] = {
      {"the server ignores Range", "ETag: \"v1\"", whole, "\"v1\"", 2},
      {"no ETag", "", whole, "", 2},
      {"a weak ETag is none", "ETag: W/\"v1\"", whole, "", 2},
      {"another part", "",
       [&](const FakeRequest&, FakeConnection& c) {
         c.send(partial_head(7, content.size()) + content.substr(7));
       },
       "", 3},
      {"another total", "",
       [&](const FakeRequest& request, FakeConnection& c) {
         c.send(partial_head(range_start(request), content.size() + 1) + content.substr(1000) + "!");
       },
       "", 3},
      {"no Content-Range", "",
       [&](const FakeRequest&, FakeConnection& c) {
         c.send("HTTP/1.1 206 Partial Content\r\n\r\n" + content.substr(1000));
       },
       "", 3},
      {"range not satisfiable", "", [](const FakeRequest&, FakeConnection& c) { c.answer(416); }, "", 3},
  };
  for (const auto& row : cases) {
    SCOPED_TRACE(row.name);
    std::atomic<bool> broke = false;
    FakeUpstream fake([&](const FakeRequest& request, FakeConnection& client) {
      if (range_start(request) != 0) return row.then(request, client);
      if (broke.exchange(true)) return client.answer(200, {}, content);
      auto head = whole_head(content.size());
      if (*row.etag != '\0') head.insert(head.size() - 2, std::string(row.etag) + "\r\n");
      client.send(head + content.substr(0, 1000));
    });
    connect_to(options_for(fake.url()));
    StringSink sink;
    const auto done = registry_->blob(repository(), oci::Digest::of(content), content.size(), sink);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(sink.text, content);
    const auto requests = fake.requests();
    ASSERT_EQ(requests.size(), row.requests);
    EXPECT_EQ(requests[1].header("range"), "bytes=1000-");
    EXPECT_EQ(requests[1].header("if-range"), row.if_range);
    if (row.requests == 3) {
      EXPECT_EQ(requests[2].header("range"), "");
    }
  }
}

struct SlowCase {
  const char* name;
  FakeUpstream::Handler handler;
};

TEST_F(UpstreamTest, WhoIsTooSlowIsLeft) {
  const auto drip = [](FakeConnection& client, const std::string& piece) {
    while (client.send(piece)) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  };
  const SlowCase cases[] = {
      {"says nothing", [](const FakeRequest&, FakeConnection& c) { c.stall(); }},
      {"stalls in the status line",
       [](const FakeRequest&, FakeConnection& c) {
         c.send("HTTP/1.1 2");
         c.stall();
       }},
      {"stalls in the headers",
       [](const FakeRequest&, FakeConnection& c) {
         c.send("HTTP/1.1 200 OK\r\nContent-Le");
         c.stall();
       }},
      {"stalls before the first byte",
       [](const FakeRequest&, FakeConnection& c) {
         c.send(whole_head(1'000'000));
         c.stall();
       }},
      {"stalls in the middle",
       [](const FakeRequest&, FakeConnection& c) {
         c.send(whole_head(1'000'000) + std::string(1000, 'x'));
         c.stall();
       }},
      {"stalls before the last byte",
       [](const FakeRequest&, FakeConnection& c) {
         c.send(whole_head(1'000'000) + std::string(999'999, 'x'));
         c.stall();
       }},
      {"stalls in a chunk",
       [](const FakeRequest&, FakeConnection& c) {
         c.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100\r\nabc");
         c.stall();
       }},
      {"drips its headers",
       [&](const FakeRequest&, FakeConnection& c) {
         c.send("HTTP/1.1 200 OK\r\n");
         drip(c, "X: y\r\n");
       }},
      {"drips its body",
       [&](const FakeRequest&, FakeConnection& c) {
         c.send(whole_head(1'000'000));
         drip(c, "x");
       }},
  };
  for (const auto& row : cases) {
    SCOPED_TRACE(row.name);
    FakeUpstream fake(row.handler);
    auto options = options_for(fake.url());
    options.stall_timeout = std::chrono::milliseconds(300);
    options.connect_timeout = std::chrono::milliseconds(300);
    options.floor_rate = 100'000;
    options.attempts = 1;
    connect_to(options);
    StringSink sink;
    const auto done = registry_->blob(repository(), oci::Digest::of("x"), 1'000'000, sink);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::unreachable) << done.error().message;
    EXPECT_NE(done.error().message.find("too little, for 300 ms"), std::string::npos) << done.error().message;
    EXPECT_EQ(fake.requests().size(), 1u);
  }
}

TEST_F(UpstreamTest, ASlowTakerIsNotASlowUpstream) {
  class SlowSink final : public util::ByteSink {
    util::Result<void> write(std::span<const std::byte>) override {
      std::this_thread::sleep_for(std::chrono::milliseconds(400));
      return {};
    }
  } sink;
  const std::string content = large_content();
  FakeUpstream fake([&](const FakeRequest&, FakeConnection& c) { c.answer(200, {}, content); });
  auto options = options_for(fake.url());
  options.stall_timeout = std::chrono::milliseconds(300);
  options.floor_rate = 10'000'000;
  options.attempts = 1;
  connect_to(options);
  const auto done = registry_->blob(repository(), oci::Digest::of(content), content.size(), sink);
  EXPECT_TRUE(done) << done.error().message;
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

TEST_F(UpstreamTest, ARegistryThatCountsRequestsIsLeftAloneForAsLongAsItSaid) {
  FakeUpstream fake([&](const FakeRequest& request, FakeConnection& client) {
    if (request.method == "HEAD") {
      return client.answer(200,
                           {kType, "Docker-Content-Digest: " + oci::Digest::of(kManifest).text(),
                            "RateLimit-Limit: 100;w=21600", "RateLimit-Remaining: 0;w=21600",
                            "Docker-RateLimit-Source: 192.0.2.7"},
                           kManifest);
    }
    if (request.target.find("/blobs/") != std::string::npos) return client.answer(200, {}, "12345");
    client.answer(429, {"Retry-After: 50"});
  });
  connect_to(options_for(fake.url()));
  for (int i = 0; i < 3; ++i) {
    const auto document = registry_->manifest(repository(), tag());
    ASSERT_FALSE(document);
    EXPECT_EQ(document.error().kind, ErrorKind::limit) << document.error().message;
    EXPECT_TRUE(document.error().rate_limited);
    ASSERT_TRUE(document.error().retry_after);
    EXPECT_LE(*document.error().retry_after, std::chrono::seconds(50));
    EXPECT_GT(*document.error().retry_after, std::chrono::seconds(0));
  }
  EXPECT_EQ(fake.requests().size(), 1u) << "asking on would only make it worse";
  // What Docker Hub does not count goes on.
  EXPECT_TRUE(registry_->resolve(repository(), tag()));
  StringSink sink;
  EXPECT_TRUE(registry_->blob(repository(), oci::Digest::of("12345"), 5, sink));

  const auto health = registry_->status();
  ASSERT_TRUE(health.rate_limit);
  EXPECT_EQ(health.rate_limit->limit, 100u);
  EXPECT_EQ(health.rate_limit->remaining, 0u);
  EXPECT_EQ(health.rate_limit->window, std::chrono::seconds(21600));
  EXPECT_EQ(health.rate_limit->source, "192.0.2.7");
  EXPECT_TRUE(health.retry_after);
  EXPECT_EQ(metrics_.value("portcullis_upstream_ratelimit_limit{upstream=up}"), 100);
  EXPECT_EQ(metrics_.value("portcullis_upstream_ratelimit_window_seconds{upstream=up}"), 21600);
}

TEST_F(UpstreamTest, TellsHowTheRegistryHasBeen) {
  std::atomic<int> status = 200;
  FakeUpstream fake([&](const FakeRequest&, FakeConnection& c) { c.answer(status, {kType}, kManifest); });
  auto options = options_for(fake.url());
  options.attempts = 1;
  connect_to(options);
  EXPECT_FALSE(registry_->status().last_success);
  struct Row {
    int status;
    std::uint64_t failures;
    double up;
  };
  for (const Row& row :
       {Row{200, 0, 1}, {500, 1, 0}, {503, 2, 0}, {418, 3, 0}, {404, 0, 1}, {500, 1, 0}, {403, 0, 1}}) {
    SCOPED_TRACE(row.status);
    status = row.status;
    static_cast<void>(registry_->manifest(repository(), tag()));
    const auto health = registry_->status();
    EXPECT_EQ(health.failures_in_a_row, row.failures);
    EXPECT_EQ(metrics_.value("portcullis_upstream_up{upstream=up}"), row.up);
    EXPECT_EQ(metrics_.value("portcullis_upstream_failures_in_a_row{upstream=up}"),
              static_cast<double>(row.failures));
  }
  const auto health = registry_->status();
  EXPECT_TRUE(health.last_success && health.last_failure);
  EXPECT_NE(health.last_error.find("HTTP 500"), std::string::npos) << health.last_error;
  registry_->stop();
  static_cast<void>(registry_->manifest(repository(), tag()));
  EXPECT_EQ(registry_->status().failures_in_a_row, 0u) << "our own end is not its fault";
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
      {"re-encoded on the way", tag(),
       [](const FakeRequest&, FakeConnection& c) {
         c.answer(200, {kType, "Content-Encoding: gzip"}, "\x1f\x8b and so on");
       },
       ErrorKind::corrupt, "no JSON document"},
      {"endless chunks", tag(),
       [](const FakeRequest&, FakeConnection& c) {
         c.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n");
         const std::string chunk = "10000\r\n" + std::string(65536, ' ') + "\r\n";
         while (c.send(chunk)) {
         }
       },
       ErrorKind::limit, "4 MiB"},
      {"a body without a head", tag(), [](const FakeRequest&, FakeConnection& c) { c.send(kManifest); },
       ErrorKind::unreachable, "127.0.0.1"},
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
