// SPDX-License-Identifier: Apache-2.0
//
// Tokens, credentials and redirects: what goes to whom.
#include <atomic>
#include <thread>

#include "fake_upstream.hpp"
#include "portcullis/util/text.hpp"
#include "upstream_fixture.hpp"

namespace portcullis::upstream {
namespace {

using util::ErrorKind;

const std::string kManifest = R"({"schemaVersion":2,"layers":[]})";

bool is_token_request(const FakeRequest& request) { return request.target.rfind("/token", 0) == 0; }

/// A registry with its token service: takes the bearer tokens `t1`, `t2`... that it gave and that
/// `accepts` agrees to.
class TokenRegistry {
 public:
  std::function<bool(int)> accepts = [](int) { return true; };
  std::string token_extra = R"(,"expires_in":300)";
  std::string realm_host = "127.0.0.1";
  std::atomic<int> given = 0;

  const FakeUpstream& fake() const { return fake_; }
  std::string url() const { return fake_.url(); }

 private:
  void handle(const FakeRequest& request, FakeConnection& client) {
    if (is_token_request(request)) {
      const int number = ++given;
      return client.answer(200, {}, R"({"token":"t)" + std::to_string(number) + "\"" + token_extra + "}");
    }
    const auto authorization = request.header("authorization");
    if (authorization.rfind("Bearer t", 0) == 0 && accepts(std::stoi(authorization.substr(8)))) {
      return client.answer(200, {}, kManifest);
    }
    client.answer(
        401, {"WWW-Authenticate: Bearer realm=\"http://" + realm_host + ":" + std::to_string(fake_.port()) +
              "/token\",service=\"my registry\",scope=\"repository:library/app:pull\""});
  }
  FakeUpstream fake_{[this](const FakeRequest& request, FakeConnection& client) { handle(request, client); }};
};

TEST_F(UpstreamTest, ATokenIsFetchedAnonymouslyOnceAndKept) {
  TokenRegistry upstream;
  connect_to(options_for(upstream.url()));
  for (int i = 0; i < 3; ++i) {
    const auto document = registry_->manifest(repository(), tag());
    ASSERT_TRUE(document) << document.error().message;
  }
  const auto requests = upstream.fake().requests();
  ASSERT_EQ(requests.size(), 5u);
  EXPECT_EQ(requests[0].header("authorization"), "") << "nothing before it asks";
  EXPECT_EQ(util::to_lower_ascii(requests[1].target),
            "/token?scope=repository%3alibrary%2fapp%3apull&service=my+registry");
  EXPECT_EQ(requests[1].header("authorization"), "");
  EXPECT_EQ(requests[4].header("authorization"), "Bearer t1");
  EXPECT_EQ(counted("token", "ok"), 1);
}

TEST_F(UpstreamTest, CredentialsGoToTheTokenServiceOnly) {
  TokenRegistry upstream;
  auto options = options_for(upstream.url());
  options.credentials = Credentials{"me", "hunter2"};
  connect_to(options);
  ASSERT_TRUE(registry_->manifest(repository(), tag()));
  for (const auto& request : upstream.fake().requests()) {
    if (is_token_request(request)) {
      EXPECT_EQ(request.header("authorization"), "Basic bWU6aHVudGVyMg==");
    } else {
      EXPECT_EQ(request.header("authorization").find("Basic"), std::string::npos);
    }
  }
}

TEST_F(UpstreamTest, AnExpiredTokenIsRenewedBeforeItIsUsed) {
  TokenRegistry upstream;
  upstream.token_extra = R"(,"expires_in":5)";  // within the slack: never good for a second request
  connect_to(options_for(upstream.url()));
  ASSERT_TRUE(registry_->manifest(repository(), tag()));
  ASSERT_TRUE(registry_->manifest(repository(), tag()));
  EXPECT_EQ(upstream.given, 2);
}

TEST_F(UpstreamTest, ARefusedTokenIsRenewedOnce) {
  TokenRegistry upstream;
  connect_to(options_for(upstream.url()));
  ASSERT_TRUE(registry_->manifest(repository(), tag()));
  upstream.accepts = [](int number) { return number > 1; };  // t1 was revoked
  const auto document = registry_->manifest(repository(), tag());
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(upstream.given, 2);
}

TEST_F(UpstreamTest, A401ThatNeverEndsIsDenied) {
  TokenRegistry upstream;
  upstream.accepts = [](int) { return false; };
  connect_to(options_for(upstream.url()));
  const auto document = registry_->manifest(repository(), tag());
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::denied);
  EXPECT_EQ(document.error().status, 401);
  EXPECT_LE(upstream.fake().requests().size(), 5u);
}

