// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "http/admin_fixture.hpp"

namespace portcullis::http::test {
namespace {

class AdminTest : public AdminFixture {
 protected:
  void SetUp() override { serve(); }
  void set(std::vector<Readiness> lines) {
    const std::lock_guard lock(mutex_);
    lines_ = std::move(lines);
  }
};

TEST_F(AdminTest, Healthz) {
  const auto answer = get_once(server_->port(), "/healthz?verbose");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "ok\n");
}

TEST_F(AdminTest, ReadyzSaysWhatIsMissing) {
  set({{"records", true, "sqlite"}, {"rules", true, "12 rules"}});
  const auto ready = get_once(server_->port(), "/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(ready.header("content-type"), "application/json");
  EXPECT_EQ(ready.body,
            "[\n  {\"name\": \"records\", \"ready\": true, \"detail\": \"sqlite\"},\n"
            "  {\"name\": \"rules\", \"ready\": true, \"detail\": \"12 rules\"}\n]\n");
  set({{"records", true, ""}, {"rules", false, "no \"rules\"\n"}});
  const auto waiting = get_once(server_->port(), "/readyz");
  EXPECT_EQ(waiting.status, 503);
  EXPECT_NE(waiting.body.find(R"("ready": false, "detail": "no \"rules\"\\x0a")"), std::string::npos)
      << waiting.body;
  set({});
  EXPECT_EQ(get_once(server_->port(), "/readyz").body, "[]\n");
}

TEST_F(AdminTest, MetricsCountTheRequestsThemselves) {
  RawClient client(server_->port());
  client.get("/healthz");
  const auto answer = client.get("/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(
      answer.body.find("portcullis_http_requests_total{code=\"2xx\",listener=\"admin\",method=\"GET\"} 1\n"),
      std::string::npos)
      << answer.body;
  EXPECT_NE(answer.body.find("portcullis_http_connections{listener=\"admin\"} 1\n"), std::string::npos);
}

TEST_F(AdminTest, NothingElse) {
  EXPECT_EQ(get_once(server_->port(), "/v2/").status, 404);
  EXPECT_EQ(get_once(server_->port(), "/metrics/x").status, 404);
  RawClient client(server_->port());
  client.send("POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(client.read().status, 405);
}

}  // namespace
}  // namespace portcullis::http::test
