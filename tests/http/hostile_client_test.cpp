// SPDX-License-Identifier: Apache-2.0
//
// What attackers send to the front door, over real sockets: each has to end in its answer and a closed
// connection, and none may slow an honest client.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "http/registry_fixture.hpp"
#include "support/wait.hpp"

namespace portcullis::http::test {
namespace {

using namespace std::chrono_literals;
using portcullis::test::wait_until;

std::string repeat(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

struct Attack {
  const char* name;
  std::string bytes;
  int status;
  std::string more = {};  ///< sent after `bytes`, `times` times; put together only in the test itself
  int times = 0;

  std::string whole() const { return bytes + repeat(more, times); }
};

void PrintTo(const Attack& attack, std::ostream* out) { *out << attack.name; }

class HostileTable : public RegistryFixture, public testing::WithParamInterface<Attack> {};

TEST_P(HostileTable, IsRefusedAndClosed) {
  start();
  RawClient client(port());
  std::thread sender([&] { client.send(GetParam().whole()); });
  const auto answer = client.read();
  EXPECT_EQ(answer.status, GetParam().status);
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_TRUE(answer.complete);
  sender.join();
  client.finish_writing();
  EXPECT_TRUE(client.read_to_end());
  EXPECT_EQ(gate_.asked(), 0);
  EXPECT_EQ(get_once(port(), "/v2/").status, 200);
}

const std::string kStart = "GET /v2/ HTTP/1.1\r\nHost: x\r\n";

INSTANTIATE_TEST_SUITE_P(
    Rows, HostileTable,
    testing::Values(
        Attack{"header_count_200000", kStart, 431, "X-A: b\r\n", 200'000},
        Attack{"header_line_of_100_mb", kStart + "X: ", 431, std::string(1000, 'a'), 100'000},
        Attack{"chunked_body_of_300_mb",
               "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 413,
               "100000\r\n" + std::string(1 << 20, 'b') + "\r\n", 300},
        Attack{"body_of_300_mb",
               "PUT /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\nContent-Length: 300000000\r\n\r\n", 413},
        Attack{"length_with_transfer_encoding",
               kStart + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Attack{"two_lengths", kStart + "Content-Length: 0\r\nContent-Length: 30\r\n\r\n", 400},
        Attack{"length_with_space", kStart + "Content-Length : 30\r\n\r\n", 400},
        Attack{"negative_length", kStart + "Content-Length: -2\r\n\r\n", 400},
        Attack{"negative_chunk", kStart + "Transfer-Encoding: chunked\r\n\r\n-2\r\n", 413},
        Attack{"bare_lf", "GET /v2/ HTTP/1.1\nHost: x\n\n", 400},
        Attack{"tls_hello_on_a_plain_port", std::string("\x16\x03\x01\x00\xa5\x01\r\n\r\n", 10), 400},
        Attack{"smuggled_second_request_after_a_refused_one",
               kStart + "Content-Length : 5\r\n\r\n" + kStart + "\r\n", 400}),
    [](const auto& row) { return std::string(row.param.name); });

class HostileTest : public RegistryFixture {};

TEST_F(HostileTest, TheBodyOfARefusedRequestIsNoRequest) {
  start();
  RawClient client(port());
  client.send(
      "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: 33\r\n\r\n"
      "GET /v2/ HTTP/1.1\r\nHost: evil\r\n\r\n");
  EXPECT_EQ(client.read().status, 405);
  client.send(kStart + "Connection: close\r\n\r\n");
  EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(client.read().status, 0) << "one answer a request";
}

TEST_F(HostileTest, ContinueIsSentForABodyThatFits) {
  start();
  RawClient client(port());
  client.send(
      "PUT /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read().status, 100);
  client.send("abc");
  EXPECT_EQ(client.read().status, 405);
}

TEST_F(HostileTest, AHeadThatDripsForEverMeetsItsDeadline) {
  options_.listen.header_deadline = 300ms;
  start();
  RawClient client(port());
  client.send("GET /v2/ HTTP/1.1\r\nX: ");
  // Every byte would restart an idle timer; the deadline is for the whole head.
  ASSERT_TRUE(wait_until([&] {
    client.send("a");
    return metric("portcullis_http_rejected_total{reason=deadline}") == 1;
  }));
  EXPECT_EQ(client.read().status, 408);
}

TEST_F(HostileTest, ABodyThatDripsForEverMeetsItsDeadline) {
  options_.listen.body_deadline = 300ms;
  start();
  RawClient client(port());
  client.send("PUT /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  ASSERT_TRUE(wait_until([&] {
    client.send("a");
    return metric("portcullis_http_rejected_total{reason=deadline}") == 1;
  }));
  EXPECT_EQ(client.read().status, 408);
}

TEST_F(HostileTest, DrippingConnectionsTakeNoThread) {
  options_.listen.max_active = 1;
  options_.listen.header_deadline = 60s;
  start();
  std::vector<std::unique_ptr<RawClient>> drips;
  for (int i = 0; i < 8; ++i) {
    drips.push_back(std::make_unique<RawClient>(port()));
    drips.back()->send("GET /v2/ HTTP/1.1\r\nX: ");
  }
  RawClient honest(port());
  for (int i = 0; i < 50; ++i) {
    for (auto& drip : drips) ASSERT_TRUE(drip->send("a"));
    ASSERT_EQ(honest.get("/v2/").status, 200);
  }
}

TEST_F(HostileTest, SlowBodiesTakeNoThread) {
  options_.listen.max_active = 1;
  options_.listen.body_deadline = 60s;
  start();
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 8; ++i) {
    slow.push_back(std::make_unique<RawClient>(port()));
    slow.back()->send("PUT /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na");
  }
  EXPECT_EQ(get_once(port(), "/v2/").status, 200);
  for (auto& client : slow) ASSERT_TRUE(client->send("12345678"));
  for (auto& client : slow) EXPECT_EQ(client->read().status, 405);
}

TEST_F(HostileTest, AThousandHalfOpenConnections) {
  options_.listen.max_active = 2;
  start();
  std::vector<std::unique_ptr<RawClient>> half_open;
  for (int i = 0; i < 1000; ++i) {
    half_open.push_back(std::make_unique<RawClient>(port()));
    if (i % 2 == 0) half_open.back()->send("GET /v2/ HT");
  }
  EXPECT_EQ(get_once(port(), "/v2/").status, 200);
  EXPECT_GE(metric("portcullis_http_connections{listener=registry}"), 1000);
  half_open.clear();
  EXPECT_TRUE(wait_until([&] { return metric("portcullis_http_connections{listener=registry}") == 0; }));
}

TEST_F(HostileTest, AReaderThatTakesNothingIsDropped) {
  options_.listen.send.stall = 200ms;
  options_.listen.max_active = 1;
  gate_.on_manifest = [](const gate::ManifestRequest&) { return served_manifest(std::string(4 << 20, 'm')); };
  start();
  RawClient stuck(port(), 4096);
  // More than any socket buffer holds.
  for (int i = 0; i < 8; ++i) stuck.send("GET " + kTarget + " HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(get_once(port(), "/v2/").status, 200) << "the only thread must come free";
  EXPECT_TRUE(wait_until([&] { return metric("portcullis_http_connections{listener=registry}") <= 1; }));
}

TEST_F(HostileTest, AtTheConnectionLimitTheLongestIdleMakesRoom) {
  options_.listen.max_connections = 3;
  start();
  RawClient oldest(port());  // says nothing, so nothing makes it younger
  RawClient second(port());
  ASSERT_EQ(second.get("/v2/").status, 200);
  RawClient third(port());
  ASSERT_EQ(third.get("/v2/").status, 200);
  EXPECT_EQ(get_once(port(), "/v2/").status, 200);
  EXPECT_TRUE(oldest.read_to_end());
  EXPECT_EQ(third.get("/v2/").status, 200);
}

TEST_F(HostileTest, AtTheConnectionLimitNobodyBusyIsThrownOut) {
  options_.listen.max_connections = 2;
  start();
  RawClient first(port());
  first.send("GET /v2/ ");
  RawClient second(port());
  second.send("GET /v2/ ");
  ASSERT_TRUE(wait_until([&] { return metric("portcullis_http_connections{listener=registry}") == 2; }));
  ASSERT_TRUE(wait_until([&] {
    RawClient(port()).get("/v2/");
    return metric("portcullis_http_rejected_total{reason=connections}") >= 1;
  }));
  first.send("HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(first.read().status, 200);
  second.send("HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(second.read().status, 200);
}

}  // namespace
}  // namespace portcullis::http::test
