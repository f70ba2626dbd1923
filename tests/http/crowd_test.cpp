// SPDX-License-Identifier: Apache-2.0
//
// Attackers in numbers: half-open handshakes, slow readers, too many connections. Honest requests are
// answered while they are at it, and each of them meets its end.
#include <gmock/gmock.h>
#include <sys/socket.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "http/registry_fixture.hpp"
#include "support/certificates.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

namespace portcullis::http::test {
namespace {

using namespace std::chrono_literals;
using portcullis::test::run;
using portcullis::test::TempDir;
using portcullis::test::TestCa;
using portcullis::test::wait_until;

using Clients = std::vector<std::unique_ptr<RawClient>>;

class CrowdTest : public RegistryFixture {
 protected:
  Clients connect(int count, int receive_buffer = 0) const {
    Clients clients;
    for (int i = 0; i < count; ++i) clients.push_back(std::make_unique<RawClient>(port(), receive_buffer));
    return clients;
  }
  /// Every blob is one that no socket buffer holds.
  void serve_large_blobs() {
    const auto file = dir_.write("blob", "");
    std::filesystem::resize_file(file, 64 << 20);
    gate_.on_blob = [file](const gate::BlobRequest& request) { return served_blob(file, request.digest); };
  }
  Clients slow_readers(int count) const {
    auto clients = connect(count, 4096);
    const auto digest = oci::Digest::of("x").text();
    for (auto& client : clients) client->send("GET /v2/a/b/blobs/" + digest + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return clients;
  }
  double rejected(const std::string& reason) const {
    return metric("portcullis_http_rejected_total{reason=" + reason + "}");
  }
  double connections() const { return metric("portcullis_http_connections{listener=registry}"); }

  TempDir dir_;
};

TEST_F(CrowdTest, SlowReadersTakeNoThread) {
  options_.listen.max_active = 2;
  serve_large_blobs();
  start();
  const auto readers = slow_readers(200);
  ASSERT_TRUE(wait_until([&] { return gate_.asked() == 200; })) << "two threads came to all of them";
  RawClient honest(port());
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(honest.get(kTarget).status, 200);
    ASSERT_EQ(get_once(port(), "/v2/").status, 200);
  }
  EXPECT_EQ(rejected("slow_reader"), 0) << "nor were they cut off before their time";
}

TEST_F(CrowdTest, ReadersThatTakeNothingAreCut) {
  options_.listen.send.stall = 300ms;
  serve_large_blobs();
  start();
  const auto readers = slow_readers(50);
  EXPECT_TRUE(wait_until([&] { return rejected("slow_reader") == 50; }));
  EXPECT_TRUE(wait_until([&] { return connections() == 0; }));
}

TEST_F(CrowdTest, AReaderThatOnlyDripsIsCut) {
  options_.listen.send = {.stall = 300ms, .min_rate = 1u << 30};
  serve_large_blobs();
  start();
  const auto dripping = slow_readers(1);
  std::string piece(1024, '\0');
  ASSERT_TRUE(wait_until([&] {
    // More than a byte each time the server looks, and far less than it wants.
    return ::recv(dripping.front()->fd(), piece.data(), piece.size(), MSG_DONTWAIT) == 0 ||
           rejected("slow_reader") == 1;
  }));
  EXPECT_EQ(rejected("slow_reader"), 1);
}

TEST_F(CrowdTest, ASlowReaderThatKeepsThePaceGetsAll) {
  options_.listen.max_active = 1;
  options_.listen.send = {.stall = 30s, .min_rate = 1};
  const std::string content(8 << 20, 'c');
  const auto file = dir_.write("blob", content);
  gate_.on_blob = [file](const gate::BlobRequest& request) { return served_blob(file, request.digest); };
  start();
  auto reader = std::move(slow_readers(1).front());
  ASSERT_TRUE(wait_until([&] { return gate_.asked() == 1; }));
  // It was put aside, because the only thread is free for this.
  ASSERT_EQ(get_once(port(), kTarget).status, 200);
  const auto answer = reader->read();
  EXPECT_TRUE(answer.complete);
  EXPECT_TRUE(answer.body == content);
  EXPECT_EQ(reader->get(kTarget).status, 200) << "and the connection is as good as any";
}

TEST_F(CrowdTest, EachAddressHasItsShare) {
  options_.listen.max_connections_per_address = 3;
  start();
  auto clients = connect(3);
  for (auto& client : clients) ASSERT_EQ(client->get("/v2/").status, 200);
  EXPECT_TRUE(RawClient(port()).read_to_end());
  EXPECT_EQ(rejected("connections_of_address"), 1);
  EXPECT_EQ(clients.front()->get("/v2/").status, 200);
  clients.pop_back();
  ASSERT_TRUE(wait_until([&] { return connections() == 2; }));
  EXPECT_EQ(get_once(port(), "/v2/").status, 200);
}

TEST_F(CrowdTest, ATrustedProxyIsManyClients) {
  options_.listen.max_connections_per_address = 3;
  options_.listen.trusted_proxies = {*Network::parse("127.0.0.1")};
  start();
  auto clients = connect(20);
  for (auto& client : clients) ASSERT_EQ(client->get("/v2/").status, 200);
}

class TlsCrowdTest : public CrowdTest {
 protected:
  void SetUp() override {
    PORTCULLIS_REQUIRE_TOOL("openssl");
    PORTCULLIS_REQUIRE_TOOL("curl");
    ca_.emplace(dir_.path());
    const auto pair = ca_->server("server");
    options_.listen.tls = TlsOptions{pair.cert, pair.key, {}};
  }
  std::string honest_answer() const {
    const auto result = run({"curl", "--silent", "--show-error", "--max-time", "60", "--cacert",
                             ca_->cert().string(), "https://127.0.0.1:" + std::to_string(port()) + "/v2/"});
    return result.out + result.err;
  }
  /// A record header that promises 512 bytes of handshake, and the beginning of a ClientHello.
  static inline const std::string kHalfHello =
      std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);

