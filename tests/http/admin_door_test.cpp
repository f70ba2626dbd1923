// SPDX-License-Identifier: Apache-2.0
//
// Who comes in on the admin side, and from where.
#include <gmock/gmock.h>

#include "http/admin_fixture.hpp"
#include "support/wait.hpp"

namespace portcullis::http::test {
namespace {

using portcullis::test::wait_until;
using testing::HasSubstr;
using testing::Not;

class AdminDoorTest : public AdminFixture {
 protected:
  const std::string host_ = "Host: localhost\r\n";
};

TEST_F(AdminDoorTest, ATokenSaysWhoIsThere) {
  serve();
  const auto viewer = make_token("victor", records::Role::viewer);
  EXPECT_EQ(send("GET", "/api/v1/x", host_).body, "GET /api/v1/x by nobody ");
  EXPECT_EQ(send("GET", "/api/v1/x?a=b", host_ + bearer(token_.secret)).body, "GET /api/v1/x?a=b by olga ");
  EXPECT_EQ(send("GET", "/api/v1/x", host_ + bearer(viewer.secret)).body, "GET /api/v1/x by victor ");
  EXPECT_EQ(send("GET", "/api/v1/x", host_ + "Authorization: bearer " + viewer.secret + "\r\n").status, 200);

  for (const auto& wrong : {std::string("Bearer pct_x"), "Bearer " + token_.secret + "x",
                            "Basic " + token_.secret, token_.secret + " "}) {
    SCOPED_TRACE(wrong);
    const auto answer = send("GET", "/api/v1/x", host_ + "Authorization: " + wrong + "\r\n");
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.header("content-type"), "application/problem+json");
    EXPECT_THAT(answer.body, Not(HasSubstr(token_.secret)));
  }
  ASSERT_TRUE(*records_->tokens().revoke(viewer.record.id, clock_.now(), {}));
  EXPECT_EQ(send("GET", "/api/v1/x", host_ + bearer(viewer.secret)).status, 401);
  clock_.advance(std::chrono::hours(3));
  EXPECT_EQ(send("GET", "/api/v1/x", host_ + bearer(token_.secret)).status, 401) << "it has expired";
}

TEST_F(AdminDoorTest, ABrowserGetsACookieThatOnlyItsPagesCanUse) {
  serve();
  const auto log_in = send("POST", "/api/v1/session", host_ + bearer(token_.secret));
  EXPECT_EQ(log_in.status, 201);
  const auto cookie = log_in.header("set-cookie");
  EXPECT_EQ(cookie,
            "portcullis_session=" + token_.secret + "; Path=/; HttpOnly; SameSite=Strict; Max-Age=7200");
  const auto with = host_ + "Cookie: theme=dark; portcullis_session=" + token_.secret + "\r\n";
  EXPECT_EQ(send("GET", "/api/v1/session", with).body, "olga");
  EXPECT_EQ(send("POST", "/api/v1/x", with).status, 403) << "a cookie alone changes nothing";
  EXPECT_EQ(send("POST", "/api/v1/x", with + "Origin: http://localhost\r\n").status, 200);
  const auto log_out = send("DELETE", "/api/v1/session", with + "Origin: http://localhost\r\n");
  EXPECT_EQ(log_out.status, 204);
  EXPECT_EQ(log_out.header("content-length"), "");
  EXPECT_THAT(log_out.header("set-cookie"),
              HasSubstr("portcullis_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"));
  const auto stale = send("GET", "/api/v1/session", host_ + "Cookie: portcullis_session=pct_old\r\n");
  EXPECT_EQ(stale.status, 401);
  EXPECT_THAT(stale.header("set-cookie"), HasSubstr("Max-Age=0"));
}

TEST_F(AdminDoorTest, OtherSitesReachNothing) {
  AdminOptions options;
  options.hosts = {"portcullis.example.com"};
  serve(options);
  const auto port = std::to_string(server_->port());
  struct Row {
    const char* name;
    std::string host;
    const char* origin;  ///< empty: none
    int get;
    int post;  ///< with a token in a header
  };
  const Row rows[] = {
      {"own name", "localhost:" + port, "http://localhost:PORT", 200, 200},
      {"own address", "127.0.0.1:" + port, "http://127.0.0.1:PORT", 200, 200},
      {"IPv6", "[::1]:" + port, "http://[::1]:PORT", 200, 200},
      {"configured", "Portcullis.Example.com", "https://Portcullis.Example.com", 200, 200},
      {"no browser", "127.0.0.1", "", 200, 200},
      {"rebound", "evil.example:" + port, "http://evil.example:PORT", 421, 421},
      {"below a name of ours", "x.portcullis.example.com", "", 421, 421},
      {"rebound, looks like an address", "127.0.0.1.evil.example", "", 421, 421},
      {"another site", "localhost:" + port, "http://evil.example", 200, 403},
      {"another port", "localhost:" + port, "http://localhost:1", 200, 403},
      {"no page's", "localhost:" + port, "null", 200, 403},
      {"name as a part", "localhost", "http://localhost.evil.example", 200, 403},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    std::string origin = row.origin;
    if (const auto at = origin.find("PORT"); at != std::string::npos) origin.replace(at, 4, port);
    const auto headers = "Host: " + row.host + "\r\n" + bearer(token_.secret) +
                         (origin.empty() ? "" : "Origin: " + origin + "\r\n");
    EXPECT_EQ(send("GET", "/api/v1/x", headers).status, row.get);
    EXPECT_EQ(send("POST", "/api/v1/x", headers).status, row.post);
  }
}

TEST_F(AdminDoorTest, WhoGuessesWaitsAndWhoIsKnownDoesNot) {
  serve();
  EXPECT_EQ(send("GET", "/api/v1/x", host_ + bearer(token_.secret)).status, 200);
  const auto late = make_token("late", records::Role::viewer);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(send("GET", "/api/v1/x", host_ + bearer("pct_guess")).status, 401);
  const auto answer = send("GET", "/api/v1/x", host_ + bearer("pct_guess"));
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.header("retry-after"), "60");
  EXPECT_EQ(send("GET", "/api/v1/x", host_ + bearer(late.secret)).status, 429);
  EXPECT_EQ(send("GET", "/api/v1/x", host_ + bearer(token_.secret)).status, 200);
  EXPECT_EQ(send("GET", "/healthz", host_).status, 200);
}