TEST_F(UpstreamTest, ManyWhoNeedATokenAskOnce) {
  TokenRegistry upstream;
  connect_to(options_for(upstream.url()));
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] { good += registry_->manifest(repository(), tag()).has_value(); });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 16);
  EXPECT_EQ(upstream.given, 1);
}

TEST_F(UpstreamTest, ATokenServiceOnAnotherHostMustBeNamed) {
  TokenRegistry upstream;
  upstream.realm_host = "localhost";
  auto options = options_for(upstream.url());
  options.credentials = Credentials{"me", "hunter2"};
  connect_to(options);
  const auto refused = registry_->manifest(repository(), tag());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::denied);
  EXPECT_NE(refused.error().message.find("foreign host localhost"), std::string::npos)
      << refused.error().message;
  EXPECT_EQ(upstream.fake().count("/token"), 0u) << "refused before anything is sent";

  options.token_hosts = {"LocalHost"};
  connect_to(options);
  const auto allowed = registry_->manifest(repository(), tag());
  EXPECT_TRUE(allowed) << allowed.error().message;
}

TEST_F(UpstreamTest, RealmsThatMustNotBeUsed) {
  const std::pair<const char*, const char*> realms[] = {
      {"http://10.0.0.1/token", "foreign host"},
      {"https://127.0.0.1.example.com/token", "foreign host"},
      {"file:///etc/passwd", "refused"},
      {"https://me:pw@127.0.0.1/token", "refused"},
      {"/token", "refused"},
      {"", "refused"},
  };
  for (const auto& [realm, message] : realms) {
    SCOPED_TRACE(realm);
    FakeUpstream fake([realm = realm](const FakeRequest&, FakeConnection& client) {
      client.answer(401, {std::string("WWW-Authenticate: Bearer realm=\"") + realm + "\""});
    });
    connect_to(options_for(fake.url()));
    const auto document = registry_->manifest(repository(), tag());
    ASSERT_FALSE(document);
    EXPECT_EQ(document.error().kind, ErrorKind::denied);
    EXPECT_NE(document.error().message.find(message), std::string::npos) << document.error().message;
    EXPECT_EQ(fake.requests().size(), 1u);
  }
}

TEST_F(UpstreamTest, APlainHttpRealmIsForLoopbackRegistriesOnly) {
  // *.localhost resolves to loopback, but is a name: a registry somewhere else as far as rules go.
  TokenRegistry upstream;
  upstream.realm_host = "registry.localhost";
  auto options = options_for("http://registry.localhost:" + std::to_string(upstream.fake().port()));
  options.allow_plain_http = true;
  connect_to(options);
  const auto document = registry_->manifest(repository(), tag());
  ASSERT_FALSE(document);
  EXPECT_NE(document.error().message.find("over plain http"), std::string::npos) << document.error().message;
  EXPECT_EQ(upstream.fake().count("/token"), 0u);
}