  std::optional<TestCa> ca_;
};

TEST_F(TlsCrowdTest, AThousandHalfOpenHandshakesTakeNoThread) {
  options_.listen.max_active = 1;
  options_.listen.header_deadline = 10min;
  start();
  auto half_open = connect(1000);
  for (std::size_t i = 0; i < half_open.size(); i += 2) half_open[i]->send(kHalfHello);
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(honest_answer(), "{}");
    for (std::size_t k = 0; k < half_open.size(); k += 2) ASSERT_TRUE(half_open[k]->send("a"));
  }
  EXPECT_GE(connections(), 1000);
  half_open.clear();
  EXPECT_TRUE(wait_until([&] { return connections() == 0; }));
}

TEST_F(TlsCrowdTest, HandshakesThatDripMeetTheirDeadline) {
  options_.listen.header_deadline = 300ms;
  start();
  auto dripping = connect(50);
  for (auto& client : dripping) client->send(kHalfHello);
  ASSERT_TRUE(wait_until([&] {
    for (auto& client : dripping) client->send("a");
    return rejected("handshake") >= 50;
  }));
  EXPECT_TRUE(wait_until([&] { return connections() == 0; }));
}

TEST_F(TlsCrowdTest, InAFullHouseWhoHasNotShakenHandsMakesRoom) {
  options_.listen.max_connections = 5;
  options_.listen.header_deadline = 10min;
  start();
  auto half_open = connect(5);
  for (auto& client : half_open) client->send(kHalfHello);
  ASSERT_TRUE(wait_until([&] { return connections() == 5; }));
  EXPECT_EQ(honest_answer(), "{}");
}

TEST_F(TlsCrowdTest, SlowReadersTakeNoThreadWithTlsEither) {
  options_.listen.max_active = 1;
  serve_large_blobs();
  start();
  const auto url =
      "https://127.0.0.1:" + std::to_string(port()) + "/v2/a/b/blobs/" + oci::Digest::of("x").text();
  std::vector<std::unique_ptr<portcullis::test::Process>> readers;
  for (int i = 0; i < 5; ++i) {
    readers.push_back(std::make_unique<portcullis::test::Process>(portcullis::test::Command{
        .argv = {"curl", "--silent", "--insecure", "--limit-rate", "1k", "--output", "/dev/null", url}}));
  }
  ASSERT_TRUE(wait_until([&] { return gate_.asked() == 5; }));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(honest_answer(), "{}");
  server_->drain(0ms);
}

}  // namespace
}  // namespace portcullis::http::test