TEST_F(AdminDoorTest, MetricsMayNeedAToken) {
  AdminOptions options;
  options.metrics = MetricsAccess::token;
  serve(options);
  EXPECT_EQ(send("GET", "/metrics", host_).status, 401);
  EXPECT_EQ(send("GET", "/metrics", host_ + bearer(token_.secret)).status, 200);
  EXPECT_EQ(send("GET", "/healthz", "Host: anything\r\n").status, 200);
}

TEST_F(AdminDoorTest, EveryAnswerTellsBrowsersToBeStrict) {
  serve();
  for (const auto* target : {"/healthz", "/readyz", "/metrics", "/nothing", "/api/v1/x", "/api/v1/session"}) {
    SCOPED_TRACE(target);
    const auto answer = send("GET", target, host_);
    EXPECT_THAT(answer.header("content-security-policy"),
                HasSubstr("default-src 'none'; frame-ancestors 'none'"));
    EXPECT_EQ(answer.header("x-content-type-options"), "nosniff");
    EXPECT_EQ(answer.header("referrer-policy"), "no-referrer");
    EXPECT_EQ(answer.header("cache-control"), "no-store");
    EXPECT_EQ(answer.header("x-frame-options"), "DENY");
  }
}

class StreamTest : public AdminDoorTest {
 protected:
  /// One worker: whatever holds it shows.
  void SetUp() override {
    AdminOptions options;
    options.listen.max_active = 1;
    serve(options);
  }
  std::unique_ptr<RawClient> watch(std::size_t number, const std::string& more = "") {
    auto client = std::make_unique<RawClient>(server_->port());
    client->send("GET /api/v1/events/stream HTTP/1.1\r\n" + host_ + bearer(token_.secret) + more + "\r\n");
    EXPECT_TRUE(wait_until([&] { return api_.stream(number) != nullptr; }));
    const auto head = client->read(Expect::head_only);
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("content-type"), "text/event-stream");
    EXPECT_EQ(head.header("content-length"), "");
    EXPECT_EQ(head.header("connection"), "close");
    return client;
  }
};

TEST_F(StreamTest, GoesOnWithoutAThreadAndEndsByItself) {
  auto one = watch(0, "Last-Event-ID: 41\r\n");
  auto two = watch(1);
  EXPECT_EQ(send("GET", "/healthz", host_).status, 200) << "the only worker is held";
  EXPECT_TRUE(one->read_until("from 41\n\n"));
  api_.stream(0)->say("data: news\n\n");
  EXPECT_TRUE(one->read_until("data: news\n\n"));
  // More than any socket takes at once, to a client that does not read meanwhile.
  api_.stream(1)->say(std::string(16u << 20, 'x') + "data: last\n\n");
  EXPECT_EQ(send("GET", "/healthz", host_).status, 200);
  EXPECT_TRUE(two->read_until("data: last\n\n"));
  api_.stream(0)->say("bye");
  api_.stream(0)->end();
  EXPECT_TRUE(one->read_until("bye"));
  EXPECT_TRUE(one->read_to_end());
}

TEST_F(StreamTest, EndsWhenItsClientLeavesOrMisbehaves) {
  auto one = watch(0);
  auto two = watch(1);
  one->hang_up();
  EXPECT_TRUE(wait_until([&] { return !api_.is_open(0); }));
  two->send("what?");
  EXPECT_TRUE(wait_until([&] { return !api_.is_open(1); }));
  EXPECT_EQ(send("GET", "/healthz", host_).status, 200);
}

TEST_F(StreamTest, EndsWithTheServer) {
  auto one = watch(0);
  server_->drain(std::chrono::seconds(60));
  EXPECT_TRUE(one->read_to_end());
  EXPECT_FALSE(api_.is_open(0));
}

TEST_F(StreamTest, ComesAndGoesManyTimesAtOnce) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (std::size_t i = 0; i < 40; ++i) clients.push_back(watch(i));
  for (std::size_t round = 0; round < 20; ++round) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      api_.stream(i)->say("round " + std::to_string(round) + "\n\n");
      if (i % 2 == 1 && round == i / 2) clients[i]->hang_up();
    }
  }
  for (std::size_t i = 0; i < clients.size(); i += 2) EXPECT_TRUE(clients[i]->read_until("round 19\n\n"));
}

}  // namespace
}  // namespace portcullis::http::test