TEST_F(UpstreamTest, TokenAnswersThatMakeNoSense) {
  struct Row {
    const char* name;
    int status;
    std::string body;
    ErrorKind kind;
  };
  const Row rows[] = {
      {"not JSON", 200, "<html>", ErrorKind::corrupt},
      {"no token", 200, "{}", ErrorKind::corrupt},
      {"token of another type", 200, R"({"token":17})", ErrorKind::corrupt},
      {"a token with a line break", 200, R"({"token":"a\r\nX-Injected: b"})", ErrorKind::corrupt},
      {"too large", 200, std::string(1 << 20, ' '), ErrorKind::limit},
      {"deep", 200, std::string(100'000, '['), ErrorKind::corrupt},
      {"denied", 403, "", ErrorKind::denied},
      {"not there", 404, "", ErrorKind::denied},
      {"a redirect", 302, "", ErrorKind::corrupt},
      {"down", 503, "", ErrorKind::unreachable},
      {"counts requests", 429, "", ErrorKind::limit},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    FakeUpstream fake([&](const FakeRequest& request, FakeConnection& client) {
      if (is_token_request(request)) return client.answer(row.status, {"Location: /elsewhere"}, row.body);
      client.answer(401, {"WWW-Authenticate: Bearer realm=\"http://" + request.header("host") + "/token\""});
    });
    connect_to(options_for(fake.url()));
    const auto document = registry_->manifest(repository(), tag());
    ASSERT_FALSE(document);
    EXPECT_EQ(document.error().kind, row.kind) << document.error().message;
    EXPECT_NE(document.error().message.find("token from http://127.0.0.1"), std::string::npos)
        << document.error().message;
    EXPECT_EQ(fake.count("/elsewhere"), 0u);
  }
}

TEST_F(UpstreamTest, TheWaitATokenServiceAsksForIsPassedOn) {
  FakeUpstream fake([&](const FakeRequest& request, FakeConnection& client) {
    if (is_token_request(request)) return client.answer(429, {"Retry-After: 40"});
    client.answer(401, {"WWW-Authenticate: Bearer realm=\"http://" + request.header("host") + "/token\""});
  });
  connect_to(options_for(fake.url()));
  const auto document = registry_->manifest(repository(), tag());
  ASSERT_FALSE(document);
  EXPECT_TRUE(document.error().rate_limited);
  EXPECT_EQ(document.error().retry_after, std::chrono::seconds(40));
}

TEST_F(UpstreamTest, NoMoreThanPullingIsAskedFor) {
  const std::pair<const char*, const char*> scopes[] = {
      {"repository:library/app:pull", "repository%3alibrary%2fapp%3apull"},
      {"repository:library/app:pull,push", "repository%3alibrary%2fapp%3apull"},
      {"repository:library/app:*", "repository%3alibrary%2fapp%3apull"},
      {"repository:host:5000/app:push repository:b:delete",
       "repository%3ahost%3a5000%2fapp%3apull+repository%3ab%3apull"},
      {"aws", "aws"},
      {"", "repository%3alibrary%2fapp%3apull"},
  };
  for (const auto& [asked, sent] : scopes) {
    SCOPED_TRACE(asked);
    FakeUpstream fake([asked = std::string(asked)](const FakeRequest& request, FakeConnection& client) {
      if (is_token_request(request)) return client.answer(200, {}, R"({"token":"t1"})");
      if (!request.header("authorization").empty()) return client.answer(200, {}, kManifest);
      client.answer(401, {"WWW-Authenticate: Bearer realm=\"http://" + request.header("host") +
                          "/token\",scope=\"" + asked + "\""});
    });
    connect_to(options_for(fake.url()));
    ASSERT_TRUE(registry_->manifest(repository(), tag()));
    EXPECT_EQ(util::to_lower_ascii(fake.requests()[1].target), "/token?scope=" + std::string(sent));
  }
}

TEST_F(UpstreamTest, ATokenThatDiesInTheMiddleOfABlobIsRenewed) {
  const std::string content(100'000, 'b');
  std::atomic<int> given = 0;
  FakeUpstream fake([&](const FakeRequest& request, FakeConnection& client) {
    if (is_token_request(request)) {
      return client.answer(200, {}, R"({"token":"t)" + std::to_string(++given) + R"(","expires_in":300})");
    }
    const bool whole = request.header("range").empty();
    if (request.header("authorization") != (whole ? "Bearer t1" : "Bearer t2")) {
      return client.answer(
          401, {"WWW-Authenticate: Bearer realm=\"http://" + request.header("host") + "/token\""});
    }
    if (whole) {
      client.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + content.substr(0, 30'000));
    } else {
      client.send(
          "HTTP/1.1 206 Partial Content\r\nContent-Length: 70000\r\nContent-Range: bytes "
          "30000-99999/100000\r\n\r\n" +
          content.substr(30'000));
    }
  });
  connect_to(options_for(fake.url()));
  StringSink sink;
  const auto done = registry_->blob(repository(), oci::Digest::of(content), content.size(), sink);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(sink.text, content);
  EXPECT_EQ(given, 2);
}

TEST_F(UpstreamTest, AnAccessTokenByItsOtherNameWorks) {
  FakeUpstream fake([&](const FakeRequest& request, FakeConnection& client) {
    if (is_token_request(request)) return client.answer(200, {}, R"({"access_token":"abc.def"})");
    if (request.header("authorization") == "Bearer abc.def") return client.answer(200, {}, kManifest);
    client.answer(401, {"WWW-Authenticate: Bearer realm=\"http://" + request.header("host") + "/token\""});
  });
  connect_to(options_for(fake.url()));
  EXPECT_TRUE(registry_->manifest(repository(), tag()));
}

TEST_F(UpstreamTest, RedirectsAreFollowedWithoutTheAuthorization) {
  FakeUpstream storage([](const FakeRequest& request, FakeConnection& client) {
    if (request.target == "/step") return client.answer(307, {"Location: blob?signature=s3cr3t"});
    client.answer(200, {}, "12345");
  });
  FakeUpstream fake([&](const FakeRequest& request, FakeConnection& client) {
    if (request.header("authorization").empty()) {
      return client.answer(401, {"WWW-Authenticate: Basic realm=\"x\""});
    }
    if (request.target != "/own") return client.answer(302, {"Location: /own"});
    client.answer(307, {"Location: " + storage.url() + "/step"}, "a body nobody wants");
  });
  auto options = options_for(fake.url());
  options.credentials = Credentials{"me", "hunter2"};
  connect_to(options);
  StringSink sink;
  const auto done = registry_->blob(repository(), oci::Digest::of("12345"), 5, sink);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(sink.text, "12345");
  EXPECT_EQ(fake.requests().back().header("authorization"), "Basic bWU6aHVudGVyMg==") << "same host: kept";
  ASSERT_EQ(storage.requests().size(), 2u);
  for (const auto& request : storage.requests()) EXPECT_EQ(request.header("authorization"), "");
  EXPECT_EQ(storage.requests()[1].target, "/blob?signature=s3cr3t");
}

TEST_F(UpstreamTest, ARedirectedHostCannotAskForCredentials) {
  FakeUpstream storage([](const FakeRequest&, FakeConnection& client) {
    client.answer(401, {"WWW-Authenticate: Basic realm=\"give me\""});
  });
  FakeUpstream fake([&](const FakeRequest&, FakeConnection& client) {
    client.answer(307, {"Location: " + storage.url() + "/x?signature=s3cr3t"});
  });
  auto options = options_for(fake.url());
  options.credentials = Credentials{"me", "hunter2"};
  connect_to(options);
  const auto document = registry_->manifest(repository(), tag());
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::denied);
  EXPECT_EQ(storage.requests().size(), 1u);
  EXPECT_EQ(document.error().message.find("s3cr3t"), std::string::npos) << document.error().message;
}

TEST_F(UpstreamTest, RedirectsThatMustNotBeFollowed) {
  FakeUpstream target([](const FakeRequest&, FakeConnection& client) { client.answer(200, {}, kManifest); });
  const std::string port = std::to_string(target.port());
  const std::pair<std::string, const char*> locations[] = {
      {"/v2/again", "more than 5 times"},
      {"file:///etc/passwd", "only http and https"},
      {"http://me:pw@cdn.example/x", "user name or a password"},
      {"", "without saying where"},
      {"http://127.0.0.1:" + port + "/?signature=s3cr3t", "private address 127.0.0.1"},
      {"http://2130706433:" + port + "/", "private address 127.0.0.1"},
      {"http://[::ffff:127.0.0.1]:" + port + "/", "private address"},
      {"http://[::1]:" + port + "/", "private address"},
      {"http://0.0.0.0:" + port + "/", "private address"},
      {"http://169.254.169.254/latest/meta-data", "private address"},
      {"http://localhost:" + port + "/", "private address"},
      {"http://cdn.localhost:" + port + "/?signature=s3cr3t", "resolves to a private address"},
  };
  for (const auto& [location, message] : locations) {
    SCOPED_TRACE(location);
    FakeUpstream fake([location = location](const FakeRequest&, FakeConnection& client) {
      client.answer(307, {"Location: " + location});
    });
    auto options = options_for("http://registry.localhost:" + std::to_string(fake.port()));
    options.allow_plain_http = true;
    connect_to(options);
    const auto document = registry_->manifest(repository(), tag());
    ASSERT_FALSE(document);
    EXPECT_EQ(document.error().kind, ErrorKind::corrupt) << document.error().message;
    EXPECT_NE(document.error().message.find(message), std::string::npos) << document.error().message;
    EXPECT_EQ(document.error().message.find("s3cr3t"), std::string::npos) << document.error().message;
    EXPECT_LE(fake.requests().size(), 6u);

    if (location.find("cdn.localhost") == std::string::npos) continue;
    options.allow_private_addresses = true;
    connect_to(options);
    EXPECT_TRUE(registry_->manifest(repository(), tag())) << "allowed explicitly";
  }
  EXPECT_EQ(target.requests().size(), 1u) << "nothing but the allowed request reached it";
}

TEST_F(UpstreamTest, AProxyOnAPrivateAddressStillCarriesPublicRedirects) {
  FakeUpstream proxy([](const FakeRequest& request, FakeConnection& client) {
    if (request.target.rfind("http://cdn.example", 0) == 0) return client.answer(200, {}, kManifest);
    if (request.target.rfind("http://registry.example/v2/library/app/manifests/bad", 0) == 0) {
      return client.answer(307, {"Location: http://10.0.0.1/x"});
    }
    client.answer(307, {"Location: http://cdn.example/x"});
  });
  auto options = options_for("http://registry.example");
  options.allow_plain_http = true;
  options.proxy = proxy.url();
  connect_to(options);
  const auto document = registry_->manifest(repository(), tag());
  EXPECT_TRUE(document) << document.error().message;
  EXPECT_FALSE(registry_->manifest(repository(), tag("bad")));
  EXPECT_EQ(proxy.count("10.0.0.1"), 0u);
}

}  // namespace
}  // namespace portcullis::upstream
